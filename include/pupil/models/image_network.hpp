#pragma once
// ImageNetwork: one of the networks that turn images into features, chosen by name at run time.

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <pupil/models/image_features.hpp>
#include <pupil/models/mobilenet_v2.hpp>
#include <pupil/models/resnet.hpp>
#include <pupil/models/small_cnn.hpp>
#include <pupil/models/vgg16.hpp>
#include <pupil/nn/chosen_context.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct ImageNetworkOptions {
  std::string architecture = "resnet18";  ///< one of image_architectures
  Index image_size = 224;
  Index width = 0;                 ///< channels of the first convolution; 0: the network's own
  bool same_padding = false;       ///< TensorFlow's padding, in place of PyTorch's; see nn/same_padding.hpp
  bool frozen_statistics = false;  ///< of all batch norms; see BatchNormOptions
};

/// What ImageNetworkOptions::architecture may be.
inline constexpr std::array<std::string_view, 8> image_architectures{
    "vgg16", "vgg16_bn", "resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2", "small"};

/// Images [N, image_size, image_size, 3] to the last grid of features and to pooled features, with torchvision's
/// names. The classifier is not part of it; see models/image_classifier.hpp.
template <class T>
class ImageNetwork {
  template <class... Networks>
  struct Choice {
    using Network = std::variant<Networks...>;
    using Context = std::variant<typename Networks::Context...>;
  };
  using Choices = Choice<ResNet<T>, Vgg16<T>, MobileNetV2<T>, SmallCnn<T>>;
  using Network = typename Choices::Network;
  using NetworkContext = typename Choices::Context;

 public:
  struct Context {
    NetworkContext network;
    UnreadForward unread{};
  };

  /// Throws OptionError where no architecture has that name, ShapeError where the image is too small for it.
  ImageNetwork(const ImageNetworkOptions& options, Rng& rng)
      : options_(checked(options)), network_(make(options, rng)), grid_shape_(grid_shape_of(network_)) {}

  /// The last grid of features, [N, height, width, channels] as grid_shape() says.
  Tensor<T, 4> grid(const Tensor<T, 4>& images) const {
    check(images.shape());
    return std::visit([&](const auto& network) { return network.grid(images); }, network_);
  }

  /// The features of whole images, [N, pooled_size()]: what the classifier's last layer is given.
  Tensor<T, 2> pooled(const Tensor<T, 4>& images) const { return pooled_of_grid(grid(images)); }

  /// The same, from the grid.
  Tensor<T, 2> pooled_of_grid(const Tensor<T, 4>& grid) const {
    return std::visit([&](const auto& network) { return network.pooled_of_grid(grid); }, network_);
  }

  /// These kinds of features.
  ImageFeatures<T> features(const Tensor<T, 4>& images, FeatureKinds kinds) const {
    check(images.shape());
    return std::visit([&](const auto& network) { return network.features(images, kinds); }, network_);
  }

  /// The same, for training, which begins at block `first_trained`; those before it are run as in inference.
  ImageFeatures<T> forward(Tensor<T, 4> images, FeatureKinds kinds, Context& context, Index first_trained = 0) {
    check(images.shape());
    const detail::EmptiedByException emptied(context);
    context.unread.begin("image_network");
    if (first_trained == block_count()) context.unread.end();  // there will be nothing to go back through
    return std::visit(
        [&]<class Chosen>(Chosen& network) {
          auto& own = detail::context_to_fill<typename Chosen::Context>(context.network);
          return network.forward(std::move(images), kinds, own, first_trained);
        },
        network_);
  }

  /// Adds to the gradients of what is trained, from those of the features that forward gave; images get none.
  /// `finished(part)` is called for each part, the last first, when its gradients are complete. Throws ContextError for
  /// the context of no forward, or of another kind of network.
  void backward(ImageFeatures<T> d_features, const Context& context, FinishedPart finished = ignore_finished) {
    context.unread.require_forward("image_network");
    std::visit(
        [&]<class Chosen>(Chosen& network) {
          const auto& own = detail::context_to_read<typename Chosen::Context>(context.network, "image_network");
          network.backward(std::move(d_features), own, finished);
        },
        network_);
    context.unread.end();
  }

