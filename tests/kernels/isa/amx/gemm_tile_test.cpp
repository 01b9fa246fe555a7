#include <doctest/doctest.h>

#include <pupil/kernels/gemm/gemm.hpp>

#if PUPIL_X86_KERNELS
#include <algorithm>
#include <array>
#include <limits>

#include <pupil/kernels/conv/conv2d.hpp>

#include "support/amx_instructions.hpp"
#include "support/product_check.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

using EmulatedHigh = Bf16TileOf<EmulatedAmxUnit, Precision::high>;
using EmulatedMedium = Bf16TileOf<EmulatedAmxUnit, Precision::medium>;

// Two roundings, each by 2^-8 at most. With what both left over two of 2^-17 at most, and the product of what was left
// over is not computed: 2^-16 at most.
constexpr double medium_rounding = 1.01 * 0x1p-7;
constexpr double high_rounding = 1.01 * 0x1p-15;

bool has_pairs_in_vectors() {
  if (pupil::detail::widest_instruction_set() >= InstructionSet::avx512_bf16) return true;
  MESSAGE("skipped: this processor has no AVX-512 with bf16");
  return false;
}

bool has_amx() {
  if (pupil::detail::widest_instruction_set() == InstructionSet::amx) return true;
  MESSAGE("skipped: this processor, or the system, has no AMX");
  return false;
}

/// The product of a matrix and the transpose of one, by one tile.
template <class Tile>
Tensor<float, 2> product_by(const Tensor<float, 2>& a, const Tensor<float, 2>& b) {
  auto c = Tensor<float, 2>::full({a.dim(0), b.dim(0)}, 0.25F);
  pack_and_multiply_by<Tile>(matrix(a), transposed(matrix(b)), added_to(c));
  return c;
}

/// The same bits by the processor's tiles as by those in plain C++, for numbers of very different size.
template <Precision Wanted>
void check_hardware() {
  Rng rng(11);
  for (const Shape<3>& shape : {Shape{1, 1, 1}, Shape{33, 70, 31}, Shape{90, 40, 700}, Shape{700, 20, 65}}) {
    CAPTURE(shape);
    auto a = random_tensor<float>(Shape{shape[0], shape[2]}, rng);
    auto b = random_tensor<float>(Shape{shape[1], shape[2]}, rng);
    CHECK(product_by<Bf16TileOf<AmxUnit, Wanted>>(a, b) == product_by<Bf16TileOf<EmulatedAmxUnit, Wanted>>(a, b));
    for (Index i = 0; i < a.size(); i += 3) a[i] *= 0x1p-70F;
    for (Index i = 0; i < b.size(); i += 2) b[i] *= 0x1p-60F;
    CHECK(product_by<Bf16TileOf<AmxUnit, Wanted>>(a, b) == product_by<Bf16TileOf<EmulatedAmxUnit, Wanted>>(a, b));
  }
}

template <class Tile>
void check_threads() {
  Rng rng(7);
  for (const Shape<3>& shape : {Shape{40, 600, 90}, Shape{700, 40, 33}, Shape{30, 30, 900}}) {
    CAPTURE(shape);
    const auto a = random_tensor<float>(Shape{shape[0], shape[2]}, rng);
    const auto b = random_tensor<float>(Shape{shape[1], shape[2]}, rng);
    check_thread_counts([&] { return product_by<Tile>(a, b); });
  }
}

template <class Tile>
double distance_from_fp32() {
  Rng rng(9);
  const auto a = random_tensor<float>(Shape{100, 1000}, rng);
  const auto b = random_tensor<float>(Shape{70, 1000}, rng);
  return relative_difference(product_by<Tile>(a, b), product_by<PortableTile<float>>(a, b));
}

/// The three products of a convolution with stride, padding and dilation; bit for bit those of matrices in memory.
template <class Tile>
void check_patches() {
  Rng rng(12);
  const auto x = random_tensor<float>(Shape{2, 9, 8, 5}, rng);
  const Patches<float> patches{.image = x.data(),
                               .height = 9,
                               .width = 8,
                               .channels = 5,
                               .pixel_stride = 5,
                               .out_height = 5,
                               .out_width = 8,
                               .vertical = {3, 2, -1, 1},
                               .horizontal = {3, 1, -2, 2},
                               .rows = 80,
                               .columns = 45};
  Tensor<float, 2> copied({80, 45});
  for (Index r = 0; r < 80; ++r) patches.copy_row(r, 0, 45, copied.row(r));
  const auto weight = random_tensor<float>(Shape{35, 45}, rng);
  const auto dy = random_tensor<float>(Shape{80, 35}, rng);

  Tensor<float, 2> y({80, 35});
  pack_and_multiply_by<Tile>(patches, transposed(matrix(weight)), added_to(y));
  Tensor<float, 2> expected_y({80, 35});
  pack_and_multiply_by<Tile>(matrix(copied), transposed(matrix(weight)), added_to(expected_y));
  CHECK(y == expected_y);

  Tensor<float, 2> dw({35, 45});
  pack_and_multiply_by<Tile>(transposed(matrix(dy)), patches, added_to(dw));
  Tensor<float, 2> expected_dw({35, 45});
  pack_and_multiply_by<Tile>(transposed(matrix(dy)), matrix(copied), added_to(expected_dw));
  CHECK(dw == expected_dw);
}

}  // namespace

