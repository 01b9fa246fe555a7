#pragma once
// Where the polynomials of Winograd's F(4, 3) are evaluated: 0, a, -a, b, -b and infinity. With a = 2/3 and b = 3/2,
// whose product is 1, sums are off by twice what direct sums are off by; with the usual 1 and 2 by four to seven times.
// Barabasz, Anderson, Soodhalter, Gregg, "Error analysis and improving the accuracy of Winograd convolution for deep
// neural networks", 2020.

#include <pupil/core/cpp20.hpp>

namespace pupil::kernels::detail {

struct WinogradPoints {
  static constexpr double a = 2.0 / 3, b = 3.0 / 2;
  static constexpr double a2 = a * a, b2 = b * b;
  static constexpr double a3 = a * a2, b3 = b * b2;
  /// Over the products of each point's distances to the other finite ones.
  static constexpr double of_a = 1 / (2 * a2 * (a2 - b2)), of_b = 1 / (2 * b2 * (b2 - a2));
};

}  // namespace pupil::kernels::detail
