#include <array>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>
#include <pupil/kernels/window.hpp>

#include "kernels/conv/random_shape.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// Whether the forward pass would read the image in place with AVX-512, and without Winograd's algorithm.
bool is_in_place(const ConvShape& shape) {
  return plan_forward(shape, {InstructionSet::avx512, TileUnit::none, Precision::highest, false}) ==
         ConvAlgorithm::in_place;
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
  NaivePasses(const ConvShape& s, const DirectOperands& in)
      : y(in.dy.shape()), dx(naive_input_gradient(s, in.dy, in.weight)) {
    for (Index i = 0; i < y.size(); ++i) y[i] = static_cast<double>(in.bias[i % s.out_channels]);
    for_each_tap_read(s, [&](Index output, Index input, Index tap) {
      for (Index k = 0; k < s.out_channels; ++k) {
        for (Index c = 0; c < s.in_channels; ++c) {
          y[output * s.out_channels + k] +=
              static_cast<double>(in.weight(k, tap, c)) * static_cast<double>(in.x[input * s.in_channels + c]);
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
    direct += is_in_place(shape) ? 1 : 0;
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
    return is_in_place({1, 9, width, 16, 9, width, 8, 3, 1, 1, 1, 1});
  };
  CHECK(is_direct_of_width(7));
  CHECK(is_direct_of_width(8));
  CHECK(is_direct_of_width(56));
  CHECK_FALSE(is_direct_of_width(5));
  CHECK_FALSE(is_direct_of_width(2));
}

#endif
