#pragma once
// SpatialDropout2d: in training whole channels of an image are dropped. Neighbouring pixels say much the same, so that
// dropping single ones takes little away. Tompson, Goroshin, Jain, LeCun, Bregler, "Efficient object localization using
// convolutional networks", 2014. PyTorch's twin is nn.Dropout2d.
//
//   y[n, h, w, c] = m[n, c] x[n, h, w, c] / (1 - p)        dx alike        m = 0 with probability p, else 1

#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/bit_mask.hpp>
#include <pupil/kernels/pointwise/random_mask.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// Of images [batch, height, width, channels], in place on what is moved in. Inference is the identity. The masks are
/// the same for any number of threads.
template <class T>
class SpatialDropout2d {
 public:
  struct Context {
    Shape<4> shape;        ///< of the images
    Tensor<T, 2> factors;  ///< [batch, channels]: 0 or 1 / (1 - p)
    UnreadForward unread{};
  };

  /// Forks a generator of its own. Throws OptionError where the probability is outside [0, 1).
  SpatialDropout2d(const DropoutOptions& options, Rng& rng) : options_(options), generator_(rng.fork()) {
    require<OptionError>(options.probability >= 0 && options.probability < 1, "spatial_dropout2d: the probability ",
                         options.probability, " is not in [0, 1)");
  }

  Tensor<T, 4> forward(Tensor<T, 4> x) const { return x; }

  Tensor<T, 4> forward(Tensor<T, 4> x, Context& context) {
    context.unread.begin("spatial_dropout2d");
    context.shape = x.shape();
    context.factors = Tensor<T, 2>::uninitialized({x.dim(0), x.columns()});
    kernels::BitMask kept(context.factors.size());
    kernels::draw_mask(kept, options_.probability, {generator_.next(), generator_.next()});
    const T scale = static_cast<T>(1 / (1 - options_.probability));
    for (Index i = 0; i < kept.size(); ++i) context.factors[i] = kept[i] ? scale : T{0};
    multiply(context, x);
    return x;
  }

  /// Throws ShapeError where dy has not the shape that the output had.
  Tensor<T, 4> backward(Tensor<T, 4> dy, const Context& context) const {
    context.unread.require_forward("spatial_dropout2d");
    require<ShapeError>(dy.shape() == context.shape, "spatial_dropout2d: the gradient ", dy.shape(),
                        " does not fit the output ", context.shape);
    context.unread.end();
    multiply(context, dy);
    return dy;
  }

  Shape<4> output_shape(const Shape<4>& x) const { return x; }

  /// The generator is state: a checkpoint that holds it goes on with the same masks.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "generator", generator_);
  }

  const DropoutOptions& options() const { return options_; }

 private:
  static void multiply(const Context& context, Tensor<T, 4>& images) {
    const Index channels = images.columns();
    const Index pixels = images.dim(1) * images.dim(2);
    parallel_ranges(images.rows(), rows_a_range(channels), [&](Index begin, Index end) {
      for (Index r = begin; r < end; ++r) {
        const T* const factors = context.factors.row(r / pixels);
        T* const row = images.row(r);
        for (Index c = 0; c < channels; ++c) row[c] = factors[c] == 0 ? T{0} : factors[c] * row[c];
      }
    });
  }

  DropoutOptions options_;
  Rng generator_;
};

}  // namespace pupil
