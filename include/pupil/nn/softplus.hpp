#pragma once
// Softplus: a ReLU with a round corner, always above 0. Dugas, Bengio, Bélisle, Nadeau, Garcia, "Incorporating
// second-order functional knowledge for better option pricing", 2000. PyTorch's twin is nn.Softplus.
//
//   y = ln(1 + e^(beta x)) / beta        dx = dy / (1 + e^(-beta x))        and, where beta x > threshold,  y = x, dx =
//   dy
//
// It is computed as (max(beta x, 0) + ln(1 + e^-|beta x|)) / beta, which does not overflow.

#include <pupil/core/errors.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/linear_units.hpp>

namespace pupil {

struct SoftplusOptions {
  double beta = 1;        ///< the larger, the sharper the corner
  double threshold = 20;  ///< of beta x: above it the function is a line
};

namespace detail {

template <class T>
struct SoftplusFunction {
  using Lanes = kernels::Lanes<T>;
  static constexpr const char* name = "softplus";
  T beta;
  T threshold;

  Lanes value(const Lanes& x) const {
    const Lanes scaled = beta * x;
    const Lanes curve = (scaled.max(T{0}) + kernels::exponential<T>(-scaled.abs()).log1p()) / beta;
    return kernels::choose<T>([&](Index i) { return scaled[i] <= threshold; }, curve, x);
  }
  Lanes slope(const Lanes& x) const {
    const Lanes scaled = beta * x;
    return kernels::choose<T>([&](Index i) { return scaled[i] > threshold; }, Lanes::Constant(T{1}),
                              kernels::logistic<T>(scaled));
  }
};

}  // namespace detail

/// Of tensors of any rank, in place on what is moved in; keeps x. Hands a NaN on.
template <class T>
class Softplus : public detail::LinearUnit<T, detail::SoftplusFunction<T>> {
 public:
  /// Throws OptionError for a beta that is not positive.
  explicit Softplus(const SoftplusOptions& options = {})
      : detail::LinearUnit<T, detail::SoftplusFunction<T>>(function(options)), options_(options) {}

  const SoftplusOptions& options() const { return options_; }

 private:
  static detail::SoftplusFunction<T> function(const SoftplusOptions& options) {
    require<OptionError>(options.beta > 0, "softplus: the beta ", options.beta, " is not positive");
    return {static_cast<T>(options.beta), static_cast<T>(options.threshold)};
  }

  SoftplusOptions options_;
};

}  // namespace pupil
