#include <doctest/doctest.h>

#include <pupil/kernels/instruction_set.hpp>

#if PUPIL_X86_KERNELS
#include <pupil/kernels/isa/avx512/transpose.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE("AVX-512 transposes lines of any length, and writes nothing beside them") {
  if (pupil::detail::widest_instruction_set() < InstructionSet::avx512) {
    MESSAGE("skipped: this processor has no such instructions");
    return;
  }
  Rng rng(1);
  for (Index length = 0; length <= 40; ++length) {
    CAPTURE(length);
    const auto source = random_tensor<float>(Shape{16, length + 3}, rng);
    auto expected = Tensor<float, 2>::full({length + 1, 21}, 77.0F);
    auto transposed = expected;
    for (Index k = 0; k < length; ++k) {
      for (Index line = 0; line < 16; ++line) expected(k, line) = source(line, k);
    }
    transpose_lines_avx512(source.data(), source.columns(), length, transposed.data(), transposed.columns());
    CHECK(transposed == expected);
  }
}
#endif
