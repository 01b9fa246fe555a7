#pragma once
// ImageEncoder: an image network, a dense layer from its pooled features to those that a decoder reads, and a batch
// norm of these.
//
// A network that has yet to learn gives nearly the same features for all images. The batch norm takes away what they
// have in common and scales up what tells them apart, so that a decoder has something to look at from the first step
// on; without it, decoders learn to speak without looking.

#include <utility>

#include <pupil/models/image_network.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct ImageEncoderOptions {
  ImageNetworkOptions network{};
  Index embedding_size = 512;
};

/// Images [N, image_size, image_size, 3] to features [N, embedding_size]; in training, two images or more. The network
/// may be trained as a whole, from one of its blocks on, or not at all, where its pooled features are given.
template <class T>
class ImageEncoder {
 public:
  struct Context {
    typename ImageNetwork<T>::Context network;
    typename Dense<T>::Context fc;
    typename BatchNorm2d<T>::Context norm;
  };

  /// Throws what ImageNetwork throws.
  ImageEncoder(const ImageEncoderOptions& options, Rng& rng)
      : network_(options.network, rng),
        fc_({.in_features = network_.pooled_size(), .out_features = options.embedding_size}, rng),
        norm_({.num_features = options.embedding_size}) {}

  Tensor<T, 2> forward(const Tensor<T, 4>& images) const { return project(network_.pooled(images)); }

  /// The features of pooled features.
  Tensor<T, 2> project(const Tensor<T, 2>& pooled) const { return norm_.forward(fc_.forward(pooled)); }

  /// Blocks of the network before `first_trained` are run as in inference. Throws ShapeError for a single image, which
  /// has nothing to be told apart from.
  Tensor<T, 2> forward(Tensor<T, 4> images, Context& context, Index first_trained = 0) {
    check_count(images.shape());
    const detail::EmptiedByException emptied(context);
    return forward_pooled(network_.forward(std::move(images), context.network, first_trained), context);
  }

  /// Adds to the gradients of all that is trained.
  void backward(Tensor<T, 2> dy, const Context& context) {
    network_.backward(d_pooled(std::move(dy), context), context.network);
  }

  /// As forward, from the network's pooled features.
  Tensor<T, 2> forward_pooled(Tensor<T, 2> pooled, Context& context) {
    check_count(pooled.shape());
    const detail::EmptiedByException emptied(context);
    return norm_.forward(fc_.forward(std::move(pooled), context.fc), context.norm);
  }

  /// Adds to the gradients of dense layer and norm alone.
  void backward_pooled(Tensor<T, 2> dy, const Context& context) { d_pooled(std::move(dy), context); }

  ImageNetwork<T>& network() { return network_; }
  const ImageNetwork<T>& network() const { return network_; }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) {
    const auto pooled = table.add(name, network_, images);
    return table.add(name / "norm", norm_, table.add(name / projection_name(), fc_, pooled));
  }

  /// The network's parameters under its own names, those of blocks before `first_trained` left out; the dense layer's
  /// under projection_name(), and `norm`.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}, Index first_trained = 0) {
    network_.visit(visitor, name, first_trained);
    fc_.visit(visitor, name / projection_name());
    norm_.visit(visitor, name / "norm");
  }

  /// `fc`; of the small network `13`, as if it were another of its layers.
  std::string_view projection_name() const { return network_.options().architecture == "small" ? "13" : "fc"; }

 private:
  template <std::size_t Rank>
  static void check_count(const Shape<Rank>& shape) {
    require<ShapeError>(shape[0] >= 2, "encoder: training needs two images or more at a time (input ", shape, ")");
  }

  Tensor<T, 2> d_pooled(Tensor<T, 2> dy, const Context& context) {
    return fc_.backward(norm_.backward(std::move(dy), context.norm), context.fc);
  }

  ImageNetwork<T> network_;
  Dense<T> fc_;
  BatchNorm2d<T> norm_;
};

}  // namespace pupil
