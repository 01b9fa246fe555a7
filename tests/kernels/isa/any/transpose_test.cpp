#include <doctest/doctest.h>

#include <pupil/kernels/isa/backend.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

using Transpose = void (*)(const float* source, Index stride, Index length, float* destination,
                           Index destination_stride);

/// Whether the processor has a set; says so where it has not.
bool can_transpose_by(InstructionSet set) {
  if (pupil::detail::widest_instruction_set() >= set) return true;
  MESSAGE("skipped: this processor has no such instructions");
  return false;
}

void check_transpose(Index lanes, Transpose transpose) {
  Rng rng(1);
  for (Index length = 0; length <= 40; ++length) {
    CAPTURE(length);
    const auto source = random_tensor<float>(Shape{lanes, length + 3}, rng);
    auto expected = Tensor<float, 2>::full({length + 1, lanes + 5}, 77.0F);
    auto transposed = expected;
    for (Index k = 0; k < length; ++k) {
      for (Index line = 0; line < lanes; ++line) expected(k, line) = source(line, k);
    }
    transpose(source.data(), source.columns(), length, transposed.data(), transposed.columns());
    CHECK(transposed == expected);
  }
}

}  // namespace

#if PUPIL_X86_KERNELS
TEST_CASE("AVX2 transposes lines of any length, and writes nothing beside them") {
  if (can_transpose_by(InstructionSet::avx2)) check_transpose(avx2::lanes, avx2::transpose_lines);
}

TEST_CASE("AVX-512 transposes lines of any length, and writes nothing beside them") {
  if (can_transpose_by(InstructionSet::avx512)) check_transpose(avx512::lanes, avx512::transpose_lines);
}
#elif PUPIL_NEON_KERNELS
TEST_CASE("NEON transposes lines of any length, and writes nothing beside them") {
  if (can_transpose_by(InstructionSet::neon)) check_transpose(neon::lanes, neon::transpose_lines);
}
#endif
