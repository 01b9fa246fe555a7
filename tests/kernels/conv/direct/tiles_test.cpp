#include <array>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>

#include "kernels/conv/random_shape.hpp"
#include "support/amx_instructions.hpp"
#include "support/gradient_check.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::Bf16DirectTile;
using pupil::kernels::detail::fills_elements;
using pupil::kernels::detail::gathers_taps;
using pupil::kernels::detail::input_patches;
using pupil::kernels::detail::plan_product;

namespace {

/// Some channels fill elements well, some not.
ConvShape random_shape_for_pairs(Rng& rng) {
  const std::array<Index, 7> channels{3, 6, 31, 32, 64, 256, 512};
  ConvShape shape = random_conv_shape(rng);
  shape.batch = random_between(1, 3, rng);
  shape.in_channels = channels[static_cast<std::size_t>(rng.below(7))];
  shape.out_channels = random_between(10, 40, rng);
  return shape;
}

struct TileOperands {
  TileOperands(const ConvShape& s, Rng& rng)
      : x(random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng)),
        weight(random_tensor<float>(Shape{s.out_channels, s.patch_size()}, rng)),
        residual(random_tensor<float>(Shape{s.batch * s.out_height * s.out_width, s.out_channels}, rng)),
        bias(random_tensor<float>(Shape{s.out_channels}, rng)) {}

  Tensor<float, 4> x;
  Tensor<float, 2> weight, residual;
  Tensor<float, 1> bias;
};

/// How patches are read by this unit, as a processor with AVX-512 would.
FilterForm form_by(const Bf16Unit& unit, const Patches<float>& patches) {
  return plan_product(patches, {InstructionSet::avx512, unit.unit, unit.precision});
}

bool is_computed_by(const Bf16Unit& unit, const Patches<float>& patches) {
  const FilterForm form = form_by(unit, patches);
  return form == FilterForm::pairs || form == FilterForm::gathered_pairs;
}

/// By the definition, in double, of operands that are rounded to bf16 before or not.
Tensor<double, 2> naive(const ConvShape& s, TileOperands in, bool is_rounded) {
  if (is_rounded) {
    round_to_bf16(in.x);
    round_to_bf16(in.weight);
  }
  Tensor<double, 2> y(in.residual.shape());
  for (Index i = 0; i < y.size(); ++i) y[i] = static_cast<double>(in.bias[i % s.out_channels]);
  for_each_tap_read(s, [&](Index output, Index input, Index tap) {
    for (Index k = 0; k < s.out_channels; ++k) {
      for (Index c = 0; c < s.in_channels; ++c) {
        y(output, k) += static_cast<double>(in.weight(k, tap * s.in_channels + c)) *
                        static_cast<double>(in.x[input * s.in_channels + c]);
      }
    }
  });
  for (Index i = 0; i < y.size(); ++i) y[i] = std::max(0.0, y[i] + static_cast<double>(in.residual[i]));
  return y;
}

/// The output begins as NaN, which stays wherever nothing is written.
Tensor<float, 2> product_by(const Bf16Unit& unit, const ConvShape& s, const TileOperands& in) {
  auto y = Tensor<float, 2>::full(in.residual.shape(), std::numeric_limits<float>::quiet_NaN());
  const auto epilogue = Epilogue<float>{.residual = in.residual.data()}.rectified_by(Activation::relu);
  const Index line = s.out_width * s.out_channels;
  const GridDestination<float> grid{y.data(), s.out_height * line, line, s.out_channels, in.bias.data(), &epilogue};
  const Patches<float> patches = input_patches(s, in.x.data(), 0);
  const auto weight = transposed(matrix(in.weight));
  kernels::detail::multiply_in_place(form_by(unit, patches), patches, right_operand<avx512::GemmTile>(weight), {}, grid,
                                     unit);
  return y;
}