  /// The pooled features alone, and the way back from them.
  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context, Index first_trained = 0) {
    return forward(std::move(images), {.pooled = true}, context, first_trained).pooled;
  }
  void backward(Tensor<T, 2> d_pooled, const Context& context) {
    backward(ImageFeatures<T>{.pooled = std::move(d_pooled)}, context);
  }

  Index pooled_size() const {
    return std::visit([&](const auto& network) { return network.pooled_shape(images_shape(1)); }, network_)[1];
  }
  Index grid_channels() const { return grid_shape_[2]; }
  /// [height, width, channels] of an image's grid.
  Shape<3> grid_shape() const { return grid_shape_; }

  /// The number of the block of this name; see BlockChain::index_of.
  Index block_index(std::string_view name) const {
    return std::visit([&](const auto& network) { return network.blocks().index_of(name); }, network_);
  }

  Index block_count() const {
    return std::visit([](const auto& network) { return network.blocks().size(); }, network_);
  }

  /// What torchvision calls the layer from pooled features to classes.
  std::string_view classifier_name() const {
    if (std::holds_alternative<ResNet<T>>(network_)) return "fc";
    if (std::holds_alternative<Vgg16<T>>(network_)) return "classifier.6";
    if (std::holds_alternative<MobileNetV2<T>>(network_)) return "classifier.1";
    return "13";  // torchvision has no small network: behind its Sequential
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) const {
    check(images);
    return std::visit([&](const auto& network) { return network.summarize(table, name, images); }, network_);
  }

  /// What is trained from block `first_trained` on: block_count() is nothing.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}, Index first_trained = 0) {
    std::visit([&](auto& network) { network.visit(visitor, name, first_trained); }, network_);
  }

  const ImageNetworkOptions& options() const { return options_; }

 private:
  static const ImageNetworkOptions& checked(const ImageNetworkOptions& options) {
    require<OptionError>(options.image_size >= 1, "image_network: image_size is ", options.image_size);
    require<OptionError>(options.width >= 0, "image_network: width is ", options.width);
    return options;
  }

  static Network make(const ImageNetworkOptions& options, Rng& rng) {
    const auto width = [&](Index own) { return options.width == 0 ? own : options.width; };
    const auto resnet = [&](ResNetOptions chosen) {
      chosen.width = width(chosen.width);
      chosen.image_size = options.image_size;
      chosen.same_padding = options.same_padding;
      chosen.frozen_statistics = options.frozen_statistics;
      return ResNet<T>(chosen, rng);
    };
    const std::string& architecture = options.architecture;
    if (architecture == "resnet18") return resnet(resnet18_options);
    if (architecture == "resnet34") return resnet(resnet34_options);
    if (architecture == "resnet50") return resnet(resnet50_options);
    if (architecture == "resnet101") return resnet(resnet101_options);
    if (architecture == "vgg16" || architecture == "vgg16_bn") {
      return Vgg16<T>({.width = width(Vgg16Options().width),
                       .batch_norm = architecture == "vgg16_bn",
                       .frozen_statistics = options.frozen_statistics},
                      rng);
    }
    if (architecture == "mobilenet_v2") {
      return MobileNetV2<T>({.width = width(MobileNetV2Options().width),
                             .image_size = options.image_size,
                             .same_padding = options.same_padding,
                             .frozen_statistics = options.frozen_statistics},
                            rng);
    }
    if (architecture == "small") {
      return SmallCnn<T>({.width = width(SmallCnnOptions().width),
                          .image_size = options.image_size,
                          .same_padding = options.same_padding,
                          .frozen_statistics = options.frozen_statistics},
                         rng);
    }
    std::string names;
    for (const std::string_view name : image_architectures) names += message(names.empty() ? "" : ", ", name);
    throw OptionError(message("image_network: no network is called \"", architecture, "\"; there are ", names));
  }

  Shape<4> images_shape(Index count) const { return {count, options_.image_size, options_.image_size, 3}; }

  Shape<3> grid_shape_of(const Network& chosen) const {
    const Shape<4> grid = std::visit([&](const auto& network) { return network.grid_shape(images_shape(1)); }, chosen);
    return {grid[1], grid[2], grid[3]};
  }

  void check(const Shape<4>& images) const {
    require<ShapeError>(images == images_shape(images[0]), "image_network: images are ", images, ", it was made for ",
                        images_shape(images[0]));
  }

  ImageNetworkOptions options_;
  Network network_;
  Shape<3> grid_shape_;
};

}  // namespace pupil
