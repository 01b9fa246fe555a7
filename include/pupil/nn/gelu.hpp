#pragma once
// Gelu: x times the probability that a standard normal number Z lies below it. Hendrycks and Gimpel, "Gaussian error
// linear units", 2016. PyTorch's twin is nn.GELU.
//
//   y = x P(Z < x)        dx = dy (P(Z < x) + x p(x)), p the density        or, with .approximate = tanh,
//   y = x / 2 (1 + u)     dx = dy / 2 (1 + u) (1 + x (1 - u) s)
//
//   u = tanh(sqrt(2 / pi) (x + 0.044715 x^3))        s = sqrt(2 / pi) (1 + 3 * 0.044715 x^2)

#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/pointwise/standard_normal.hpp>
#include <pupil/nn/linear_units.hpp>

namespace pupil {

/// Whether a Gelu is computed as it is defined, or by the hyperbolic tangent, as some models were trained.
enum class GeluApproximation { none, tanh };

struct GeluOptions {
  GeluApproximation approximate = GeluApproximation::none;
};

namespace detail {

template <class T>
struct GeluFunction {
  using Lanes = kernels::Lanes<T>;
  static constexpr const char* name = "gelu";
  static constexpr T sqrt_2_over_pi = static_cast<T>(0.79788456080286536);
  static constexpr T cubic = static_cast<T>(0.044715);
  GeluApproximation approximate;

  Lanes value(const Lanes& x) const {
    if (approximate == GeluApproximation::none) return x * kernels::standard_normal<T>(x).below;
    return T{0.5} * x * (T{1} + tanh_part(x));
  }
  Lanes slope(const Lanes& x) const {
    if (approximate == GeluApproximation::none) {
      const auto normal = kernels::standard_normal<T>(x);
      return normal.below + x * normal.density;
    }
    const Lanes tanh = tanh_part(x);
    const Lanes inner_slope = sqrt_2_over_pi * (T{1} + 3 * cubic * x * x);
    return T{0.5} * (T{1} + tanh) * (T{1} + x * (T{1} - tanh) * inner_slope);
  }

 private:
  static Lanes tanh_part(const Lanes& x) { return (sqrt_2_over_pi * x * (T{1} + cubic * x * x)).tanh(); }
};

}  // namespace detail

/// Of tensors of any rank, in place on what is moved in; keeps x. Hands a NaN on.
template <class T>
class Gelu : public detail::LinearUnit<T, detail::GeluFunction<T>> {
 public:
  explicit Gelu(const GeluOptions& options = {})
      : detail::LinearUnit<T, detail::GeluFunction<T>>({options.approximate}), options_(options) {}

  const GeluOptions& options() const { return options_; }

 private:
  GeluOptions options_;
};

}  // namespace pupil
