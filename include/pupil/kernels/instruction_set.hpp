#pragma once
// Which vector instructions the processor has. Kernels are compiled for each set by target attributes and chosen at run
// time, so a program that was compiled for any x86-64 uses the best there is.
//
// PUPIL_ISA=amx_emulated is for tests: it computes in plain C++, slowly, what the tiles of AMX would, so that programs
// can be tried at every precision on any x86-64.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <pupil/core/errors.hpp>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define PUPIL_X86_KERNELS 1
#else
#define PUPIL_X86_KERNELS 0
#endif
#if defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#define PUPIL_NEON_KERNELS 1
#else
#define PUPIL_NEON_KERNELS 0
#endif
#if PUPIL_X86_KERNELS
#include <pupil/kernels/isa/amx/permission.hpp>
#endif

namespace pupil {

/// From what every machine can do to the most capable. Of x86 each includes the ones before it; `neon` is ARM's, and
/// all that it has.
enum class InstructionSet { portable, neon, avx2, avx512, avx512_bf16, amx };

/// As PUPIL_ISA has them.
inline constexpr std::array<std::string_view, 6> instruction_set_names{"portable", "neon",        "avx2",
                                                                       "avx512",   "avx512_bf16", "amx"};

/// What computes products of bf16, for precisions below the highest: AVX-512's products of pairs, or the tiles of AMX.
enum class TileUnit { none, vectors, emulated, hardware };

namespace detail {

inline constexpr std::string_view emulated_tiles = "amx_emulated";

inline InstructionSet widest_instruction_set() {
#if PUPIL_X86_KERNELS
  if (amx_is_permitted()) return InstructionSet::amx;
  if (__builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512bw") != 0) {
    return InstructionSet::avx512_bf16;
  }
  if (__builtin_cpu_supports("avx512f") != 0) return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) return InstructionSet::avx2;
#elif PUPIL_NEON_KERNELS
  return InstructionSet::neon;
#endif
  return InstructionSet::portable;
}

inline InstructionSet chosen_instruction_set(const char* wish) {
  const InstructionSet widest = widest_instruction_set();
  if (wish == nullptr || *wish == '\0') return widest;
  if (wish == emulated_tiles) return std::min(InstructionSet::avx512, widest);
  for (std::size_t i = 0; i < instruction_set_names.size(); ++i) {
    if (instruction_set_names[i] != wish) continue;
    const auto wished = static_cast<InstructionSet>(i);
    const bool is_other_processors = wished == InstructionSet::neon && widest != InstructionSet::neon;
    return is_other_processors ? InstructionSet::portable : std::min(wished, widest);
  }
  throw OptionError(
      message("PUPIL_ISA is \"", wish, "\"; it may be portable, neon, avx2, avx512, avx512_bf16, amx or amx_emulated"));
}

}  // namespace detail

/// The set that kernels use in this process: the widest the processor has, or a lower one that the environment variable
/// PUPIL_ISA names. Throws OptionError where that variable holds anything else.
inline InstructionSet instruction_set() {
  static const InstructionSet chosen = detail::chosen_instruction_set(std::getenv("PUPIL_ISA"));
  return chosen;
}

/// The widest that `instruction_set` has, or the emulation of AMX, where PUPIL_ISA asks for it.
inline TileUnit tile_unit() {
#if PUPIL_X86_KERNELS
  static const bool emulated = [] {
    const char* const wish = std::getenv("PUPIL_ISA");
    return wish != nullptr && wish == detail::emulated_tiles;
  }();
  if (emulated) return TileUnit::emulated;
#endif
  if (instruction_set() == InstructionSet::amx) return TileUnit::hardware;
  return instruction_set() == InstructionSet::avx512_bf16 ? TileUnit::vectors : TileUnit::none;
}

}  // namespace pupil
