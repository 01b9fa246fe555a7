#pragma once
// Counted random numbers: number `i` of a stream is a function of (seed, stream, i) alone, so they are the same on
// every compiler and thread count, any of them can be had directly, and three integers restore a generator.
//
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

/// Ten rounds of Philox4x32: 128 random bits for a 128-bit counter and a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t even = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t odd = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(odd >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(odd),
               static_cast<std::uint32_t>(even >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(even)};
    key = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};
  }
  return counter;
}

namespace detail {

// Every multiply-add is an explicit fma, so no compiler can round these differently from another.
template <std::size_t Count>
double polynomial(double x, const std::array<double, Count>& coefficients) {
  double sum = coefficients[Count - 1];
  for (std::size_t i = Count - 1; i-- > 0;) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

/// ln(x) for finite x > 0: x = m 2^e with m in [sqrt(1/2), sqrt(2)), ln m = 2 artanh((m - 1) / (m + 1)).
inline double logarithm(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2;
    --exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double series = polynomial(s * s, std::array{1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13,
                                                     1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21});
  return std::fma(static_cast<double>(exponent), 0.69314718055994531, 2 * s * series);
}

/// The normal quantile: z with P(Z <= z) = p, for 0 < p < 1. Wichura, algorithm AS 241 (PPND16), 1988.
inline double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = std::fma(-q, q, 0.180625);
    return q *
           polynomial(r, std::array{3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                    3.3430575583588128105e+4, 2.5090809287301226727e+3}) /
           polynomial(r, std::array{1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
                                    2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
                                    5.2264952788528545610e+3});
  }
  double r = std::sqrt(-logarithm(q < 0 ? p : 1 - p));
  double z = 0;
  if (r <= 5) {
    r -= 1.6;
    z = polynomial(r, std::array{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                                 3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4}) /
        polynomial(r, std::array{1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9});
  } else {
    r -= 5;
    z = polynomial(r, std::array{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                                 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7}) /
        polynomial(r, std::array{1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15});
  }
  return q < 0 ? -z : z;
}

}  // namespace detail

/// A position in one stream of random numbers. Copying it copies the position: both copies give the same numbers.
class Rng {
 public:
  /// What restores a generator.
  struct State {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;
    std::uint64_t position = 0;
    bool operator==(const State&) const = default;
  };

  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) : state_{seed, stream, 0} {}
  explicit Rng(const State& state) : state_(state) {}

  const State& state() const { return state_; }

  /// 32 random bits.
  std::uint32_t next() { return bits(state_.position++); }

  /// 64 random bits.
  std::uint64_t next64() {
    const std::uint64_t high = next();
    return high << 32U | next();
  }

  /// Uniform in [0, 1), in steps of 2^-24 (float) or 2^-53 (double).
  template <std::floating_point T>
  T uniform() {
    if constexpr (sizeof(T) == 4) {
      return to_uniform(next());
    } else {
      return static_cast<T>(next64() >> 11U) * T{0x1p-53};
    }
  }

  /// Uniform in [low, high).
  template <std::floating_point T>
  T uniform(T low, T high) {
    const T number = std::fma(high - low, uniform<T>(), low);
    return number < high ? number : std::nextafter(high, low);  // rounding may have reached the bound
  }

  /// Standard normal.
  template <std::floating_point T>
  T normal() {
    const double p = (static_cast<double>(next64() >> 12U) + 0.5) * 0x1p-52;
    return static_cast<T>(detail::normal_quantile(p));
  }

  /// A uniform integer in [0, bound). Throws OptionError where bound < 1.
  Index below(Index bound) {
    require<OptionError>(bound >= 1, "random: no integer in [0, ", bound, ")");
    const auto range = static_cast<std::uint64_t>(bound);
    const std::uint64_t unbiased = std::numeric_limits<std::uint64_t>::max() / range * range;
    std::uint64_t drawn = next64();
    while (drawn >= unbiased) drawn = next64();
    return static_cast<Index>(drawn % range);
  }

  /// The numbers of `container` in a uniformly random order (Fisher and Yates).
  template <class Container>
  void shuffle(Container& container) {
    for (auto remaining = static_cast<Index>(container.size()); remaining > 1; --remaining) {
      using std::swap;
      using Position = typename Container::size_type;
      swap(container[static_cast<Position>(remaining - 1)], container[static_cast<Position>(below(remaining))]);
    }
  }

  /// The float that uniform<float>() would give after `offset` further numbers; the position stays. For parallel loops.
  float uniform_at(std::uint64_t offset) const { return to_uniform(compute(state_.position + offset)); }

  /// Moves past `count` 32-bit numbers.
  void skip(std::uint64_t count) { state_.position += count; }

  /// The same generator for a model whose weights are read from a file next. With it, `fill_uniform` and its like leave
  /// weights as they are and move past the numbers that they would have taken; all else is drawn as ever.
  Rng leaving_weights() const {
    Rng copy = *this;
    copy.leaves_weights_ = true;
    return copy;
  }
  bool leaves_weights() const { return leaves_weights_; }

  /// A generator of a new stream, chosen by this one.
  Rng fork() { return Rng(state_.seed, next64()); }

 private:
  static float to_uniform(std::uint32_t drawn) { return static_cast<float>(drawn >> 8U) * 0x1p-24F; }

  // The key is the seed; the counter holds the stream and the number of the block of four.
  std::array<std::uint32_t, 4> block(std::uint64_t number) const {
    return philox4x32({low_half(number), high_half(number), low_half(state_.stream), high_half(state_.stream)},
                      {low_half(state_.seed), high_half(state_.seed)});
  }
  std::uint32_t compute(std::uint64_t position) const { return block(position / 4)[position % 4]; }

  std::uint32_t bits(std::uint64_t position) {
    if (position / 4 != cached_number_) {
      cached_number_ = position / 4;
      cached_ = block(cached_number_);
    }
    return cached_[position % 4];
  }

  static constexpr std::uint32_t low_half(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static constexpr std::uint32_t high_half(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32U); }

  State state_;
  bool leaves_weights_ = false;
  std::uint64_t cached_number_ = std::numeric_limits<std::uint64_t>::max();
  std::array<std::uint32_t, 4> cached_{};
};

}  // namespace pupil
