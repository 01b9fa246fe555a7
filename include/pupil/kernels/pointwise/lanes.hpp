#pragma once
// Pointwise mathematics in groups of sixteen numbers: Eigen's vector functions whatever the instruction set, and the
// same bits for a number wherever in a tensor it stands, because a last, partial group is computed like every other.

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

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

/// values[i] = function(values[i], others[i]); as transform_lanes.
template <class T, class Function>
void combine_lanes(T* values, const T* others, Index size, const Function& function) {
  for (Index i = 0; i < size; i += lane_count) {
    const Lanes<T> lanes = load_lanes(values + i, size - i, T{0});
    const Lanes<T> other_lanes = load_lanes(others + i, size - i, T{0});
    store_lanes<T>(function(lanes, other_lanes), size - i, values + i);
  }
}

/// The sum over i of left[i] right[i], in an order that depends on the size alone.
template <class T>
T dot_lanes(const T* left, const T* right, Index size) {
  Lanes<T> sum = Lanes<T>::Zero();
  for (Index i = 0; i < size; i += lane_count) {
    sum += load_lanes(left + i, size - i, T{0}) * load_lanes(right + i, size - i, T{0});
  }
  return sum.sum();
}

/// Lane i is of `chosen` where condition(i) holds, else of `otherwise`: by masks of bits, because compilers make
/// branches of a plain choice, which are slow where the condition is as good as random.
template <class T, class Condition>
Lanes<T> choose(const Condition& condition, const Lanes<T>& chosen, const Lanes<T>& otherwise) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  Lanes<T> result;
  for (Index i = 0; i < lane_count; ++i) {
    const Bits mask = Bits{0} - static_cast<Bits>(condition(i));
    result[i] = std::bit_cast<T>((std::bit_cast<Bits>(chosen[i]) & mask) | (std::bit_cast<Bits>(otherwise[i]) & ~mask));
  }
  return result;
}

/// e^x, and 0 where that is below the smallest normal number, which is as far as Eigen's goes: e^-infinity must be 0.
template <class T>
Lanes<T> exponential(const Lanes<T>& x) {
  constexpr T lowest = static_cast<T>((std::numeric_limits<T>::min_exponent - 1) * 0.69314718055994531);
  return choose<T>([&](Index i) { return x[i] < lowest; }, Lanes<T>::Zero(), x.exp());
}

/// 1 / (1 + e^-x). Of floats below 0, Eigen's logistic is within the last bit of 1, this one within a few of the
/// result.
template <class T>
Lanes<T> logistic(const Lanes<T>& x) {
  return (T{1} + (-x).exp()).inverse();
}

}  // namespace pupil::kernels
