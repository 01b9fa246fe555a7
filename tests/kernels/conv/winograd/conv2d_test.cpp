#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>

#include "kernels/conv/random_shape.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// Whether the instructions in use have Winograd's transforms; says so where they have not.
bool has_winograd() {
  if (kernels::detail::winograd_channels_at_once(instruction_set()) > 0) return true;
  MESSAGE("skipped: no instructions in use have Winograd's transforms");
  return false;
}

/// Tiles at all borders, padding of any width, and channels that end within a panel.
ConvShape random_winograd_shape(Rng& rng) {
  const auto between = [&](Index lowest, Index highest) { return random_between(lowest, highest, rng); };
  const Index at_once = kernels::detail::winograd_channels_at_once(instruction_set());
  ConvShape s{.batch = between(1, 4),
              .height = between(3, 20),
              .width = between(3, 20),
              .in_channels = at_once * between(1, 5),
              .out_channels = at_once * between(1, 5),
              .kernel = 3,
              .stride = 1,
              .dilation = 1,
              .padding = {between(0, 4), between(0, 3), between(0, 3), between(0, 4)},
              .groups = 1};
  if (between(0, 5) == 0) s.in_channels = 272;  // sums of two blocks
  if (between(0, 5) == 0) s.out_channels = 528;
  s.out_height = s.height + s.padding.top + s.padding.bottom - 2;
  s.out_width = s.width + s.padding.left + s.padding.right - 2;
  return s;
}

struct WinogradOperands {
  WinogradOperands(const ConvShape& s, Rng& rng)
      : x(random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng)),
        dy(random_tensor<float>(Shape{s.batch, s.out_height, s.out_width, s.out_channels}, rng)),
        weight(random_tensor<float>(Shape{s.out_channels, Index{9}, s.in_channels}, rng)),
        bias(random_tensor<float>(Shape{s.out_channels}, rng)) {}

  Tensor<float, 4> x, dy;
  Tensor<float, 3> weight;
  Tensor<float, 1> bias;
};

/// Sums without bias, in double.
Tensor<double, 4> naive_winograd_results(const ConvShape& s, const WinogradOperands& in) {
  Tensor<double, 4> y(in.dy.shape());
  for_each_tap_read(s, [&](Index output, Index input, Index tap) {
    for (Index k = 0; k < s.out_channels; ++k) {
      for (Index c = 0; c < s.in_channels; ++c) {
        y[output * s.out_channels + k] +=
            static_cast<double>(in.weight(k, tap, c)) * static_cast<double>(in.x[input * s.in_channels + c]);
      }
    }
  });
  return y;
}

/// A tensor in which whatever is not written stays NaN.
Tensor<float, 4> poisoned(const Shape<4>& shape) {
  return Tensor<float, 4>::full(shape, std::numeric_limits<float>::quiet_NaN());
}

}  // namespace

TEST_CASE("Winograd's convolutions agree with the definition in all passes, whatever the threads") {
  if (!has_winograd()) return;
  const std::uint64_t seed = 71;
  CAPTURE(seed);
  Rng rng(seed);
  for (int i = 0; i < 12; ++i) {
    CAPTURE(i);
    const ConvShape shape = random_winograd_shape(rng);
    REQUIRE(kernels::detail::suits_winograd(shape, instruction_set()));
    const WinogradOperands in(shape, rng);

    auto expected = naive_winograd_results(shape, in);
    for (Index j = 0; j < expected.size(); ++j) expected[j] += static_cast<double>(in.bias[j % shape.out_channels]);
    const auto forward = [&] {
      auto y = poisoned(in.dy.shape());
      kernels::detail::winograd_forward(shape, in.x.data(), in.weight.data(), in.bias.data(), y.data(), nullptr);
      return y;
    };
    CHECK(relative_difference(forward(), expected) < 5e-6);
    check_thread_counts(forward);

    const auto input_gradient = [&] {
      auto dx = poisoned(in.x.shape());
      kernels::detail::winograd_input_gradient(shape, in.dy.data(), in.weight.data(), dx.data());
      return dx;
    };
    CHECK(relative_difference(input_gradient(), naive_input_gradient(shape, in.dy, in.weight)) < 5e-6);
    check_thread_counts(input_gradient);

    check_weight_gradient(
        shape, rng,
        [&](const float* x, const float* dy, float* gradient) {
          kernels::detail::winograd_weight_gradient(shape, x, dy, gradient);
        },
        1e-5);
  }
}

TEST_CASE("Winograd's forward pass ends with the epilogue") {
  if (!has_winograd()) return;
  const std::uint64_t seed = 72;
  CAPTURE(seed);
  Rng rng(seed);
  for (int i = 0; i < 8; ++i) {
    const ConvShape shape = random_winograd_shape(rng);
    const WinogradOperands in(shape, rng);
    const auto scale = random_tensor<float>(in.bias.shape(), rng), shift = random_tensor<float>(in.bias.shape(), rng);
    const auto residual = random_tensor<float>(in.dy.shape(), rng);
    Epilogue<float> epilogue{.scale = scale.data(), .shift = shift.data(), .residual = residual.data()};
    epilogue.rectified_by(Activation::relu6);
    auto y = poisoned(in.dy.shape());
    kernels::detail::winograd_forward(shape, in.x.data(), in.weight.data(), nullptr, y.data(), &epilogue);
    auto expected = naive_winograd_results(shape, in);
    double largest = 6;  // of what is cut off at 6, and is off by so much more
    for (Index j = 0; j < expected.size(); ++j) {
      const Index k = j % shape.out_channels;
      largest = std::max(largest, std::abs(expected[j]));
      const double sum = expected[j] * static_cast<double>(scale[k]) + static_cast<double>(shift[k]);
      expected[j] = std::clamp(sum + static_cast<double>(residual[j]), 0.0, 6.0);
    }
    CHECK(relative_difference(y, expected) < 5e-6 * largest / 6);
  }
}

TEST_CASE("sums of Winograd's are off from the true ones by eight times what direct ones are off by, at most") {
  if (!has_winograd()) return;
  for (const Index channels : {16, 64, 256}) {
    CAPTURE(channels);
    const ConvShape shape{.batch = 2,
                          .height = 12,
                          .width = 12,
                          .in_channels = channels,
                          .out_height = 12,
                          .out_width = 12,
                          .out_channels = 32,
                          .kernel = 3,
                          .stride = 1,
                          .dilation = 1,
                          .padding = 1,
                          .groups = 1};
    Rng rng(73);
    const WinogradOperands in(shape, rng);
    const auto expected = naive_winograd_results(shape, in);
    Tensor<float, 4> direct(in.dy.shape());
    for_each_tap_read(shape, [&](Index output, Index input, Index tap) {
      for (Index k = 0; k < shape.out_channels; ++k) {
        for (Index c = 0; c < shape.in_channels; ++c) {
          direct[output * shape.out_channels + k] += in.weight(k, tap, c) * in.x[input * shape.in_channels + c];
        }
      }
    });
    auto fast = poisoned(in.dy.shape());
    kernels::detail::winograd_forward(shape, in.x.data(), in.weight.data(), nullptr, fast.data(), nullptr);
    CHECK(relative_difference(fast, expected) < 8 * relative_difference(direct, expected));
  }
}
