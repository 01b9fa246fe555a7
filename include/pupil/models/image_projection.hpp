#pragma once
// ImageProjection: a dense layer from an image's pooled features to numbers like those of words, and a batch norm of
// these.
//
// A network that has yet to learn gives nearly the same features for all images. The batch norm takes away what they
// have in common and scales up what tells them apart, so that a decoder has something to look at from the first step
// on; without it, decoders learn to speak without looking.

#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil::captioning {

struct ImageProjectionOptions {
  Index pooled_size = 0;
  Index embedding_size = 512;
};

/// Pooled features [N, pooled_size] to [N, embedding_size]; in training, of two images or more.
template <class T>
class ImageProjection {
 public:
  struct Context {
    typename Dense<T>::Context fc;
    typename BatchNorm2d<T>::Context norm;
  };

  ImageProjection(const ImageProjectionOptions& options, Rng& rng)
      : fc_({.in_features = options.pooled_size, .out_features = options.embedding_size}, rng),
        norm_({.num_features = options.embedding_size}) {}

  Tensor<T, 2> forward(const Tensor<T, 2>& pooled) const { return norm_.forward(fc_.forward(pooled)); }

  /// Throws ShapeError for a single image, which has nothing to be told apart from.
  Tensor<T, 2> forward(Tensor<T, 2> pooled, Context& context) {
    require<ShapeError>(pooled.rows() >= 2, "image_projection: training needs two images or more at a time (input ",
                        pooled.shape(), ")");
    const pupil::detail::EmptiedByException emptied(context);
    return norm_.forward(fc_.forward(std::move(pooled), context.fc), context.norm);
  }

  Tensor<T, 2> backward(Tensor<T, 2> dy, const Context& context) {
    return fc_.backward(norm_.backward(std::move(dy), context.norm), context.fc);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    fc_.visit(visitor, name / "fc");
    norm_.visit(visitor, name / "norm");
  }

 private:
  Dense<T> fc_;
  BatchNorm2d<T> norm_;
};

}  // namespace pupil::captioning
