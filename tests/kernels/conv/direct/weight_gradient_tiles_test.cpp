#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>

#include "kernels/conv/random_shape.hpp"
#include "support/amx_instructions.hpp"
#include "support/gradient_check.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::Bf16WeightGradientTile;
using pupil::kernels::detail::DirectWeightGradient;
using pupil::kernels::detail::fits_weight_gradient_in_bf16;
using pupil::kernels::detail::with_joined_lines;

namespace {

/// Channels that tiles fit, whole and half ones.
ConvShape random_shape_for_pairs_of_images(Rng& rng) { return random_grouped_conv_shape({16, 3}, {16, 3}, rng); }

void add_weight_gradient(const Bf16Unit& unit, const ConvShape& shape, const float* x, const float* dy,
                         float* gradient) {
  for (Index g = 0; g < shape.groups; ++g) {
    DirectWeightGradient<Bf16WeightGradientTile>(
        shape, x + g * shape.in_channels_a_group(), dy + g * shape.out_channels_a_group(),
        gradient + g * shape.out_channels_a_group() * shape.patch_size(), Bf16WeightGradientTile(unit))
        .run();
  }
}

void check_unit(const Bf16Unit& unit) {
  const std::uint64_t seed = 61;
  CAPTURE(seed);
  Rng rng(seed);
  const PoisonedMemory poison;
  const bool is_medium = unit.precision == Precision::medium;
  const auto check = [&](const ConvShape& shape) {
    check_weight_gradient(
        shape, rng,
        [&](const float* x, const float* dy, float* gradient) { add_weight_gradient(unit, shape, x, dy, gradient); },
        is_medium ? 2e-6 : 3e-5, is_medium);
  };
  for (int i = 0; i < 8; ++i) {
    CAPTURE(i);
    check(random_shape_for_pairs_of_images(rng));
  }
  check(with_joined_lines({3, 6, 7, 16, 6, 7, 48, 1, 1, 1, 0, 1}));
}

}  // namespace

TEST_CASE("weight gradients by AVX-512's pairs of bf16 agree with the definition, whatever the threads") {
  if (pupil::detail::widest_instruction_set() < InstructionSet::avx512_bf16) {
    MESSAGE("skipped: this processor has no AVX-512 with bf16");
    return;
  }
  check_unit({TileUnit::vectors, Precision::medium});
}

TEST_CASE("weight gradients by tiles of AMX agree with the definition, whatever the threads") {
  check_unit({TileUnit::emulated, Precision::medium});
  check_unit({TileUnit::emulated, Precision::high});
}

TEST_CASE("weight gradients by AMX's instructions have the same bits as by plain C++") {
  if (!AmxInstructions::are_possible()) {
    MESSAGE("skipped: this processor has no AVX-512 with bf16");
    return;
  }
  const AmxInstructions instructions;
  Rng rng(62);
  for (const Precision precision : {Precision::medium, Precision::high}) {
    for (int i = 0; i < 10; ++i) {
      CAPTURE(i);
      const ConvShape s = random_shape_for_pairs_of_images(rng);
      const auto x = random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng);
      const auto dy = random_tensor<float>(Shape{s.batch, s.out_height, s.out_width, s.out_channels}, rng);
      Tensor<float, 2> by_processor({s.out_channels, s.patch_size()});
      auto by_emulation = by_processor;
      add_weight_gradient({TileUnit::hardware, precision}, s, x.data(), dy.data(), by_processor.data());
      add_weight_gradient({TileUnit::emulated, precision}, s, x.data(), dy.data(), by_emulation.data());
      CHECK(by_processor == by_emulation);
    }
  }
}

TEST_CASE("lines of a product of matrices are joined, those of other convolutions are not") {
  const ConvShape product = with_joined_lines({3, 56, 56, 16, 56, 56, 16, 1, 1, 1, 0, 1});
  CHECK(product.height == 14);
  CHECK(product.out_width == 4 * 56);
  CHECK(with_joined_lines({3, 7, 7, 16, 7, 7, 16, 1, 1, 1, 0, 1}).width == 49);
  CHECK(with_joined_lines({3, 7, 7, 16, 7, 7, 16, 3, 1, 1, 1, 1}).width == 7);
  CHECK(with_joined_lines({3, 7, 7, 16, 4, 4, 16, 1, 2, 1, 0, 1}).width == 7);
  CHECK(with_joined_lines({3, 1, 700, 16, 1, 700, 16, 1, 1, 1, 0, 1}).width == 700);
}

TEST_CASE("channels that do not fill registers are left to other products") {
  const auto is_direct = [](Index in_channels, Index out_channels) {
    return fits_weight_gradient_in_bf16({1, 9, 9, in_channels, 9, 9, out_channels, 3, 1, 1, 1, 1});
  };
  CHECK(is_direct(16, 48));
  CHECK_FALSE(is_direct(3, 64));
  CHECK_FALSE(is_direct(16, 8));
}

#endif
