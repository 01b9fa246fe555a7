#pragma once
// HardSwish: a swish of straight lines, which costs no power. Howard et al., "Searching for MobileNetV3", 2019.
// PyTorch's twin is nn.Hardswish.
//
//   y = x min(max(x + 3, 0), 6) / 6        dx = 0 where x < -3,  dy (x / 3 + 1 / 2) where -3 <= x <= 3,  else dy

#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/linear_units.hpp>

namespace pupil {

namespace detail {

template <class T>
struct HardSwishFunction {
  using Lanes = kernels::Lanes<T>;
  static constexpr const char* name = "hard_swish";

  Lanes value(const Lanes& x) const { return x * ((x + T{3}).max(T{0}).min(T{6}) / T{6}); }
  Lanes slope(const Lanes& x) const {
    const Lanes not_above = kernels::choose<T>([&](Index i) { return x[i] < -3; }, Lanes::Zero(), x / T{3} + T{0.5});
    return kernels::choose<T>([&](Index i) { return x[i] > 3; }, Lanes::Constant(T{1}), not_above);
  }
};

}  // namespace detail

/// Of tensors of any rank, in place on what is moved in; keeps x. Hands a NaN on.
template <class T>
class HardSwish : public detail::LinearUnit<T, detail::HardSwishFunction<T>> {
 public:
  HardSwish() : detail::LinearUnit<T, detail::HardSwishFunction<T>>({}) {}
};

}  // namespace pupil
