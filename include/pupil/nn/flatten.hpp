#pragma once
// Flatten: all features of an example in one row. PyTorch's twin is nn.Flatten.

#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

/// [N, ...] gives [N, product of the others]: the same numbers in the same order, never copied. The rank of the input
/// is part of the type, because backward must give it again; images have 4.
template <class T, std::size_t InputRank = 4>
class Flatten {
 public:
  struct Context {
    Shape<InputRank> input_shape;
  };

  Tensor<T, 2> forward(Tensor<T, InputRank> x) const {
    const Shape<2> shape = flat(x.shape());
    return std::move(x).reshaped(shape);
  }

  Tensor<T, 2> forward(Tensor<T, InputRank> x, Context& context) const {
    context.input_shape = x.shape();
    return forward(std::move(x));
  }

  /// Throws ShapeError where dy is not of the output's shape.
  Tensor<T, InputRank> backward(Tensor<T, 2> dy, const Context& context) const {
    const Shape<2> output_shape = flat(context.input_shape);
    require<ShapeError>(dy.shape() == output_shape, "flatten: the gradient ", dy.shape(), " does not fit the output ",
                        output_shape);
    return std::move(dy).reshaped(context.input_shape);
  }

  Shape<2> output_shape(const Shape<InputRank>& x) const { return flat(x); }

  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

 private:
  static Shape<2> flat(const Shape<InputRank>& shape) {
    Index features = 1;
    for (std::size_t d = 1; d < InputRank; ++d) features *= shape[d];
    return {shape[0], features};
  }
};

}  // namespace pupil
