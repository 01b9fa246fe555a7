#pragma once
// The element types of safetensors files, and reading them as C++ numbers.

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <ostream>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pupil/core/shape.hpp>

namespace pupil {

static_assert(std::endian::native == std::endian::little, "safetensors files hold little-endian numbers");

/// In the format's own order: by size, which is the reverse of the order in which tensors lie in a file.
enum class Dtype { BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64 };

namespace detail {

struct DtypeEntry {
  std::string_view name;
  std::size_t size;  // in bytes
};

inline constexpr std::array<DtypeEntry, 15> dtype_table{{{"BOOL", 1},
                                                         {"U8", 1},
                                                         {"I8", 1},
                                                         {"F8_E5M2", 1},
                                                         {"F8_E4M3", 1},
                                                         {"I16", 2},
                                                         {"U16", 2},
                                                         {"F16", 2},
                                                         {"BF16", 2},
                                                         {"I32", 4},
                                                         {"U32", 4},
                                                         {"F32", 4},
                                                         {"F64", 8},
                                                         {"I64", 8},
                                                         {"U64", 8}}};

}  // namespace detail

/// `F32`, as it stands in a file.
constexpr std::string_view dtype_name(Dtype dtype) { return detail::dtype_table[static_cast<std::size_t>(dtype)].name; }

/// The bytes of one element.
constexpr std::size_t dtype_size(Dtype dtype) { return detail::dtype_table[static_cast<std::size_t>(dtype)].size; }

/// The type of this name, if there is one.
constexpr std::optional<Dtype> parse_dtype(std::string_view name) {
  for (std::size_t i = 0; i < detail::dtype_table.size(); ++i) {
    if (detail::dtype_table[i].name == name) return static_cast<Dtype>(i);
  }
  return std::nullopt;
}

inline std::ostream& operator<<(std::ostream& out, Dtype dtype) { return out << dtype_name(dtype); }

/// The C++ numbers that a tensor in a file can be read into and written from: float, double and the integers.
template <class T>
concept FileScalar = std::same_as<T, float> || std::same_as<T, double> ||
    (std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>);

/// The file's type for T: F32 for float, U8 for std::uint8_t.
template <FileScalar T>
constexpr Dtype dtype_of() {
  if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? Dtype::F32 : Dtype::F64;
  constexpr bool is_signed = std::is_signed_v<T>;
  switch (sizeof(T)) {
    case 1:
      return is_signed ? Dtype::I8 : Dtype::U8;
    case 2:
      return is_signed ? Dtype::I16 : Dtype::U16;
    case 4:
      return is_signed ? Dtype::I32 : Dtype::U32;
    default:
      return is_signed ? Dtype::I64 : Dtype::U64;
  }
}

/// An IEEE half (1 sign, 5 exponent, 10 fraction bits) as a float, exactly.
inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1Fu;
  const std::uint32_t fraction = half & 0x3FFu;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t wide_exponent = exponent == 0x1Fu ? 0xFFu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide_exponent << 23 | fraction << 13);
}

/// A bfloat16, which is the upper half of a float.
inline float bfloat16_to_float(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// The nearest bfloat16, of two equally near the one whose last bit is 0; NaN stays NaN.
inline std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
  const std::uint32_t quiet = bits >> 16 | 0x40u;  // rounding could carry a NaN over to a number
  return static_cast<std::uint16_t>(is_nan ? quiet : rounded);
}

/// Whether elements of this type can be read as T: any of F64, F32, F16, BF16 as a float or double, integers as their
/// very own type, BOOL as std::uint8_t.
template <FileScalar T>
constexpr bool readable_as(Dtype dtype) {
  if constexpr (std::floating_point<T>) {
    return dtype == Dtype::F64 || dtype == Dtype::F32 || dtype == Dtype::F16 || dtype == Dtype::BF16;
  } else {
    return dtype == dtype_of<T>() || (dtype == Dtype::BOOL && std::same_as<T, std::uint8_t>);
  }
}

namespace detail {

// The source may lie at any address, hence memcpy.
template <class Stored, FileScalar T, class Convert>
void convert_elements(const std::byte* source, Index count, T* destination, Convert&& convert) {
  for (Index i = 0; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, source + static_cast<std::size_t>(i) * sizeof(Stored), sizeof(Stored));
    destination[i] = static_cast<T>(convert(stored));
  }
}

}  // namespace detail

/// Reads `count` elements from bytes at any alignment. The type must be `readable_as<T>`.
template <FileScalar T>
void convert_from(Dtype dtype, const std::byte* source, Index count, T* destination) {
  if constexpr (std::floating_point<T>) {
    if (dtype == Dtype::F16) return detail::convert_elements<std::uint16_t>(source, count, destination, half_to_float);
    if (dtype == Dtype::BF16)
      return detail::convert_elements<std::uint16_t>(source, count, destination, bfloat16_to_float);
    using Other = std::conditional_t<std::same_as<T, float>, double, float>;
    if (dtype == dtype_of<Other>()) return detail::convert_elements<Other>(source, count, destination, std::identity{});
  }
  if (count > 0) std::memcpy(destination, source, static_cast<std::size_t>(count) * sizeof(T));
}

namespace detail {

/// The nearest whole number; 0 for what is not a number, and the last one for what is beyond.
template <class V>
std::int64_t nearest_count(V value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if constexpr (std::integral<V>) {
    return std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value) : Limits::max();
  } else {
    if (std::isnan(value)) return 0;
    if (std::abs(value) >= V{0x1p63}) return value > 0 ? Limits::max() : Limits::min();
    return static_cast<std::int64_t>(std::nearbyint(value));
  }
}

}  // namespace detail

/// Reads `count` whole numbers of any type but the 8-bit floats, at any alignment: see nearest_count. Returns whether
/// it is such a type.
inline bool convert_counts_from(Dtype dtype, const std::byte* source, Index count, std::int64_t* destination) {
  const auto convert = [&]<class Stored>(Stored, auto&& to_number) {
    detail::convert_elements<Stored>(source, count, destination,
                                     [&](Stored stored) { return detail::nearest_count(to_number(stored)); });
    return true;
  };
  const auto as_it_is = [&]<class Stored>(Stored zero) { return convert(zero, std::identity{}); };
  switch (dtype) {
    case Dtype::BOOL:
    case Dtype::U8:
      return as_it_is(std::uint8_t{});
    case Dtype::I8:
      return as_it_is(std::int8_t{});
    case Dtype::I16:
      return as_it_is(std::int16_t{});
    case Dtype::U16:
      return as_it_is(std::uint16_t{});
    case Dtype::I32:
      return as_it_is(std::int32_t{});
    case Dtype::U32:
      return as_it_is(std::uint32_t{});
    case Dtype::I64:
      return as_it_is(std::int64_t{});
    case Dtype::U64:
      return as_it_is(std::uint64_t{});
    case Dtype::F16:
      return convert(std::uint16_t{}, half_to_float);
    case Dtype::BF16:
      return convert(std::uint16_t{}, bfloat16_to_float);
    case Dtype::F32:
      return as_it_is(float{});
    case Dtype::F64:
      return as_it_is(double{});
    default:
      return false;
  }
}

}  // namespace pupil
