#pragma once
// Tensors of normal numbers, for tests.

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/tensor_random.hpp>

namespace pupil::testing {

template <class T, std::size_t Rank>
Tensor<T, Rank> random_tensor(const Shape<Rank>& shape, Rng& rng) {
  return random_normal<T>(shape, rng);
}

/// The largest difference, relative to the largest magnitude in `expected`.
template <class Actual, class Expected, std::size_t Rank>
double relative_difference(const Tensor<Actual, Rank>& actual, const Tensor<Expected, Rank>& expected) {
  require<ShapeError>(actual.shape() == expected.shape(), "compared ", actual.shape(), " with ", expected.shape());
  double difference = 0;
  double largest = 1e-30;
  for (Index i = 0; i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    difference = error <= difference ? difference : error;  // a NaN error wins
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return difference / largest;
}

}  // namespace pupil::testing
