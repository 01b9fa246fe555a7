#pragma once
// Which vector instructions the processor has. Kernels are compiled for each set by target attributes and chosen at run
// time, so a program that was compiled for any x86-64 uses the best there is.

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

namespace pupil {

/// From what every machine can do to the most capable; each includes the ones before it.
enum class InstructionSet { portable, avx2, avx512 };

namespace detail {

inline InstructionSet widest_instruction_set() {
#if PUPIL_X86_KERNELS
  if (__builtin_cpu_supports("avx512f") != 0) return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) return InstructionSet::avx2;
#endif
  return InstructionSet::portable;
}

inline InstructionSet chosen_instruction_set(const char* wish) {
  const InstructionSet widest = widest_instruction_set();
  if (wish == nullptr || *wish == '\0') return widest;
  constexpr std::array<std::string_view, 3> names{"portable", "avx2", "avx512"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == wish) return std::min(static_cast<InstructionSet>(i), widest);
  }
  throw OptionError(message("PUPIL_ISA is \"", wish, "\"; it may be portable, avx2 or avx512"));
}

}  // namespace detail

/// The set that kernels use in this process: the widest the processor has, or a lower one that the environment variable
/// PUPIL_ISA names. Throws OptionError where that variable holds anything else.
inline InstructionSet instruction_set() {
  static const InstructionSet chosen = detail::chosen_instruction_set(std::getenv("PUPIL_ISA"));
  return chosen;
}

}  // namespace pupil
