#pragma once
// The instructions of AMX on processors without it: where one is refused, a signal handler does what Intel documents of
// it, and the program goes on behind it. So what the compiler made of the kernels is tested, not only what they say:
// the order of loads and stores, addresses, shapes.

#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <limits>

#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/isa/arguments/bf16.hpp>

#if PUPIL_X86_KERNELS && defined(__linux__)
#include <ucontext.h>

namespace pupil::testing {

namespace detail {

/// What a thread's tile unit holds.
struct TileState {
  std::array<std::uint8_t, 64> configuration{};
  std::array<std::array<std::array<std::uint8_t, 64>, 16>, 8> registers{};

  std::size_t rows(std::size_t tile) const { return configuration[48 + tile]; }
  std::size_t row_bytes(std::size_t tile) const {
    return configuration[16 + 2 * tile] + 256U * configuration[17 + 2 * tile];
  }
};
inline thread_local TileState tiles;

/// An instruction with a VEX prefix of three bytes, in one of the forms that AMX has.
class TileInstruction {
 public:
  explicit TileInstruction(greg_t* general) : general_(general), code_(at<std::uint8_t>(general[REG_RIP])) {
    if (code_[0] != 0xC4 || (code_[1] & 31U) != 2 || (code_[2] & 0x84U) != 0) return;
    const unsigned prefix = code_[2] & 3U;  // none, 66, F3, F2
    const bool has_memory = (code_[4] & 0xC0U) != 0xC0;
    length_ = 5;
    if (has_memory) read_address();
    const unsigned opcode = code_[3];
    if (opcode == 0x49 && prefix == 0) {
      has_memory ? load_configuration() : release();
    } else if (opcode == 0x4B && (prefix == 3 || prefix == 2) && has_memory) {
      prefix == 3 ? load() : store();
    } else if (opcode == 0x5C && prefix == 2 && !has_memory) {
      multiply();
    } else {
      length_ = 0;
    }
    general_[REG_RIP] += static_cast<greg_t>(length_);
  }

  bool is_known() const { return length_ > 0; }

 private:
  template <class T>
  static T* at(long long address) {
    return reinterpret_cast<T*>(address);  // NOLINT: an address is all that an instruction has
  }

