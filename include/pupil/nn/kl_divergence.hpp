#pragma once
// Kullback-Leibler divergence: how far logarithms of probabilities are from a distribution that they should come to,
// such as what a larger model says. Kullback and Leibler, "On information and sufficiency", 1951. PyTorch's twin is
// nn.KLDivLoss. For each element, with the logarithm x of a probability and the target y,
//
//   loss = y (ln y - x)          slope = -y          y a probability; where it is 0, so is the loss
//   loss = e^y (y - x)           slope = -e^y        with log_target: y the logarithm of one
//
// LogSoftmax makes such x. The mean is over all elements, which is PyTorch's "mean"; a divergence of distributions is a
// sum over their classes, so that its mean over the batch, PyTorch's "batchmean", has the divisor batch.

#include <optional>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/loss.hpp>

namespace pupil {

struct KlDivergenceOptions {
  bool log_target = false;             ///< whether targets are logarithms too
  std::optional<double> divisor = {};  ///< as ElementwiseLossOptions'
  Tensor<bool, 2> mask = {};           ///< as ElementwiseLossOptions'
};

/// The mean over all elements, or over those of a mask. The gradient is made in the memory of the logarithms: move them
/// in. Throws ShapeError where targets or mask do not fit, OptionError for a divisor that is not positive.
template <class T, std::size_t Rank>
Loss<T, Rank> kl_divergence(Tensor<T, Rank> log_probabilities, const Tensor<T, Rank>& targets,
                            const KlDivergenceOptions& options = {}) {
  using Lanes = kernels::Lanes<T>;
  return detail::elementwise_loss(
      "kl_divergence", std::move(log_probabilities), targets, {.divisor = options.divisor, .mask = options.mask},
      [log_target = options.log_target](Index, const Lanes& x, const Lanes& y) {
        const Lanes probability = log_target ? kernels::exponential<T>(y) : y;
        const Lanes log_probability = log_target ? y : Lanes(y.log());
        const auto counts_nothing = [&](Index i) { return probability[i] == 0 && x[i] == x[i]; };  // but a NaN counts
        const Lanes loss = kernels::choose<T>(counts_nothing, Lanes::Zero(), probability * (log_probability - x));
        return detail::LossLanes<T>{loss, -probability};
      });
}

}  // namespace pupil
