#pragma once
// Losses of numbers that are to come close to others. With the error e = prediction - target, for each element:
//
//   mean_squared_error    e^2                                             PyTorch's nn.MSELoss
//   mean_absolute_error   |e|                                             nn.L1Loss
//   huber_loss            e^2 / 2 where |e| <= delta,                     nn.HuberLoss
//                         else delta (|e| - delta / 2)
//
// Huber, "Robust estimation of a location parameter", 1964: outliers pull with no more than delta. Each returns the
// mean over all elements, or over those of a mask, and makes the gradient in the memory of the predictions: move them
// in. All throw ShapeError where targets or mask do not fit, OptionError for a divisor that is not positive.

#include <optional>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/loss.hpp>

namespace pupil {

struct HuberLossOptions {
  double delta = 1;  ///< where the parabola becomes a line
  std::optional<double> divisor = {};
  Tensor<bool, 2> mask = {};  ///< as ElementwiseLossOptions'
};

/// The mean of the squares of the errors.
template <class T, std::size_t Rank>
Loss<T, Rank> mean_squared_error(Tensor<T, Rank> predictions, const std::type_identity_t<Tensor<T, Rank>>& targets,
                                 const ElementwiseLossOptions& options = {}) {
  using Lanes = kernels::Lanes<T>;
  return detail::elementwise_loss("mean_squared_error", std::move(predictions), targets, options,
                                  [](Index, const Lanes& x, const Lanes& y) {
                                    const Lanes error = x - y;
                                    return detail::LossLanes<T>{error * error, T{2} * error};
                                  });
}

/// The mean of the magnitudes of the errors; the gradient of no error is 0.
template <class T, std::size_t Rank>
Loss<T, Rank> mean_absolute_error(Tensor<T, Rank> predictions, const std::type_identity_t<Tensor<T, Rank>>& targets,
                                  const ElementwiseLossOptions& options = {}) {
  using Lanes = kernels::Lanes<T>;
  return detail::elementwise_loss(
      "mean_absolute_error", std::move(predictions), targets, options, [](Index, const Lanes& x, const Lanes& y) {
        const Lanes error = x - y;
        // An error of 0 or NaN is its own sign.
        const Lanes not_above =
            kernels::choose<T>([&](Index i) { return error[i] < 0; }, Lanes::Constant(T{-1}), error);
        const Lanes sign = kernels::choose<T>([&](Index i) { return error[i] > 0; }, Lanes::Constant(T{1}), not_above);
        return detail::LossLanes<T>{error.abs(), sign};
      });
}

/// The mean of what is a square near 0 and a magnitude far from it. Throws OptionError for a delta that is not
/// positive.
template <class T, std::size_t Rank>
Loss<T, Rank> huber_loss(Tensor<T, Rank> predictions, const std::type_identity_t<Tensor<T, Rank>>& targets,
                         const HuberLossOptions& options = {}) {
  require<OptionError>(options.delta > 0, "huber_loss: the delta ", options.delta, " is not positive");
  using Lanes = kernels::Lanes<T>;
  return detail::elementwise_loss(
      "huber_loss", std::move(predictions), targets, {.divisor = options.divisor, .mask = options.mask},
      [delta = static_cast<T>(options.delta)](Index, const Lanes& x, const Lanes& y) {
        const Lanes error = x - y;
        const Lanes from_below =
            kernels::choose<T>([&](Index i) { return error[i] < -delta; }, Lanes::Constant(-delta), error);
        const Lanes clipped =
            kernels::choose<T>([&](Index i) { return error[i] > delta; }, Lanes::Constant(delta), from_below);
        return detail::LossLanes<T>{clipped * (error - T{0.5} * clipped), clipped};
      });
}

}  // namespace pupil
