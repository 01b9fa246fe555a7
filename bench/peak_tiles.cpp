// AMX: tiles of 16 rows of 64 bytes. One instruction multiplies 16 x 32 bfloat16 by 32 x 16 and adds to 16 x 16 floats.

#include <array>
#include <cstdint>

#include <pupil/core/errors.hpp>
#include <pupil/kernels/instruction_set.hpp>

#include "peak.hpp"

#if PUPIL_X86_KERNELS && defined(__linux__)
#define PUPIL_BENCH_TILES 1
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#define PUPIL_BENCH_TILES 0
#endif

namespace bench {

#if PUPIL_BENCH_TILES

namespace {

/// What the processor is told of its tiles before they are used.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
  std::array<std::uint8_t, 16> rows{16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

bool has_tiles() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned amx_bf16 = 1U << 22;
  constexpr unsigned amx_tile = 1U << 24;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & amx_bf16) != 0 && (edx & amx_tile) != 0;
}

}  // namespace

bool tiles_are_granted() {
  constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long tile_data = 18;
  return has_tiles() && syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

[[gnu::target("amx-tile,amx-bf16")]] double multiply_tiles(pupil::Index rounds) {
  const TileConfiguration configuration;
  _tile_loadconfig(&configuration);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (pupil::Index r = 0; r < rounds; ++r) {  // four sums hide how long one instruction takes
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 6);
    _tile_dpbf16ps(2, 7, 5);
    _tile_dpbf16ps(3, 7, 6);
  }
  _tile_release();
  return 4 * 2.0 * 16 * 16 * 32 * static_cast<double>(rounds);
}

#else

bool tiles_are_granted() { return false; }

double multiply_tiles(pupil::Index) { throw pupil::OptionError("multiply_tiles: this machine has no tiles"); }

#endif

}  // namespace bench
