#pragma once
// How parameters begin.

#include <cmath>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

/// Fills with numbers uniform in [-bound, bound).
template <class T, std::size_t Rank>
void fill_uniform(Tensor<T, Rank>& tensor, T bound, Rng& rng) {
  for (T& value : tensor) value = rng.uniform(-bound, bound);
}

/// Fills with normal numbers of mean 0.
template <class T, std::size_t Rank>
void fill_normal(Tensor<T, Rank>& tensor, T standard_deviation, Rng& rng) {
  for (T& value : tensor) value = standard_deviation * rng.normal<T>();
}

/// Uniform in +-1 / sqrt(fan_in), as PyTorch begins its dense and convolution layers.
template <class T, std::size_t Rank>
void fill_by_fan_in(Tensor<T, Rank>& tensor, Index fan_in, Rng& rng) {
  fill_uniform(tensor, T{1} / std::sqrt(static_cast<T>(fan_in)), rng);
}

/// Normal with variance 2 / fan_out: He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015, for layers before a
/// ReLU.
template <class T, std::size_t Rank>
void fill_kaiming_normal(Tensor<T, Rank>& tensor, Index fan_out, Rng& rng) {
  fill_normal(tensor, std::sqrt(T{2} / static_cast<T>(fan_out)), rng);
}

}  // namespace pupil
