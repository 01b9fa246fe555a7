#pragma once
// What numbers are sent as.

#include <cstdint>

#include <pupil/kernels/isa/arguments/bf16.hpp>

namespace pupil::detail {

/// As they are.
template <class T>
struct SameWire {
  using Number = T;
  static T encode(T number) { return number; }
  static T decode(T number) { return number; }
};

/// Each as the nearest bf16, of two equally near the even one.
template <class T>
struct Bf16Wire {
  using Number = std::uint16_t;
  static std::uint16_t encode(T number) {
    return static_cast<std::uint16_t>(kernels::to_bf16(static_cast<float>(number)));
  }
  static T decode(std::uint16_t number) { return static_cast<T>(kernels::from_bf16(number)); }
};

}  // namespace pupil::detail
