#pragma once
// How parameters begin: torch.nn.init in a few functions. Numbers are drawn one after another from the generator that
// is given, so the same seed gives the same numbers.
//
// A weight is [out, ..., in]. Its fan in, the number of inputs of one output, is the product of all extents but the
// first; its fan out is the first extent times the product of those in the middle (the pixels of a kernel).

#include <algorithm>
#include <cmath>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

namespace detail {

/// Whether weights are left as they are (Rng::leaving_weights); the generator is then past the numbers that it would
/// have drawn, `draws` of 32 bits for each of `count` weights.
inline bool are_left(Rng& rng, Index count, std::uint64_t draws) {
  if (rng.leaves_weights()) rng.skip(static_cast<std::uint64_t>(count) * draws);
  return rng.leaves_weights();
}

}  // namespace detail

/// Fills with numbers uniform in [-bound, bound).
template <class T, std::size_t Rank>
void fill_uniform(Tensor<T, Rank>& tensor, T bound, Rng& rng) {
  if (detail::are_left(rng, tensor.size(), sizeof(T) == 4 ? 1 : 2)) return;
  for (T& value : tensor) value = rng.uniform(-bound, bound);
}

/// Fills with normal numbers of mean 0.
template <class T, std::size_t Rank>
void fill_normal(Tensor<T, Rank>& tensor, T standard_deviation, Rng& rng) {
  if (detail::are_left(rng, tensor.size(), 2)) return;
  for (T& value : tensor) value = standard_deviation * rng.normal<T>();
}

/// Uniform in +-1 / sqrt(fan_in), as PyTorch begins its dense and convolution layers.
template <class T, std::size_t Rank>
void fill_by_fan_in(Tensor<T, Rank>& tensor, Index fan_in, Rng& rng) {
  fill_uniform(tensor, T{1} / std::sqrt(static_cast<T>(fan_in)), rng);
}

struct TruncatedNormalOptions {
  double mean = 0;
  double standard_deviation = 1;
  double low = -2;  ///< the bounds are values, not standard deviations
  double high = 2;
};

/// Normal numbers, given that they lie in [low, high]. PyTorch's twin is nn.init.trunc_normal_. Throws OptionError for
/// a standard deviation that is not positive, or an interval that is empty or more than 30 deviations from the mean.
///
/// A uniform number between the probabilities of both bounds is turned into its quantile; none is drawn in vain.
template <class T, std::size_t Rank>
void fill_truncated_normal(Tensor<T, Rank>& tensor, const TruncatedNormalOptions& options, Rng& rng) {
  const auto& [mean, deviation, low, high] = options;
  require<OptionError>(deviation > 0, "fill_truncated_normal: the standard deviation ", deviation, " is not positive");
  const double begin = (low - mean) / deviation;
  const double end = (high - mean) / deviation;
  require<OptionError>(begin < end && begin <= 30 && end >= -30, "fill_truncated_normal: no numbers of mean ", mean,
                       " and standard deviation ", deviation, " from ", low, " to ", high);
  if (detail::are_left(rng, tensor.size(), 2)) return;
  // Probabilities are exact near 0 and not near 1, so an interval on the right is drawn on the left.
  const double side = begin > 0 ? -1 : 1;
  const auto probability = [](double z) { return std::erfc(-z * std::sqrt(0.5)) / 2; };
  const double from = probability(side > 0 ? begin : -end);
  const double to = probability(side > 0 ? end : -begin);
  for (T& value : tensor) {
    const double p = from + (to - from) * (rng.uniform<double>() + 0x1p-54);  // never 0
    const double z = side * detail::normal_quantile(std::min(p, 1 - 0x1p-53));
    value = static_cast<T>(std::clamp(mean + deviation * z, low, high));
  }
}

/// What follows a layer: a nonlinearity makes values smaller, and a gain makes up for that.
enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu };

