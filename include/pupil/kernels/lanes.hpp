#pragma once
// Pointwise mathematics in groups of sixteen numbers: Eigen's vector functions whatever the instruction set, and the
// same bits for a number wherever in a tensor it stands, because a last, partial group is computed like every other.

#include <Eigen/Core>
#include <algorithm>
#include <limits>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// How many numbers are computed together: one AVX-512 register of floats.
inline constexpr Index lane_count = 16;

template <class T>
using Lanes = Eigen::Array<T, lane_count, 1>;

/// The first `count` values, or a whole group where there are more; `padding` in the other lanes.
template <class T>
Lanes<T> load_lanes(const T* values, Index count, T padding) {
  if (count >= lane_count) return Eigen::Map<const Lanes<T>>(values);
  Lanes<T> lanes = Lanes<T>::Constant(padding);
  std::copy_n(values, count, lanes.data());
  return lanes;
}

/// Writes the first `count` lanes, or all of them where there are fewer.
template <class T>
void store_lanes(const Lanes<T>& lanes, Index count, T* values) {
  if (count >= lane_count) {
    Eigen::Map<Lanes<T>> destination(values);
    destination = lanes;
  } else {
    std::copy_n(lanes.data(), count, values);
  }
}

/// values[i] = function(values[i]); the function takes Lanes and returns them, or an expression of Eigen.
template <class T, class Function>
void transform_lanes(T* values, Index size, const Function& function) {
  for (Index i = 0; i < size; i += lane_count) {
    const Lanes<T> lanes = load_lanes(values + i, size - i, T{0});
    store_lanes<T>(function(lanes), size - i, values + i);
  }
}

/// e^x, and 0 where that is below the smallest normal number, which is as far as Eigen's goes: e^-infinity must be 0.
template <class T>
Lanes<T> exponential(const Lanes<T>& x) {
  constexpr T lowest = static_cast<T>((std::numeric_limits<T>::min_exponent - 1) * 0.69314718055994531);
  Lanes<T> powers = x.exp();
  for (Index i = 0; i < lane_count; ++i) powers[i] = x[i] < lowest ? T{0} : powers[i];
  return powers;
}

}  // namespace pupil::kernels
