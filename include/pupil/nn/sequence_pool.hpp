#pragma once
// What the poolings of sequences share: to those of images, a sequence is an image of height 1.

#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil::detail {

/// Pools [batch, length, channels] along the length, as `Images` pools the width of images. The layer it is the base of
/// has the options.
template <class T, class Images>
class SequencePool {
 public:
  struct Context {
    typename Images::Context images;
    Shape<3> output_shape;
    UnreadForward unread{};
  };

  /// Throws ShapeError for sequences without a step, or such that are shorter than the window. Move x in where it is
  /// not needed any more: what is not moved in is copied.
  Tensor<T, 3> forward(Tensor<T, 3> x) const {
    const Shape<3> shape = output_shape(x.shape());
    const Shape<4> image = as_image(x.shape());
    return images_.forward(std::move(x).reshaped(image)).reshaped(shape);
  }

  Tensor<T, 3> forward(Tensor<T, 3> x, Context& context) const {
    const Shape<3> shape = output_shape(x.shape());
    context.unread.begin(name_);
    context.output_shape = shape;
    const Shape<4> image = as_image(x.shape());
    return images_.forward(std::move(x).reshaped(image), context.images).reshaped(shape);
  }

  Tensor<T, 3> backward(Tensor<T, 3> dy, const Context& context) const {
    context.unread.require_forward(name_);
    require<ShapeError>(dy.shape() == context.output_shape, name_, ": the gradient ", dy.shape(),
                        " does not fit the output ", context.output_shape);
    context.unread.end();
    const Shape<4> image = as_image(dy.shape());
    auto dx = images_.backward(std::move(dy).reshaped(image), context.images);
    const Shape<3> input{dx.dim(0), dx.dim(2), dx.dim(3)};
    return std::move(dx).reshaped(input);
  }

  /// What forward gives for an x of this shape, or throws.
  Shape<3> output_shape(const Shape<3>& x) const {
    require<ShapeError>(x[1] >= 1, name_, ": the input ", x, " has no steps");
    if constexpr (requires { images_.options().kernel_size; }) {
      const auto& options = images_.options();
      const Index padding = options.padding.left;
      require<ShapeError>(x[1] + 2 * padding >= options.kernel_size.width, name_, ": the input ", x, " with padding ",
                          padding, " is shorter than the window ", options.kernel_size.width);
    }
    const Shape<4> y = images_.output_shape(as_image(x));
    return {y[0], y[2], y[3]};
  }

  /// Nothing to visit.
  template <class Visitor>
  void visit(Visitor&&, const Name& = {}) {}

 protected:
  SequencePool(std::string_view name, const Images& images) : name_(name), images_(images) {}

 private:
  static Shape<4> as_image(const Shape<3>& x) { return {x[0], 1, x[1], x[2]}; }

  std::string_view name_;
  Images images_;
};

/// Throws OptionError, in the layer's name, where the window cannot slide, or where it could lie wholly in padding.
inline void check_sequence_window(std::string_view layer, Index kernel_size, Index stride, Index padding) {
  require<OptionError>(kernel_size >= 1, layer, ": the kernel size is ", kernel_size, ", not at least 1");
  require<OptionError>(stride >= 1, layer, ": the stride is ", stride, ", not at least 1");
  require<OptionError>(padding >= 0 && padding <= kernel_size / 2, layer, ": the padding ", padding,
                       " is not between 0 and half the kernel size ", kernel_size);
}

}  // namespace pupil::detail
