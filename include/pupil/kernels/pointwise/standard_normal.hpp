#pragma once
// The standard normal distribution: how much of it lies below x, and its density there.
//
//   below(x) = (1 + erf(x / sqrt(2))) / 2        density(x) = e^(-x^2 / 2) / sqrt(2 pi)
//
// For floats the error function is that of Abramowitz and Stegun, "Handbook of mathematical functions", 7.1.26: within
// 1.5e-7 everywhere, and made of the exponential that the density needs besides. It gives the tail on the far side of
// x, so what is far below 0 comes out small without a subtraction that would cancel. For doubles it is the library's.

#include <cmath>
#include <type_traits>

#include <pupil/kernels/pointwise/lanes.hpp>

namespace pupil::kernels {

/// Two values for each lane.
template <class T>
struct StandardNormal {
  Lanes<T> below;    ///< the probability of a number below x
  Lanes<T> density;  ///< its derivative
};

template <class T>
StandardNormal<T> standard_normal(const Lanes<T>& x) {
  constexpr T inverse_sqrt_2 = static_cast<T>(0.70710678118654752);
  constexpr T inverse_sqrt_2_pi = static_cast<T>(0.39894228040143268);
  const Lanes<T> power = exponential<T>(T{-0.5} * x * x);
  StandardNormal<T> result{Lanes<T>(), inverse_sqrt_2_pi * power};
  if constexpr (std::is_same_v<T, float>) {
    const Lanes<T> t = T{1} / (T{1} + T{0.3275911F} * inverse_sqrt_2 * x.abs());
    const Lanes<T> series =
        ((((1.061405429F * t - 1.453152027F) * t + 1.421413741F) * t - 0.284496736F) * t + 0.254829592F) * t;
    const Lanes<T> tail = T{0.5} * series * power;
    result.below = choose<T>([&](Index i) { return x[i] < 0; }, tail, T{1} - tail);
  } else {
    for (Index i = 0; i < lane_count; ++i) result.below[i] = T{0.5} * std::erfc(-inverse_sqrt_2 * x[i]);
  }
  return result;
}

}  // namespace pupil::kernels
