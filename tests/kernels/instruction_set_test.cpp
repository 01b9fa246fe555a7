#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <type_traits>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/instruction_set.hpp>

using namespace pupil;
using pupil::detail::chosen_instruction_set;
using pupil::detail::widest_instruction_set;

TEST_CASE("without a wish the widest instruction set is used") {
  CHECK(chosen_instruction_set(nullptr) == widest_instruction_set());
  CHECK(chosen_instruction_set("") == widest_instruction_set());
}

TEST_CASE("a wish for a narrower instruction set is granted, for a wider one as far as it goes") {
  CHECK(chosen_instruction_set("portable") == InstructionSet::portable);
  const bool is_arm = widest_instruction_set() == InstructionSet::neon;
  CHECK(chosen_instruction_set("neon") == (is_arm ? InstructionSet::neon : InstructionSet::portable));
  CHECK(chosen_instruction_set("avx2") == std::min(InstructionSet::avx2, widest_instruction_set()));
  CHECK(chosen_instruction_set("avx512") == std::min(InstructionSet::avx512, widest_instruction_set()));
  CHECK(chosen_instruction_set("avx512_bf16") == std::min(InstructionSet::avx512_bf16, widest_instruction_set()));
  CHECK(chosen_instruction_set("amx") == widest_instruction_set());
  CHECK(chosen_instruction_set("amx_emulated") == std::min(InstructionSet::avx512, widest_instruction_set()));
}

TEST_CASE("a wish for an unknown instruction set is refused by its name") {
  CHECK_THROWS_WITH_AS(
      chosen_instruction_set("sse9"),
      "PUPIL_ISA is \"sse9\"; it may be portable, neon, avx2, avx512, avx512_bf16, amx or amx_emulated", OptionError);
  CHECK_THROWS_AS(chosen_instruction_set("AVX2"), OptionError);
}

TEST_CASE("the instruction set of the process is what the environment chose") {
  CHECK(instruction_set() == chosen_instruction_set(std::getenv("PUPIL_ISA")));
}

TEST_CASE("bf16 is computed by what the chosen set has for it, and by emulation only where that is asked for") {
  const char* const wish = std::getenv("PUPIL_ISA");
  if (wish != nullptr && std::string_view(wish) == "amx_emulated") {
    CHECK(tile_unit() == TileUnit::emulated);
  } else {
    const InstructionSet set = instruction_set();
    CHECK(tile_unit() == (set == InstructionSet::amx           ? TileUnit::hardware
                          : set == InstructionSet::avx512_bf16 ? TileUnit::vectors
                                                               : TileUnit::none));
  }
}

#if PUPIL_X86_KERNELS
TEST_CASE("the system is asked for tiles once, and what it says is kept") {
  CHECK(pupil::detail::amx_is_permitted() == pupil::detail::amx_is_permitted());
  CHECK(pupil::detail::amx_is_permitted() == (widest_instruction_set() == InstructionSet::amx));
}
#endif

TEST_CASE("products use the tile of the chosen instruction set, and the portable one for doubles") {
  const auto columns = [](auto tile) { return decltype(tile)::columns; };
  const auto rows = [](auto tile) { return decltype(tile)::rows; };
  CHECK(kernels::with_best_tile<double>(rows) == kernels::PortableTile<double>::rows);
#if PUPIL_X86_KERNELS
  if (instruction_set() >= InstructionSet::avx512) {
    CHECK(kernels::with_best_tile<float>(columns) == kernels::avx512::GemmTile::columns);
  } else if (instruction_set() == InstructionSet::avx2) {
    CHECK(kernels::with_best_tile<float>(rows) == kernels::avx2::GemmTile::rows);
  }
#elif PUPIL_NEON_KERNELS
  if (instruction_set() == InstructionSet::neon) {
    CHECK(kernels::with_best_tile<float>(rows) == kernels::neon::GemmTile::rows);
  }
#endif
  if (instruction_set() == InstructionSet::portable) {
    CHECK(kernels::with_best_tile<float>(columns) == kernels::PortableTile<float>::columns);
  }
}

#if PUPIL_X86_KERNELS
TEST_CASE("what computes bf16 is used where it is faster than fp32, for floats alone") {
  const auto is_bf16 = []<class Tile>(Tile) { return std::is_same_v<typename Tile::Packed, kernels::Bf16Pair>; };
  CHECK(!kernels::with_best_tile<float>(is_bf16));
  for (const Precision precision : {Precision::high, Precision::medium}) {
    const PrecisionScope scope(precision);
    CHECK(kernels::with_best_tile<float>(is_bf16) == (precision_in_use() == precision));
    CHECK(!kernels::with_best_tile<double>(is_bf16));
  }
}
#endif
