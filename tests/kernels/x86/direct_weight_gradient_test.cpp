#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/kernels/conv2d.hpp>

#include "../random_conv_shape.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::DirectWeightGradient;
using pupil::kernels::detail::FloatWeightGradientTile;
using pupil::kernels::detail::is_direct_weight_gradient;

namespace {

/// Channels that tiles fit, whole and half ones.
ConvShape random_shape_for_tiles(Rng& rng) { return random_grouped_conv_shape({16, 4}, {8, 6}, rng); }

}  // namespace

TEST_CASE("weight gradients that read the image in place agree with the definition, whatever the threads") {
  if (instruction_set() < InstructionSet::avx512) {
    MESSAGE("skipped: this processor has no AVX-512");
    return;
  }
  const std::uint64_t seed = 58;
  CAPTURE(seed);
  Rng rng(seed);
  int direct = 0;
  for (int i = 0; i < 30; ++i) {
    CAPTURE(i);
    const ConvShape shape = random_shape_for_tiles(rng);
    if (!is_direct_weight_gradient(shape)) continue;
    ++direct;
    check_weight_gradient(shape, rng, [&](const float* x, const float* dy, float* gradient) {
      for (Index g = 0; g < shape.groups; ++g) {
        DirectWeightGradient<FloatWeightGradientTile>(
            shape, x + g * shape.in_channels_a_group(), dy + g * shape.out_channels_a_group(),
            gradient + g * shape.out_channels_a_group() * shape.patch_size(), FloatWeightGradientTile{})
            .run();
      }
    });
  }
  CHECK(direct > 20);
}

TEST_CASE("a sum over many positions is cut into ranges of lines, one after another") {
  const ConvShape shape{8, 20, 20, 16, 20, 20, 8, 3, 1, 1, 1, 1};
  const kernels::detail::WeightGradientTasks tasks(shape, FloatWeightGradientTile::cut(), 1);
  CHECK(tasks.ranges > 1);
  CHECK((tasks.ranges - 1) * tasks.lines < tasks.all_lines);
  CHECK(tasks.ranges * tasks.lines >= tasks.all_lines);
}

TEST_CASE("channels that tiles do not fit, and plain products, are left to gemm") {
  const auto is_direct = [](Index in_channels, Index out_channels, Index kernel, Index stride) {
    return is_direct_weight_gradient(
        {1, 9, 9, in_channels, 9 / stride, 9 / stride, out_channels, kernel, stride, 1, kernel / 2, 1});
  };
  CHECK(is_direct(16, 8, 3, 1));
  CHECK(is_direct(16, 8, 1, 3));
  CHECK_FALSE(is_direct(3, 8, 3, 1));
  CHECK_FALSE(is_direct(16, 9, 3, 1));
  CHECK_FALSE(is_direct(16, 8, 1, 1));
}

#endif
