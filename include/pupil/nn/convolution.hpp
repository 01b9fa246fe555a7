#pragma once
// What Conv1d and Conv2d share: weight, bias, what was prepared of them, and their gradients.

#include <string_view>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/conv/conv2d.hpp>
#include <pupil/kernels/conv/packed_filters.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>

namespace pupil::detail {

/// Throws OptionError, in the layer's name, where there are no channels or the groups do not divide them.
inline void check_conv_channels(std::string_view layer, Index in_channels, Index out_channels, Index groups) {
  require<OptionError>(in_channels >= 1 && out_channels >= 1, layer, ": cannot map ", in_channels, " channels to ",
                       out_channels, ", each must be at least 1");
  require<OptionError>(groups >= 1, layer, ": groups is ", groups, ", not at least 1");
  require<OptionError>(in_channels % groups == 0 && out_channels % groups == 0, layer, ": ", groups,
                       " groups do not divide ", in_channels, " and ", out_channels, " channels");
}

/// What Conv2d and its transpose ask of their options alike.
template <class Options>
void check_conv2d_options(const char* layer, const Options& o) {
  check_conv_channels(layer, o.in_channels, o.out_channels, o.groups);
  require<OptionError>(o.kernel_size.height >= 1 && o.kernel_size.width >= 1, layer, ": kernel_size is ", o.kernel_size,
                       ", not at least 1");
  require<OptionError>(o.stride.height >= 1 && o.stride.width >= 1, layer, ": stride is ", o.stride,
                       ", not at least 1");
  require<OptionError>(o.dilation.height >= 1 && o.dilation.width >= 1, layer, ": dilation is ", o.dilation,
                       ", not at least 1");
  require<OptionError>(o.padding.top >= 0 && o.padding.bottom >= 0 && o.padding.left >= 0 && o.padding.right >= 0,
                       layer, ": padding is ", o.padding, ", not at least 0");
}

/// The parameters of a convolution over tensors [batch, ..., channels] of the given rank.
template <class T, std::size_t Rank>
class ConvolutionParameters {
 public:
  /// Both uniform in +-1 / sqrt(in_channels / groups * taps); the weight is [out_channels, taps..., in / groups].
  ConvolutionParameters(const Shape<Rank>& weight_shape, bool with_bias, Rng& rng) {
    const Index fan_in = weight_shape.size() / weight_shape[0];
    weight_ = Parameter(Tensor<T, Rank>(weight_shape));
    fill_by_fan_in(weight_.value, fan_in, rng);
    if (with_bias) {
      bias_ = Parameter(Tensor<T, 1>({weight_shape[0]}));
      fill_by_fan_in(bias_.value, fan_in, rng);
    }
  }

  const T* weight() const { return weight_.value.data(); }
  /// nullptr where there is none.
  const T* bias() const { return bias_.value.empty() ? nullptr : bias_.value.data(); }
  /// Made of the weight by prepare(), or empty.
  const kernels::PackedFilters<T>& packed() const { return *packed_; }

  static Shape<Rank> output_shape(const kernels::ConvShape& shape) {
    if constexpr (Rank == 3) return {shape.batch, shape.out_width, shape.out_channels};
    if constexpr (Rank == 4) return {shape.batch, shape.out_height, shape.out_width, shape.out_channels};
  }

  /// dx for dy, which was checked.
  Tensor<T, Rank> input_gradient(const kernels::ConvShape& shape, const Tensor<T, Rank>& x,
                                 const Tensor<T, Rank>& dy) const {
    auto dx = Tensor<T, Rank>::uninitialized(x.shape());
    kernels::conv2d_input_gradient(shape, dy.data(), weight_.value.data(), dx.data());
    return dx;
  }

  /// Adds to the gradients of weight and bias. Throws ShapeError, in the layer's name, where dy does not fit.
  void add_gradients(std::string_view layer, const kernels::ConvShape& shape, const Tensor<T, Rank>& x,
                     const Tensor<T, Rank>& dy) {
    require<ShapeError>(dy.shape() == output_shape(shape), layer, ": the gradient ", dy.shape(),
                        " does not fit the output ", output_shape(shape));
    kernels::conv2d_weight_gradient(shape, x.data(), dy.data(), weight_.gradient.data());
    if (!bias_.value.empty()) kernels::add_column_sums(kernels::matrix(dy), bias_.gradient.data());
  }

  /// `shape` is the layer's, with any image.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name, [[maybe_unused]] const kernels::ConvShape& shape) {
    visitor(name / "weight", weight_);
    if (!bias_.value.empty()) visitor(name / "bias", bias_);
    if constexpr (prepares_weights<Visitor>) packed_ = kernels::PackedFilters<T>(shape, weight_.value.data());
  }

 private:
  Parameter<T, Rank> weight_;
  Parameter<T, 1> bias_;
  PreparedForm<kernels::PackedFilters<T>> packed_;
};

}  // namespace pupil::detail
