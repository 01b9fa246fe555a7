#pragma once
// Shapes: how many elements a tensor has along each of its dimensions.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <ostream>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// Signed, as in Eigen: differences of sizes stay meaningful.
using Index = std::ptrdiff_t;

namespace detail {

/// One whole number in braces: `{n}` becomes a Shape<1>, and a bare n does not.
struct Extent {
  constexpr Extent(std::integral auto number) : value(static_cast<Index>(number)) {}  // NOLINT: converts on purpose

  Index value;
};

}  // namespace detail

/// The extents of a tensor, outermost first: `Shape<4>{batch, height, width, channels}`. There is one for each
/// dimension, or none: then all are 0. Any other number does not compile.
template <std::size_t Rank>
struct Shape {
  constexpr Shape() = default;
  /// Of its extents: Shape{2, 3}.
  template <std::integral... Extents>
  requires(Rank >= 2 && sizeof...(Extents) == Rank) constexpr Shape(Extents... extents)
      : dims{static_cast<Index>(extents)...} {}
  constexpr Shape(detail::Extent extent) requires(Rank == 1) : dims{extent.value} {}  // NOLINT: as above, from braces

  constexpr Index& operator[](std::size_t dimension) { return dims[dimension]; }
  constexpr Index operator[](std::size_t dimension) const { return dims[dimension]; }
  constexpr auto begin() const { return dims.begin(); }
  constexpr auto end() const { return dims.end(); }
  constexpr bool operator==(const Shape&) const = default;

  /// The product of all extents.
  constexpr Index size() const {
    Index product = 1;
    for (const Index extent : dims) product *= extent;
    return product;
  }

  std::array<Index, Rank> dims{};
};

template <std::integral... Extents>
Shape(Extents...) -> Shape<sizeof...(Extents)>;

/// Prints `[8, 32, 32, 4]`.
template <std::size_t Rank>
std::ostream& operator<<(std::ostream& out, const Shape<Rank>& shape) {
  out << '[';
  for (std::size_t d = 0; d < Rank; ++d) out << (d == 0 ? "" : ", ") << shape[d];
  return out << ']';
}

/// A height and a width; one number means both: `.kernel_size = 3` or `.kernel_size = {3, 5}`.
struct Size2d {
  constexpr Size2d(Index both) : height(both), width(both) {}  // NOLINT(google-explicit-constructor): an option
  constexpr Size2d(Index height_, Index width_) : height(height_), width(width_) {}
  constexpr bool operator==(const Size2d&) const = default;

  Index height;
  Index width;
};

inline std::ostream& operator<<(std::ostream& out, const Size2d& size) {
  return out << '(' << size.height << ", " << size.width << ')';
}

/// Rows and columns of zeros around an image, on each side; one number means all four, two mean height and width.
struct Padding2d {
  constexpr Padding2d(Index all) : Padding2d(all, all) {}  // NOLINT(google-explicit-constructor): an option
  constexpr Padding2d(Index vertical, Index horizontal)
      : top(vertical), bottom(vertical), left(horizontal), right(horizontal) {}
  constexpr Padding2d(Index top_, Index bottom_, Index left_, Index right_)
      : top(top_), bottom(bottom_), left(left_), right(right_) {}
  constexpr bool operator==(const Padding2d&) const = default;

  Index top;
  Index bottom;
  Index left;
  Index right;
};

inline std::ostream& operator<<(std::ostream& out, const Padding2d& padding) {
  return out << '(' << padding.top << ", " << padding.bottom << ", " << padding.left << ", " << padding.right << ')';
}

}  // namespace pupil
