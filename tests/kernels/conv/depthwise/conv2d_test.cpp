#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/depthwise/conv2d.hpp>
#include <pupil/kernels/conv/depthwise/weight_gradient.hpp>
#include <pupil/kernels/window.hpp>

#include "support/gradient_check.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

struct Window {
  Size2d kernel = 3;
  Size2d stride = 1;
  Padding2d padding = 1;
  Size2d dilation = 1;
};

ConvShape make_shape(const Shape<4>& x, Index multiplier, const Window& w) {
  return {.batch = x[0],
          .height = x[1],
          .width = x[2],
          .in_channels = x[3],
          .out_height =
              output_extent(x[1], w.kernel.height, w.stride.height, w.padding.top, w.padding.bottom, w.dilation.height),
          .out_width =
              output_extent(x[2], w.kernel.width, w.stride.width, w.padding.left, w.padding.right, w.dilation.width),
          .out_channels = x[3] * multiplier,
          .kernel = w.kernel,
          .stride = w.stride,
          .dilation = w.dilation,
          .padding = w.padding,
          .groups = x[3]};
}

/// One pixel, every size of channel group, lines on which no output has all taps inside, multipliers, strides that do
/// not divide, strides wider than the kernel, dilation, one-sided padding, and several ranges of lines.
std::vector<ConvShape> depthwise_cases() {
  return {
      make_shape({1, 1, 1, 1}, 1, {}),
      make_shape({2, 1, 1, 3}, 2, {}),
      make_shape({2, 5, 6, 21}, 1, {}),
      make_shape({1, 7, 8, 4}, 1, {.stride = 2}),
      make_shape({2, 9, 11, 3}, 3, {.kernel = 5, .stride = {3, 2}, .padding = 2}),
      make_shape({1, 9, 8, 17}, 1, {.padding = 2, .dilation = {2, 3}}),
      make_shape({1, 9, 9, 2}, 1, {.stride = 2, .padding = 2, .dilation = 2}),
      make_shape({1, 9, 10, 2}, 1, {.kernel = 4, .stride = {6, 4}, .padding = 0, .dilation = {1, 2}}),
      make_shape({1, 6, 9, 5}, 2, {.kernel = {3, 2}, .padding = {1, 0, 2, 1}}),
      make_shape({1, 1, 12, 6}, 1, {.kernel = {1, 4}, .stride = {1, 3}, .padding = {0, 2}}),
      make_shape({3, 13, 40, 2}, 1, {}),
      make_shape({2, 6, 9, 53}, 1, {}),
      make_shape({1, 5, 20, 40}, 1, {.kernel = {3, 7}, .padding = 2}),
      make_shape({1, 3, 3, 33}, 1, {.kernel = 5, .padding = 2}),
  };
}

template <class T>
struct DepthwisePasses {
  Tensor<T, 4> y, dx;
  Tensor<T, 3> dw;
  bool operator==(const DepthwisePasses&) const = default;
};

template <class T>
struct DepthwiseOperands {
  DepthwiseOperands(const ConvShape& s, Rng& rng)
      : x(random_tensor<T>(Shape{s.batch, s.height, s.width, s.in_channels}, rng)),
        dy(random_tensor<T>(Shape{s.batch, s.out_height, s.out_width, s.out_channels}, rng)),
        weight(random_tensor<T>(Shape{s.out_channels, s.kernel.height, s.kernel.width}, rng)),
        bias(random_tensor<T>(Shape{s.out_channels}, rng)) {}

  Tensor<T, 4> x, dy;
  Tensor<T, 3> weight;
  Tensor<T, 1> bias;
};

