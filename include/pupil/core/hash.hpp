#pragma once
// A hash that is the same on every machine and in every run, unlike std::hash: FNV-1a (Fowler, Noll, Vo) of 64 bits.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// The hash of no bytes.
inline constexpr std::uint64_t empty_hash = 0xcbf29ce484222325;

/// h <- (h xor byte) * (2^40 + 2^8 + 0xb3), byte after byte; `hash` continues an earlier one.
constexpr std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t hash = empty_hash) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

/// The hash of the eight bytes of a number, lowest first.
constexpr std::uint64_t hash_number(std::uint64_t number, std::uint64_t hash = empty_hash) {
  for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ ((number >> shift) & 0xFF)) * 0x100000001b3;
  return hash;
}

/// The hash as 16 digits, for texts.
inline std::string hash_digits(std::uint64_t hash) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 0xF];
  return digits;
}

}  // namespace pupil
