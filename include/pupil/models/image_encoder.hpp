#pragma once
// ImageEncoder: one of the networks that turn an image into features, chosen by name at run time.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <pupil/models/resnet.hpp>
#include <pupil/models/small_cnn.hpp>

namespace pupil {

struct ImageEncoderOptions {
  std::string network = "resnet18";  ///< one of encoder_networks
  Index image_size = 224;
  Index width = 0;  ///< channels of the first convolution; 0: the network's own
  Index out_features = 512;
};

/// What ImageEncoderOptions::network may be.
inline constexpr std::array<std::string_view, 2> encoder_networks{"resnet18", "small"};

/// Images [N, image_size, image_size, 3] to features [N, out_features].
template <class T>
class ImageEncoder {
  using Network = std::variant<ResNet<T>, SmallCnn<T>>;

 public:
  using Context = std::variant<typename ResNet<T>::Context, typename SmallCnn<T>::Context>;

  /// Throws OptionError where no network has that name.
  ImageEncoder(const ImageEncoderOptions& options, Rng& rng) : network_(make(options, rng)) {}

  Tensor<T, 2> forward(const Tensor<T, 4>& images) const {
    return std::visit([&](const auto& network) { return network.forward(images); }, network_);
  }

  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context) {
    return std::visit([&](auto& network) { return network.forward(std::move(images), context_of(network, context)); },
                      network_);
  }

  void backward(const Tensor<T, 2>& dy, const Context& context) {
    std::visit(
        [&](auto& network) {
          using NetworkContext = typename std::remove_cvref_t<decltype(network)>::Context;
          network.backward(dy, std::get<NetworkContext>(context));
        },
        network_);
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) {
    return std::visit([&](auto& network) { return network.summarize(table, name, images); }, network_);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    std::visit([&](auto& network) { network.visit(visitor, name); }, network_);
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
  static typename Chosen::Context& context_of(const Chosen&, Context& context) {
    using NetworkContext = typename Chosen::Context;
    if (!std::holds_alternative<NetworkContext>(context)) context.template emplace<NetworkContext>();
    return std::get<NetworkContext>(context);
  }

  Network network_;
};

}  // namespace pupil