  /// The general register of a number.
  std::uint64_t general(unsigned number) const {
    constexpr std::array<int, 16> places{REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                         REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return static_cast<std::uint64_t>(general_[places[number]]);
  }
  std::int32_t displacement(unsigned bytes) {
    std::int32_t value = 0;
    if (bytes == 1) value = static_cast<std::int8_t>(code_[length_]);
    if (bytes == 4) std::memcpy(&value, code_ + length_, 4);
    length_ += bytes;
    return value;
  }

  /// Base and displacement, and apart from them the index, which is the distance of a tile's rows.
  void read_address() {
    const unsigned mode = code_[4] >> 6U;
    const unsigned base_extension = (code_[1] & 0x20U) != 0 ? 0 : 8;
    const unsigned index_extension = (code_[1] & 0x40U) != 0 ? 0 : 8;
    unsigned base = code_[4] & 7U;
    if (base == 4) {
      const unsigned scaled = code_[length_++];
      const unsigned index = ((scaled >> 3U) & 7U) | index_extension;
      if (index != 4) stride_ = general(index) << (scaled >> 6U);
      base = scaled & 7U;
    } else if (base == 5 && mode == 0) {  // from the next instruction on
      const auto offset = static_cast<std::uint64_t>(std::int64_t{displacement(4)});
      address_ = static_cast<std::uint64_t>(general_[REG_RIP]) + length_ + offset;
      return;
    }
    const bool has_base = base != 5 || mode != 0;
    if (has_base) address_ = general(base | base_extension);
    const unsigned bytes = mode == 1 ? 1 : mode == 2 || !has_base ? 4 : 0;
    address_ += static_cast<std::uint64_t>(std::int64_t{displacement(bytes)});
  }

  std::uint8_t* row(std::size_t r) const { return at<std::uint8_t>(static_cast<long long>(address_ + r * stride_)); }
  std::size_t tile() const { return (code_[4] >> 3U) & 7U; }

  void load_configuration() const {
    std::memcpy(tiles.configuration.data(), at<std::uint8_t>(static_cast<long long>(address_ + stride_)), 64);
    tiles.registers = {};
  }
  static void release() { tiles = {}; }
  void load() const {
    auto& to = tiles.registers[tile()];
    to = {};
    for (std::size_t r = 0; r < tiles.rows(tile()); ++r) std::memcpy(to[r].data(), row(r), tiles.row_bytes(tile()));
  }
  void store() const {
    const auto& from = tiles.registers[tile()];
    for (std::size_t r = 0; r < tiles.rows(tile()); ++r) std::memcpy(row(r), from[r].data(), tiles.row_bytes(tile()));
  }

  static float flushed(double x) {
    const auto rounded = static_cast<float>(x);
    return std::abs(rounded) < std::numeric_limits<float>::min() ? std::copysign(0.0F, rounded) : rounded;
  }
  static double number(std::uint32_t bits) { return static_cast<double>(flushed(kernels::from_bf16(bits))); }

  void multiply() const {
    const std::size_t left = code_[4] & 7U;
    const std::size_t right = (~(code_[2] >> 3U)) & 7U;
    for (std::size_t r = 0; r < tiles.rows(tile()); ++r) {
      for (std::size_t c = 0; c < tiles.row_bytes(tile()) / 4; ++c) {
        float* const sum = reinterpret_cast<float*>(tiles.registers[tile()][r].data()) + c;
        float firsts = 0;
        float seconds = 0;
        for (std::size_t k = 0; k < tiles.row_bytes(left) / 4; ++k) {
          std::uint32_t a = 0;
          std::uint32_t b = 0;
          std::memcpy(&a, tiles.registers[left][r].data() + 4 * k, 4);
          std::memcpy(&b, tiles.registers[right][k].data() + 4 * c, 4);
          firsts = flushed(static_cast<double>(firsts) + number(a & 0xFFFFU) * number(b & 0xFFFFU));
          seconds = flushed(static_cast<double>(seconds) + number(a >> 16U) * number(b >> 16U));
        }
        const float added = flushed(static_cast<double>(firsts) + static_cast<double>(seconds));
        *sum = flushed(static_cast<double>(flushed(static_cast<double>(*sum))) + static_cast<double>(added));
      }
    }
  }

  greg_t* general_;
  const std::uint8_t* code_;
  std::size_t length_ = 0;
  std::uint64_t address_ = 0;
  std::uint64_t stride_ = 0;
};

}  // namespace detail

/// While it lives, processors without AMX have it, slowly, for kernels that are called directly.
class AmxInstructions {
 public:
  AmxInstructions() {
    if (has_amx()) return;
    struct sigaction action {};
    action.sa_sigaction = [](int signal, siginfo_t*, void* context) {
      auto* const general = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
      if (!detail::TileInstruction(general).is_known()) std::signal(signal, SIG_DFL);
    };
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &action, &before_);
    is_installed_ = true;
  }
  ~AmxInstructions() {
    if (is_installed_) sigaction(SIGILL, &before_, nullptr);
  }
  AmxInstructions(const AmxInstructions&) = delete;
  AmxInstructions& operator=(const AmxInstructions&) = delete;

  /// Whether there are all other instructions that kernels for AMX take.
  static bool are_possible() { return pupil::detail::widest_instruction_set() >= InstructionSet::avx512_bf16; }

 private:
  static bool has_amx() { return pupil::detail::widest_instruction_set() == InstructionSet::amx; }

  struct sigaction before_ {};
  bool is_installed_ = false;
};

}  // namespace pupil::testing

#else

namespace pupil::testing {

struct AmxInstructions {
  AmxInstructions() {}  // NOLINT: as the other's, which does something
  static bool are_possible() { return pupil::detail::widest_instruction_set() == InstructionSet::amx; }
};

}  // namespace pupil::testing

#endif
