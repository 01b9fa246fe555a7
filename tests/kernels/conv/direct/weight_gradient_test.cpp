#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>

#include "kernels/conv/random_shape.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::DirectWeightGradient;
using pupil::kernels::detail::fits_weight_gradient;
using pupil::kernels::detail::FloatWeightGradientTile;
using pupil::kernels::detail::with_joined_lines;

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
    if (!fits_weight_gradient(shape)) continue;
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

TEST_CASE("lines are joined only where the weight gradient stays the same, whatever stride padding makes up for") {
  const std::uint64_t seed = 59;
  CAPTURE(seed);
  Rng rng(seed);
  int joined = 0;
  int made_up_for = 0;
  for (int i = 0; i < 400; ++i) {
    CAPTURE(i);
    const auto below = [&](Index count) { return rng.below(count); };
    ConvShape shape{.batch = 2,
                    .height = 1 + below(6),
                    .width = 1 + below(6),
                    .in_channels = 2,
                    .out_channels = 2,
                    .kernel = 1,
                    .stride = {1 + below(2), 1 + below(2)},
                    .dilation = 1,
                    .padding = {below(2), below(4), below(2), below(4)},
                    .groups = 1};
    if (below(2) == 0) shape.padding = 0;
    shape.out_height = output_extent(shape.height, 1, shape.stride.height, shape.padding.top, shape.padding.bottom, 1);
    shape.out_width = output_extent(shape.width, 1, shape.stride.width, shape.padding.left, shape.padding.right, 1);
    const ConvShape longer = with_joined_lines(shape);
    if (shape.out_height == shape.height && shape.out_width == shape.width && shape.stride != 1) ++made_up_for;
    if (longer.height == shape.height) continue;
    ++joined;
    const auto x = random_tensor<float>(Shape{shape.batch, shape.height, shape.width, Index{2}}, rng);
    const auto dy = random_tensor<float>(Shape{shape.batch, shape.out_height, shape.out_width, Index{2}}, rng);
    REQUIRE(relative_difference(naive_weight_gradient(longer, x, dy), naive_weight_gradient(shape, x, dy)) < 1e-12);
  }
  CHECK(joined > 20);
  CHECK(made_up_for > 5);
}

TEST_CASE("channels that tiles do not fit, and plain products, are left to gemm") {
  const auto is_direct = [](Index in_channels, Index out_channels, Index kernel, Index stride) {
    return fits_weight_gradient(
        {1, 9, 9, in_channels, 9 / stride, 9 / stride, out_channels, kernel, stride, 1, kernel / 2, 1});
  };
  CHECK(is_direct(16, 8, 3, 1));
  CHECK(is_direct(16, 8, 1, 3));
  CHECK_FALSE(is_direct(3, 8, 3, 1));
  CHECK_FALSE(is_direct(16, 9, 3, 1));
  CHECK_FALSE(is_direct(16, 8, 1, 1));
}

#endif
