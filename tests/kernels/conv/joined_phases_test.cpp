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

/// Of few channels and any stride, without dilation or groups.
ConvShape random_strided_shape(Rng& rng) {
  ConvShape s = random_conv_shape(rng);
  s.in_channels = random_between(1, 4, rng);
  s.kernel = {random_between(1, 8, rng), random_between(1, 8, rng)};
  s.stride = {random_between(1, 4, rng), random_between(1, 4, rng)};
  s.dilation = 1;
  s.height += s.kernel.height;
  s.width += s.kernel.width;
  s.out_height = output_extent(s.height, s.kernel.height, s.stride.height, s.padding.top, s.padding.bottom, 1);
  s.out_width = output_extent(s.width, s.kernel.width, s.stride.width, s.padding.left, s.padding.right, 1);
  return s;
}

template <class T>
void check_input_gradients(std::uint64_t seed, double tolerance) {
  CAPTURE(seed);
  Rng rng(seed);
  int joined = 0;
  for (int i = 0; i < 40; ++i) {
    CAPTURE(i);
    const ConvShape s = random_strided_shape(rng);
    joined += plan_data_gradient(s) == ConvAlgorithm::joined_phases ? 1 : 0;
    const auto dy = random_tensor<T>(Shape{s.batch, s.out_height, s.out_width, s.out_channels}, rng);
    const auto weight = random_tensor<T>(Shape{s.out_channels, s.kernel.height * s.kernel.width, s.in_channels}, rng);
    const auto expected = naive_input_gradient(s, dy, weight);
    const auto fast = [&] {  // begins as NaN, which stays wherever nothing is written
      auto dx = Tensor<T, 4>::full(expected.shape(), std::numeric_limits<T>::quiet_NaN());
      conv2d_input_gradient(s, dy.data(), weight.data(), dx.data());
      return dx;
    };
    CHECK(relative_difference(fast(), expected) < tolerance);
    check_thread_counts(fast);
  }
  CHECK(joined > 15);
  CHECK(joined < 40);
}

ConvShape strided(Index channels, Index kernel, Index stride) {
  return {2, 32, 32, channels, 16, 16, 64, kernel, stride, 1, kernel / 2, 1};
}

}  // namespace

TEST_CASE("the data gradient of strided convolutions of few channels agrees with the definition") {
  SUBCASE("float") { check_input_gradients<float>(31, 2e-6); }
  SUBCASE("double") { check_input_gradients<double>(32, 1e-13); }
}

TEST_CASE("phases are joined where that multiplies less") {
  const auto is_joined = [](const ConvShape& shape) {
    return plan_data_gradient(shape) == ConvAlgorithm::joined_phases;
  };
  CHECK(is_joined(strided(3, 7, 2)));
  CHECK(is_joined(strided(3, 3, 2)));
  CHECK(is_joined(strided(1, 16, 16)));
  CHECK_FALSE(is_joined(strided(3, 7, 1)));
  CHECK_FALSE(is_joined(strided(3, 1, 2)));
  CHECK_FALSE(is_joined(strided(64, 3, 2)));
  ConvShape grouped = strided(4, 7, 2);
  grouped.groups = 2;
  CHECK_FALSE(is_joined(grouped));
}
