#pragma once
// Tensors of random numbers, which an Rng draws one after another: the same seed gives the same tensors. PyTorch's
// twins are named beside each.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

/// Standard normal numbers. As torch.randn.
template <std::floating_point T, std::size_t Rank>
Tensor<T, Rank> random_normal(const Shape<Rank>& shape, Rng& rng) {
  auto x = Tensor<T, Rank>::uninitialized(shape);
  for (T& number : x) number = rng.normal<T>();
  return x;
}

/// Uniform numbers in [low, high). As torch.rand.
template <std::floating_point T, std::size_t Rank>
Tensor<T, Rank> random_uniform(const Shape<Rank>& shape, Rng& rng, T low = 0, T high = 1) {
  auto x = Tensor<T, Rank>::uninitialized(shape);
  for (T& number : x) number = rng.uniform<T>(low, high);
  return x;
}

/// Whole numbers in [0, bound), such as tokens or labels. Throws OptionError where bound < 1 or too large for them. As
/// torch.randint.
template <std::size_t Rank>
Tensor<std::int32_t, Rank> random_below(Index bound, const Shape<Rank>& shape, Rng& rng) {
  require<OptionError>(bound <= std::numeric_limits<std::int32_t>::max(), "random_below: the bound ", bound,
                       " is too large");
  auto x = Tensor<std::int32_t, Rank>::uninitialized(shape);
  for (std::int32_t& number : x) number = static_cast<std::int32_t>(rng.below(bound));
  return x;
}

/// An index into `weights`, each as probable as its weight is of their sum. Throws OptionError for a weight that is
/// negative or no number, or where their sum is 0 or infinite. As torch.multinomial.
template <std::floating_point T>
Index random_index(const Tensor<T, 1>& weights, Rng& rng) {
  double sum = 0;
  for (const T weight : weights) {
    require<OptionError>(weight >= 0, "random_index: the weight ", weight, " is not a number from 0 on");
    sum += static_cast<double>(weight);
  }
  require<OptionError>(sum > 0 && sum <= std::numeric_limits<double>::max(), "random_index: the sum of the weights is ",
                       sum);
  double rest = sum * rng.uniform<double>();
  Index last = 0;  // that can be drawn at all: rounding may leave some rest behind it
  for (Index i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    last = i;
    rest -= static_cast<double>(weights[i]);
    if (rest < 0) break;
  }
  return last;
}

}  // namespace pupil