/// 1 for linear and sigmoid, 5/3 for tanh, sqrt(2) for relu, sqrt(2 / (1 + negative_slope^2)) for leaky_relu. PyTorch's
/// twin is nn.init.calculate_gain.
inline double calculate_gain(Nonlinearity nonlinearity, double negative_slope = 0.01) {
  switch (nonlinearity) {
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::sqrt(2 / (1 + negative_slope * negative_slope));
    default:
      return 1;
  }
}

/// How many inputs an output has, and how many outputs an input.
struct Fans {
  Index in = 0;
  Index out = 0;
};

/// The fans of a weight [out, ..., in].
template <std::size_t Rank>
Fans fans_of(const Shape<Rank>& weight) {
  static_assert(Rank >= 2, "only weights of two dimensions or more have a fan in and a fan out");
  Index middle = 1;
  for (std::size_t d = 1; d + 1 < Rank; ++d) middle *= weight[d];
  return {.in = middle * weight[Rank - 1], .out = weight[0] * middle};
}

/// Normal with variance gain^2 2 / (fan in + fan out): Glorot and Bengio, "Understanding the difficulty of training
/// deep feedforward neural networks", 2010. PyTorch's twin is nn.init.xavier_normal_.
template <class T, std::size_t Rank>
void fill_xavier_normal(Tensor<T, Rank>& weight, Rng& rng, double gain = 1) {
  const Fans fans = fans_of(weight.shape());
  fill_normal(weight, static_cast<T>(gain * std::sqrt(2.0 / static_cast<double>(fans.in + fans.out))), rng);
}

/// Uniform with that variance: in +-gain sqrt(6 / (fan in + fan out)). PyTorch's twin is nn.init.xavier_uniform_.
template <class T, std::size_t Rank>
void fill_xavier_uniform(Tensor<T, Rank>& weight, Rng& rng, double gain = 1) {
  const Fans fans = fans_of(weight.shape());
  fill_uniform(weight, static_cast<T>(gain * std::sqrt(6.0 / static_cast<double>(fans.in + fans.out))), rng);
}

/// Which of the two keeps its variance: values on their way forward (fan_in), or gradients on their way back.
enum class FanMode { fan_in, fan_out };

struct KaimingOptions {
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::relu;
  double negative_slope = 0;  ///< of a leaky_relu
};

namespace detail {

/// gain / sqrt(fan)
template <std::size_t Rank>
double kaiming_deviation(const Shape<Rank>& weight, const KaimingOptions& options) {
  const Fans fans = fans_of(weight);
  const Index fan = options.mode == FanMode::fan_in ? fans.in : fans.out;
  return calculate_gain(options.nonlinearity, options.negative_slope) / std::sqrt(static_cast<double>(fan));
}

}  // namespace detail

/// Normal with variance 2 / fan: He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015, for layers before a ReLU.
template <class T, std::size_t Rank>
void fill_kaiming_normal(Tensor<T, Rank>& tensor, Index fan, Rng& rng) {
  fill_normal(tensor, std::sqrt(T{2} / static_cast<T>(fan)), rng);
}

/// Normal with variance gain^2 / fan, both from the options. PyTorch's twin is nn.init.kaiming_normal_.
template <class T, std::size_t Rank>
void fill_kaiming_normal(Tensor<T, Rank>& weight, const KaimingOptions& options, Rng& rng) {
  fill_normal(weight, static_cast<T>(detail::kaiming_deviation(weight.shape(), options)), rng);
}

/// Uniform with that variance: in +-gain sqrt(3 / fan). PyTorch's twin is nn.init.kaiming_uniform_.
template <class T, std::size_t Rank>
void fill_kaiming_uniform(Tensor<T, Rank>& weight, const KaimingOptions& options, Rng& rng) {
  fill_uniform(weight, static_cast<T>(std::sqrt(3.0) * detail::kaiming_deviation(weight.shape(), options)), rng);
}

}  // namespace pupil
