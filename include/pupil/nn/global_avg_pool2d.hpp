#pragma once
// GlobalAvgPool2d: the mean of every channel over a whole image. PyTorch's twin is nn.AdaptiveAvgPool2d(1), flattened.
//
//   y[n, c] = mean over all (i, j) of x[n, i, j, c]        dx[n, i, j, c] = dy[n, c] / (height width)

#include <Eigen/Core>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// [batch, height, width, channels] to [batch, channels].
template <class T>
class GlobalAvgPool2d {
 public:
  struct Context {
    Shape<4> input_shape;
    UnreadForward unread{};
  };

  /// Throws ShapeError for images without a pixel.
  Tensor<T, 2> forward(const Tensor<T, 4>& x) const {
    const Index pixels = x.dim(1) * x.dim(2);
    auto y = Tensor<T, 2>::uninitialized(output_shape(x.shape()));
    parallel_for(x.dim(0), pixels * x.columns(), [&](Index image) {
      Eigen::Map<Row> mean(y.row(image), y.columns());
      mean = Eigen::Map<const Rows>(x.row(image * pixels), pixels, x.columns()).colwise().sum();
      mean /= static_cast<T>(pixels);
    });
    return y;
  }

  Tensor<T, 2> forward(Tensor<T, 4> x, Context& context) const {
    auto y = forward(std::as_const(x));
    context.unread.begin("global_avg_pool2d");
    context.input_shape = x.shape();
    return y;
  }

  Tensor<T, 4> backward(const Tensor<T, 2>& dy, const Context& context) const {
    context.unread.require_forward("global_avg_pool2d");
    const Shape<4>& shape = context.input_shape;
    require<ShapeError>(dy.shape() == Shape{shape[0], shape[3]}, "global_avg_pool2d: the gradient ", dy.shape(),
                        " does not fit the output ", Shape{shape[0], shape[3]});
    const Index pixels = shape[1] * shape[2];
    context.unread.end();
    auto dx = Tensor<T, 4>::uninitialized(shape);
    parallel_for(shape[0], pixels * dx.columns(), [&](Index image) {
      const Eigen::Map<const Row> gradient(dy.row(image), dy.columns());
      Eigen::Map<Row> first(dx.row(image * pixels), dx.columns());
      first = gradient / static_cast<T>(pixels);
      Eigen::Map<Rows>(dx.row(image * pixels), pixels, dx.columns()).bottomRows(pixels - 1).rowwise() = first;
    });
    return dx;
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<2> output_shape(const Shape<4>& x) const {
    require<ShapeError>(x[1] * x[2] >= 1, "global_avg_pool2d: the input ", x, " has no pixels");
    return {x[0], x[3]};
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

 private:
  using Row = Eigen::Array<T, 1, Eigen::Dynamic>;
  using Rows = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
};

}  // namespace pupil
