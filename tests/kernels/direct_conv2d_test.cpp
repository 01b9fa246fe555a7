#include <array>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/conv2d.hpp>
#include <pupil/kernels/window.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

Index random_between(Index lowest, Index highest, Rng& rng) {
  return lowest + static_cast<Index>(rng.below(highest - lowest + 1));
}

/// Lines of whole and of broken groups of positions, one step of the sum and several, pixels with gaps behind them and
/// without, kernels of any shape.
ConvShape random_conv_shape(Rng& rng) {
  const auto between = [&](Index lowest, Index highest) { return random_between(lowest, highest, rng); };
  const std::array<Index, 6> channels{between(180, 220), 256, 512, between(3, 40), between(3, 40), between(3, 40)};
  ConvShape s{.batch = between(1, 5),
              .height = between(1, 20),
              .width = between(5, 30),
              .in_channels = channels[static_cast<std::size_t>(between(0, 5))],
              .out_height = 0,
              .out_width = 0,
              .out_channels = between(16, 70),
              .kernel = {between(1, 3), between(1, 4)},
              .stride = {between(1, 3), between(1, 2)},
              .dilation = {between(1, 2), between(1, 2)},
              .padding = {between(0, 2), between(0, 2), between(0, 2), between(0, 2)},
              .groups = 1};
  s.height += (s.kernel.height - 1) * s.dilation.height;
  s.width += (s.kernel.width - 1) * s.dilation.width;
  s.out_height =
      output_extent(s.height, s.kernel.height, s.stride.height, s.padding.top, s.padding.bottom, s.dilation.height);
  s.out_width =
      output_extent(s.width, s.kernel.width, s.stride.width, s.padding.left, s.padding.right, s.dilation.width);
  return s;
}

/// Calls `use(output, input, tap)` for every output position, the input position that a tap of it reads, and the tap.
template <class Use>
void for_each_meeting(const ConvShape& s, const Use& use) {
  for (Index n = 0; n < s.batch; ++n) {
    for (Index i = 0; i < s.out_height * s.out_width; ++i) {
      for (Index tap = 0; tap < s.kernel.height * s.kernel.width; ++tap) {
        const Index y = i / s.out_width * s.stride.height + tap / s.kernel.width * s.dilation.height - s.padding.top;
        const Index x = i % s.out_width * s.stride.width + tap % s.kernel.width * s.dilation.width - s.padding.left;
        if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
        use(n * s.out_height * s.out_width + i, (n * s.height + y) * s.width + x, tap);
      }
    }
  }
}

struct DirectPasses {
  Tensor<float, 4> y, dx;
  bool operator==(const DirectPasses&) const = default;
};

struct DirectOperands {
  DirectOperands(const ConvShape& s, Rng& rng)
      : x(random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng)),
        dy(random_tensor<float>(Shape{s.batch, s.out_height, s.out_width, s.out_channels}, rng)),
        weight(random_tensor<float>(Shape{s.out_channels, s.kernel.height * s.kernel.width, s.in_channels}, rng)),
        bias(random_tensor<float>(Shape{s.out_channels}, rng)) {}

  Tensor<float, 4> x, dy;
  Tensor<float, 3> weight;
  Tensor<float, 1> bias;
};

/// Outputs begin as NaN, which stays wherever nothing is written.
DirectPasses fast_direct(const ConvShape& shape, const DirectOperands& in) {
  constexpr float poison = std::numeric_limits<float>::quiet_NaN();
  DirectPasses out{Tensor<float, 4>::full(in.dy.shape(), poison), Tensor<float, 4>::full(in.x.shape(), poison)};
  conv2d_forward(shape, in.x.data(), in.weight.data(), in.bias.data(), out.y.data());
  conv2d_input_gradient(shape, in.dy.data(), in.weight.data(), out.dx.data());
  return out;
}

/// The definition, in double.
struct NaivePasses {
  NaivePasses(const ConvShape& s, const DirectOperands& in) : y(in.dy.shape()), dx(in.x.shape()) {
    for (Index i = 0; i < y.size(); ++i) y[i] = static_cast<double>(in.bias[i % s.out_channels]);
    for_each_meeting(s, [&](Index output, Index input, Index tap) {
      for (Index k = 0; k < s.out_channels; ++k) {
        for (Index c = 0; c < s.in_channels; ++c) {
          const auto weight = static_cast<double>(in.weight(k, tap, c));
          y[output * s.out_channels + k] += weight * static_cast<double>(in.x[input * s.in_channels + c]);
          dx[input * s.in_channels + c] += weight * static_cast<double>(in.dy[output * s.out_channels + k]);
        }
      }
    });
  }
  Tensor<double, 4> y, dx;
};

}  // namespace

TEST_CASE("convolutions that read the image in place agree with the definition, whatever the threads") {
  const std::uint64_t seed = 57;
  CAPTURE(seed);
  Rng rng(seed);
  int direct = 0;
  for (int i = 0; i < 40; ++i) {
    const ConvShape shape = random_conv_shape(rng);
    CAPTURE(i);
    const DirectOperands in(shape, rng);
    direct += kernels::detail::is_direct(kernels::detail::input_patches(shape, in.x.data(), 0)) ? 1 : 0;
    const NaivePasses expected(shape, in);
    const DirectPasses actual = fast_direct(shape, in);
    CHECK(relative_difference(actual.y, expected.y) < 3e-6);
    CHECK(relative_difference(actual.dx, expected.dx) < 3e-6);
    check_thread_counts([&] { return fast_direct(shape, in); });
  }
  CHECK(direct > 15);
}

TEST_CASE("lines too short for groups of positions are left to products of patches") {
  const auto is_direct_of_width = [](Index width) {
    const ConvShape shape{1, 9, width, 16, 9, width, 8, 3, 1, 1, 1, 1};
    return kernels::detail::is_direct(kernels::detail::input_patches(shape, static_cast<const float*>(nullptr), 0));
  };
  CHECK(is_direct_of_width(7));
  CHECK(is_direct_of_width(56));
  CHECK_FALSE(is_direct_of_width(8));
  CHECK_FALSE(is_direct_of_width(2));
}

#endif
