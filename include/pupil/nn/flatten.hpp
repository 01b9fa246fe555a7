#pragma once
// Flatten: all features of an example in one row. PyTorch's twin is nn.Flatten.

#include <Eigen/Core>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

struct FlattenOptions {
  /// Whether an image's features are ordered as PyTorch has them, [channels, height, width], so that a Dense layer
  /// behind takes PyTorch's weights. This copies.
  bool channels_first = false;
};

/// [N, ...] gives [N, product of the others]: the same numbers, and unless `channels_first` in the same order and never
/// copied. The rank of the input is part of the type, because backward must give it again; images have 4.
template <class T, std::size_t InputRank = 4>
class Flatten {
 public:
  struct Context {
    Shape<InputRank> input_shape;
    UnreadForward unread{};
  };

  explicit Flatten(const FlattenOptions& options = {}) : options_(options) {}

  Tensor<T, 2> forward(Tensor<T, InputRank> x) const {
    const Shape<2> shape = flat(x.shape());
    if (moves_channels(x.shape())) {
      auto y = Tensor<T, 2>::uninitialized(shape);
      transpose_examples(x.data(), shape[0], shape[1] / x.columns(), x.columns(), y.data());
      return y;
    }
    return std::move(x).reshaped(shape);
  }

  Tensor<T, 2> forward(Tensor<T, InputRank> x, Context& context) const {
    context.unread.begin("flatten");
    context.input_shape = x.shape();
    return forward(std::move(x));
  }

  /// Throws ShapeError where dy is not of the output's shape.
  Tensor<T, InputRank> backward(Tensor<T, 2> dy, const Context& context) const {
    context.unread.require_forward("flatten");
    const Shape<2> output_shape = flat(context.input_shape);
    require<ShapeError>(dy.shape() == output_shape, "flatten: the gradient ", dy.shape(), " does not fit the output ",
                        output_shape);
    context.unread.end();
    if (moves_channels(context.input_shape)) {
      auto dx = Tensor<T, InputRank>::uninitialized(context.input_shape);
      transpose_examples(dy.data(), output_shape[0], dx.columns(), output_shape[1] / dx.columns(), dx.data());
      return dx;
    }
    return std::move(dy).reshaped(context.input_shape);
  }

  Shape<2> output_shape(const Shape<InputRank>& x) const { return flat(x); }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

  const FlattenOptions& options() const { return options_; }

 private:
  bool moves_channels(const Shape<InputRank>& shape) const {
    return InputRank >= 3 && options_.channels_first && shape.size() > 0;
  }

  /// Every example, a matrix [rows, columns], becomes its transpose.
  static void transpose_examples(const T* source, Index examples, Index rows, Index columns, T* target) {
    using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    parallel_for(examples, rows * columns, [&](Index n) {
      const Index offset = n * rows * columns;
      Eigen::Map<Matrix>(target + offset, columns, rows) =
          Eigen::Map<const Matrix>(source + offset, rows, columns).transpose();
    });
  }

  static Shape<2> flat(const Shape<InputRank>& shape) {
    Index features = 1;
    for (std::size_t d = 1; d < InputRank; ++d) features *= shape[d];
    return {shape[0], features};
  }

  FlattenOptions options_;
};

}  // namespace pupil
