#pragma once
// ImageEncoder: one of the networks that turn an image into features, chosen by name at run time, and a batch norm of
// these features.
//
// A network that has yet to learn gives nearly the same features for all images. The batch norm takes away what they
// have in common and scales up what tells them apart, so that a decoder has something to look at from the first step
// on; without it, decoders learn to speak without looking.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <pupil/models/resnet.hpp>
#include <pupil/models/small_cnn.hpp>
#include <pupil/nn/batch_norm2d.hpp>

namespace pupil {

struct ImageEncoderOptions {
  std::string network = "resnet18";  ///< one of encoder_networks
  Index image_size = 224;
  Index width = 0;  ///< channels of the first convolution; 0: the network's own
  Index out_features = 512;
};

/// What ImageEncoderOptions::network may be.
inline constexpr std::array<std::string_view, 2> encoder_networks{"resnet18", "small"};

/// Images [N, image_size, image_size, 3] to features [N, out_features]; in training, two images or more.
template <class T>
class ImageEncoder {
  using Network = std::variant<ResNet<T>, SmallCnn<T>>;
  using NetworkContext = std::variant<typename ResNet<T>::Context, typename SmallCnn<T>::Context>;

 public:
  struct Context {
    NetworkContext network;
    typename BatchNorm2d<T>::Context norm;
  };

  /// Throws OptionError where no network has that name.
  ImageEncoder(const ImageEncoderOptions& options, Rng& rng)
      : network_(make(options, rng)), norm_({.num_features = options.out_features}) {}

  Tensor<T, 2> forward(const Tensor<T, 4>& images) const {
    return norm_.forward(std::visit([&](const auto& network) { return network.forward(images); }, network_));
  }

  /// Throws ShapeError for a single image, which has nothing to be told apart from.
  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context) {
    require<ShapeError>(images.dim(0) >= 2, "encoder: training needs two images or more at a time (input ",
                        images.shape(), ")");
    auto features = std::visit(
        [&](auto& network) { return network.forward(std::move(images), context_of(network, context.network)); },
        network_);
    return norm_.forward(std::move(features), context.norm);
  }

  void backward(Tensor<T, 2> dy, const Context& context) {
    const auto d_features = norm_.backward(std::move(dy), context.norm);
    std::visit(
        [&](auto& network) {
          using Chosen = typename std::remove_cvref_t<decltype(network)>::Context;
          network.backward(d_features, std::get<Chosen>(context.network));
        },
        network_);
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) {
    const Shape<2> features =
        std::visit([&](auto& network) { return network.summarize(table, name, images); }, network_);
    return table.add(name / "norm", norm_, features);
  }

  /// The network's parameters under its own names, and `norm`.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    std::visit([&](auto& network) { network.visit(visitor, name); }, network_);
    norm_.visit(visitor, name / "norm");
  }

 private:
  static Network make(const ImageEncoderOptions& options, Rng& rng) {
    require<OptionError>(options.image_size >= 1, "encoder: image_size is ", options.image_size);
    require<OptionError>(options.width >= 0, "encoder: width is ", options.width);
    if (options.network == "resnet18") {
      return ResNet<T>({.width = options.width == 0 ? 64 : options.width, .out_features = options.out_features}, rng);
    }
    if (options.network == "small") {
      return SmallCnn<T>({.image_size = options.image_size,
                          .width = options.width == 0 ? 32 : options.width,
                          .out_features = options.out_features},
                         rng);
    }
    throw OptionError(message("encoder: no network is called \"", options.network, "\"; there are resnet18 and small"));
  }

  /// The context of this network; a fresh one where another network used it before.
  template <class Chosen>
  static typename Chosen::Context& context_of(const Chosen&, NetworkContext& context) {
    using ChosenContext = typename Chosen::Context;
    if (!std::holds_alternative<ChosenContext>(context)) context.template emplace<ChosenContext>();
    return std::get<ChosenContext>(context);
  }

  Network network_;
  BatchNorm2d<T> norm_;
};

}  // namespace pupil