/// The gradient of the weights is added to 1.
template <class T>
DepthwisePasses<T> fast_depthwise(const ConvShape& shape, const DepthwiseOperands<T>& in) {
  DepthwisePasses<T> out{Tensor<T, 4>::uninitialized(in.dy.shape()), Tensor<T, 4>::uninitialized(in.x.shape()),
                         Tensor<T, 3>::full(in.weight.shape(), 1)};
  depthwise_conv2d_forward(shape, in.x.data(), in.weight.data(), in.bias.data(), out.y.data());
  depthwise_conv2d_input_gradient(shape, in.dy.data(), in.weight.data(), out.dx.data());
  depthwise_conv2d_weight_gradient(shape, in.x.data(), in.dy.data(), out.dw.data());
  return out;
}

/// The definition, one multiplication at a time.
template <class T>
DepthwisePasses<T> naive_depthwise(const ConvShape& s, const DepthwiseOperands<T>& in) {
  DepthwisePasses<T> out{Tensor<T, 4>(in.dy.shape()), Tensor<T, 4>(in.x.shape()),
                         Tensor<T, 3>::full(in.weight.shape(), 1)};
  for (Index n = 0; n < s.batch; ++n) {
    for (Index i = 0; i < s.out_height; ++i) {
      for (Index j = 0; j < s.out_width; ++j) {
        for (Index k = 0; k < s.out_channels; ++k) {
          const Index c = k / (s.out_channels / s.in_channels);
          out.y(n, i, j, k) = in.bias[k];
          for (Index u = 0; u < s.kernel.height; ++u) {
            for (Index v = 0; v < s.kernel.width; ++v) {
              const Index row = i * s.stride.height + u * s.dilation.height - s.padding.top;
              const Index column = j * s.stride.width + v * s.dilation.width - s.padding.left;
              if (row < 0 || row >= s.height || column < 0 || column >= s.width) continue;
              out.y(n, i, j, k) += in.x(n, row, column, c) * in.weight(k, u, v);
              out.dx(n, row, column, c) += in.dy(n, i, j, k) * in.weight(k, u, v);
              out.dw(k, u, v) += in.dy(n, i, j, k) * in.x(n, row, column, c);
            }
          }
        }
      }
    }
  }
  return out;
}

template <class T>
void check_passes(const ConvShape& shape, double tolerance, Rng& rng) {
  CAPTURE(message(Shape{shape.batch, shape.height, shape.width, shape.in_channels}));
  const DepthwiseOperands<T> operands(shape, rng);
  const PoisonedMemory poison;
  const auto fast = fast_depthwise(shape, operands);
  const auto naive = naive_depthwise(shape, operands);
  CHECK(relative_difference(fast.y, naive.y) < tolerance);
  CHECK(relative_difference(fast.dx, naive.dx) < tolerance);
  CHECK(relative_difference(fast.dw, naive.dw) < tolerance);
}

}  // namespace

TEST_CASE("depthwise convolution agrees with its definition on odd shapes") {
  Rng rng(1);
  for (const ConvShape& shape : depthwise_cases()) {
    check_passes<double>(shape, 1e-13, rng);
    check_passes<float>(shape, 1e-5, rng);
  }
}

TEST_CASE("depthwise convolution without a bias begins at zero") {
  Rng rng(2);
  const ConvShape shape = make_shape({1, 4, 4, 5}, 1, {});
  DepthwiseOperands<double> operands(shape, rng);
  auto y = Tensor<double, 4>::uninitialized(operands.dy.shape());
  depthwise_conv2d_forward<double>(shape, operands.x.data(), operands.weight.data(), nullptr, y.data());
  operands.bias.fill(0);
  CHECK(y == fast_depthwise(shape, operands).y);
}

TEST_CASE("depthwise convolution gives the same bits for any number of threads") {
  Rng rng(3);
  for (const ConvShape& shape :
       {make_shape({3, 31, 33, 24}, 1, {.stride = 2}), make_shape({2, 20, 21, 6}, 2, {.dilation = 2})}) {
    const DepthwiseOperands<float> operands(shape, rng);
    check_thread_counts([&] { return fast_depthwise(shape, operands); });
  }
}
