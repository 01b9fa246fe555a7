#pragma once
// Whether this process may use the tiles of AMX. Linux gives a process their registers only when it asks for them;
// where nobody can be asked, they are not used.

#include <cpuid.h>

#include <pupil/core/cpp20.hpp>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace pupil::detail {

/// The processor has tiles and their bf16 products, and what packs for them (CPUID leaf 7).
inline bool processor_has_amx() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned bf16 = 1U << 22;
  constexpr unsigned tile = 1U << 24;
  return (d & bf16) != 0 && (d & tile) != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512bf16") != 0;
}

/// The system saves the tiles and their configuration where it switches threads (XCR0).
inline bool system_saves_tiles() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned osxsave = 1U << 27;
  if ((c & osxsave) == 0) return false;
  constexpr unsigned configuration_and_data = 3U << 17;
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));  // _xgetbv would take all of <immintrin.h> to read
  return (low & configuration_and_data) == configuration_and_data;
}

/// Asks Linux for the tiles. What it grants holds for all threads of the process.
inline bool system_grants_tiles() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

/// Whether tiles may be used from here on. Asks the system once.
inline bool amx_is_permitted() {
  static const bool permitted = processor_has_amx() && system_saves_tiles() && system_grants_tiles();
  return permitted;
}

}  // namespace pupil::detail