void check_direct_tile(const Bf16Unit& unit) {
  if (pupil::detail::widest_instruction_set() < InstructionSet::avx512) {
    MESSAGE("skipped: this processor has no AVX-512");
    return;
  }
  const std::uint64_t seed = 59;
  CAPTURE(seed);
  Rng rng(seed);
  const PoisonedMemory poison;
  const auto check = [&](const ConvShape& shape) {
    const TileOperands in(shape, rng);
    if (!is_computed_by(unit, input_patches(shape, in.x.data(), 0))) return false;
    const auto expected = naive(shape, in, unit.precision == Precision::medium);
    CHECK(relative_difference(product_by(unit, shape, in), expected) <
          (unit.precision == Precision::medium ? 3e-6 : 3e-5));
    check_thread_counts([&] { return product_by(unit, shape, in); });
    return true;
  };
  int direct = 0;
  for (int i = 0; i < 30 && direct < 10; ++i) {
    CAPTURE(i);
    direct += check(random_shape_for_pairs(rng)) ? 1 : 0;
  }
  CHECK(direct == 10);
  CHECK(check({2, 23, 33, 3, 12, 17, 33, 7, 2, 1, 3, 1}));  // a network's first, whose taps are gathered
}

}  // namespace

TEST_CASE("direct convolutions by AVX-512's pairs of bf16 agree with the definition, whatever the threads") {
  if (pupil::detail::widest_instruction_set() < InstructionSet::avx512_bf16) {
    MESSAGE("skipped: this processor has no AVX-512 with bf16");
    return;
  }
  check_direct_tile({TileUnit::vectors, Precision::medium});
}

TEST_CASE("direct convolutions by tiles of AMX agree with the definition, whatever the threads") {
  for (const Precision precision : {Precision::medium, Precision::high}) {
    check_direct_tile({TileUnit::emulated, precision});
  }
}

TEST_CASE("direct convolutions by AMX's instructions give the same bits as by plain C++") {
  if (!AmxInstructions::are_possible()) {
    MESSAGE("skipped: this processor has no AVX-512 with bf16");
    return;
  }
  const AmxInstructions instructions;
  Rng rng(60);
  for (const Precision precision : {Precision::medium, Precision::high}) {
    for (int i = 0; i < 10; ++i) {
      CAPTURE(i);
      const ConvShape shape = random_shape_for_pairs(rng);
      const TileOperands in(shape, rng);
      const Bf16Unit emulated{TileUnit::emulated, precision};
      if (!is_computed_by(emulated, input_patches(shape, in.x.data(), 0))) continue;
      CHECK(product_by({TileUnit::hardware, precision}, shape, in) == product_by(emulated, shape, in));
    }
  }
}

TEST_CASE("pixels that would leave elements of bf16 empty have the taps of a line gathered, or are left to others") {
  const auto patches = [](Index channels, Index kernel) {
    const ConvShape shape{1, 14, 14, channels, 14, 14, 8, kernel, 1, 1, kernel / 2, 1};
    return input_patches(shape, static_cast<const float*>(nullptr), 0);
  };
  const Bf16DirectTile vectors({TileUnit::vectors, Precision::medium});
  const Bf16DirectTile tiles({TileUnit::emulated, Precision::medium});
  for (const auto& tile : {vectors, tiles}) {
    CHECK(fills_elements(patches(64, 3), tile));
    CHECK_FALSE(fills_elements(patches(3, 7), tile));
    CHECK(gathers_taps(patches(3, 7), tile));
    CHECK_FALSE(gathers_taps(patches(3, 3), tile));
  }
  CHECK(fills_elements(patches(6, 3), vectors));
  CHECK_FALSE(fills_elements(patches(6, 3), tiles));
}

TEST_CASE("groups of positions for tiles of AMX share a line evenly") {
  const Bf16DirectTile tile({TileUnit::emulated, Precision::medium});
  CHECK(tile.best_group(7) == 7);
  CHECK(tile.best_group(16) == 16);
  CHECK(tile.best_group(17) == 9);
  CHECK(tile.best_group(56) == 14);
}

#endif