TEST_CASE("products by the tile of bf16 agree with the definition, within two roundings") {
  check_tile<EmulatedMedium>(1, medium_rounding);
}
TEST_CASE("products by AVX-512's pairs of bf16 agree with the definition, within two roundings") {
  if (has_pairs_in_vectors()) check_tile<PackedFromLines<Avx512Bf16Tile>>(9, medium_rounding);
}
TEST_CASE("products by the tile of bf16 in two parts agree with the definition, nearly as in fp32") {
  check_tile<EmulatedHigh>(3, high_rounding);
}

TEST_CASE("high is within 1e-4 of fp32, medium within 2e-2") {
  CHECK(distance_from_fp32<EmulatedHigh>() < 1e-4);
  const double medium = distance_from_fp32<EmulatedMedium>();
  CHECK(medium < 2e-2);
  CHECK(medium > 1e-4);  // it is another product
}

TEST_CASE("tiles of bf16 give the same bits for any number of threads") {
  check_threads<EmulatedHigh>();
  check_threads<EmulatedMedium>();
}

TEST_CASE("tiles of bf16 give the same bits whether the right operand was packed before or not") {
  check_packed_beforehand<EmulatedHigh>();
  check_packed_beforehand<EmulatedMedium>();
}

TEST_CASE("patches of an image are packed for tiles as the matrix that they are") {
  check_patches<EmulatedHigh>();
  check_patches<EmulatedMedium>();
}

TEST_CASE("AVX-512 rounds to pairs of bf16 as plain C++ does") {
  if (!has_pairs_in_vectors()) return;
  Rng rng(13);
  for (int repetition = 0; repetition < 100; ++repetition) {
    std::array<float, 32> numbers;
    for (float& number : numbers) number = rng.normal<float>();
    numbers[3] = std::numeric_limits<float>::infinity();
    numbers[5] = 0;
    numbers[7] = 1 + 1.5F * 0x1p-7F;
    for (const bool interleave : {false, true}) {
      for (const bool with_rest : {false, true}) {
        std::array<Bf16Pair, 16> pairs{};
        std::array<Bf16Pair, 16> rest{};
        std::array<Bf16Pair, 16> expected_pairs{};
        std::array<Bf16Pair, 16> expected_rest{};
        round_pairs_avx512(numbers.data(), numbers.data() + 16, interleave, pairs.data(),
                           with_rest ? rest.data() : nullptr);
        round_pairs(numbers.data(), numbers.data() + 16, interleave, expected_pairs.data(),
                    with_rest ? expected_rest.data() : nullptr);
        CHECK(pairs == expected_pairs);
        const Index lane_of_infinity = interleave ? 3 : 1;  // what is left of it is NaN, of either sign
        rest[static_cast<std::size_t>(lane_of_infinity)] = 0;
        expected_rest[static_cast<std::size_t>(lane_of_infinity)] = 0;
        CHECK(rest == expected_rest);
      }
    }
  }
}

TEST_CASE("AVX-512 rounds lines to pairs of bf16 as plain C++ does, and nothing beyond") {
  if (!has_pairs_in_vectors()) return;
  Rng rng(14);
  for (const Index count : {0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 95}) {
    CAPTURE(count);
    const auto numbers = random_tensor<float>(Shape{count}, rng);  // behind it a sanitizer sees reads
    std::array<std::array<Bf16Pair, 50>, 2> actual{};
    std::array<std::array<Bf16Pair, 50>, 2> expected{};
    for (const bool with_rest : {false, true}) {
      round_line_avx512(numbers.data(), count, actual[0].data(), with_rest ? actual[1].data() : nullptr);
      round_line(numbers.data(), count, expected[0].data(), with_rest ? expected[1].data() : nullptr);
      CHECK(actual == expected);
    }
  }
}

TEST_CASE("AVX-512 transposes pairs as plain C++ does") {
  if (pupil::detail::widest_instruction_set() < InstructionSet::avx512) {
    MESSAGE("skipped: this processor has no such instructions");
    return;
  }
  std::array<Bf16Pair, 256> tile;
  for (std::size_t i = 0; i < tile.size(); ++i) tile[i] = static_cast<Bf16Pair>(i * 2654435761U);
  const auto before = tile;
  auto expected = tile;
  transpose_pairs(expected.data());
  CHECK(expected[3 * 16 + 5] == before[5 * 16 + 3]);
  transpose_pairs_avx512(tile.data());
  CHECK(tile == expected);
}

TEST_CASE("AMX's instructions give the same bits as plain C++") {
  if (!AmxInstructions::are_possible()) {
    MESSAGE("skipped: this processor has no AVX-512 with bf16");
    return;
  }
  const AmxInstructions instructions;
  SUBCASE("high") { check_hardware<Precision::high>(); }
  SUBCASE("medium") { check_hardware<Precision::medium>(); }
}

TEST_CASE("products by the processor's tiles agree with the definition") {
  if (!has_amx()) return;
  check_tile<Bf16TileOf<AmxUnit, Precision::high>>(5, high_rounding);
  check_tile<Bf16TileOf<AmxUnit, Precision::medium>>(7, medium_rounding);
}
#endif
