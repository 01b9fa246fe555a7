#pragma once
// Binary cross entropy with logits: how surprised a model is by answers of yes (1) and no (0), or anything between.
// PyTorch's twin is nn.BCEWithLogitsLoss. With p = 1 / (1 + e^-x), target y and the weight w of yes, for each element:
//
//   loss = -w y ln p - (1 - y) ln (1 - p) = (1 - y) x + (1 + (w - 1) y) (ln(1 + e^-|x|) + max(-x, 0))
//   slope = (1 - y) p - w y (1 - p)
//
// which neither overflows nor takes the logarithm of 0, and loses no digits of an answer that is nearly sure.

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/loss.hpp>

namespace pupil {

struct BinaryCrossEntropyOptions {
  std::vector<double> pos_weight = {};  ///< w: none is 1 for all, one is for all, else one for each column
  std::optional<double> divisor = {};
  Tensor<bool, 2> mask = {};  ///< as ElementwiseLossOptions'
};

namespace detail {

/// The weights of `columns` columns, repeated, so that those of any lanes lie side by side from the first one's column.
template <class T>
Tensor<T, 1> repeated_weights(const std::vector<double>& weights, Index columns) {
  auto repeated = Tensor<T, 1>::uninitialized({columns + kernels::lane_count});
  for (Index i = 0; i < repeated.size(); ++i) {
    const auto column = weights.size() == 1 ? 0 : static_cast<std::size_t>(i % columns);
    repeated[i] = static_cast<T>(weights[column]);
  }
  return repeated;
}

/// Throws ShapeError where there is neither one weight nor one a column, OptionError for a negative one.
template <std::size_t Rank>
void check_pos_weight(const char* name, const std::vector<double>& weights, const Shape<Rank>& logits) {
  require<ShapeError>(weights.size() == 1 || static_cast<Index>(weights.size()) == logits[Rank - 1], name, ": ",
                      weights.size(), " weights do not fit the logits ", logits);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    require<OptionError>(weights[i] >= 0, name, ": weight ", i, " is ", weights[i], ", not a number from 0 on");
  }
}

}  // namespace detail

/// The mean over all elements, or over those of a mask. The gradient is made in the memory of the logits: move them in.
/// Throws ShapeError where targets, mask or weights do not fit, OptionError for a divisor that is not positive or a
/// negative weight.
template <class T, std::size_t Rank>
Loss<T, Rank> binary_cross_entropy_with_logits(Tensor<T, Rank> logits,
                                               const std::type_identity_t<Tensor<T, Rank>>& targets,
                                               const BinaryCrossEntropyOptions& options = {}) {
  using Lanes = kernels::Lanes<T>;
  const ElementwiseLossOptions common{.divisor = options.divisor, .mask = options.mask};
  const char* const name = "binary_cross_entropy_with_logits";
  const auto loss = [](const Lanes& x, const Lanes& y, const Lanes& weight) {
    const Lanes factor = T{1} + (weight - T{1}) * y;
    const Lanes power = (-x.abs()).exp();
    const Lanes surprise = power.log1p() + (-x).max(T{0});
    const Lanes larger = (T{1} + power).inverse();  // of p and 1 - p
    const Lanes smaller = power * larger;
    const auto is_yes = [&](Index i) { return x[i] >= T{0}; };
    const Lanes slope = (T{1} - y) * kernels::choose<T>(is_yes, larger, smaller) -
                        weight * y * kernels::choose<T>(is_yes, smaller, larger);
    return detail::LossLanes<T>{(T{1} - y) * x + factor * surprise, slope};
  };
  if (options.pos_weight.empty()) {
    return detail::elementwise_loss(
        name, std::move(logits), targets, common,
        [&](Index, const Lanes& x, const Lanes& y) { return loss(x, y, Lanes::Constant(T{1})); });
  }
  detail::check_pos_weight(name, options.pos_weight, logits.shape());
  const Index columns = std::max<Index>(1, logits.columns());
  const auto weights = detail::repeated_weights<T>(options.pos_weight, columns);
  return detail::elementwise_loss(
      name, std::move(logits), targets, common, [&](Index first, const Lanes& x, const Lanes& y) {
        return loss(x, y, kernels::load_lanes(weights.data() + first % columns, kernels::lane_count, T{0}));
      });
}

}  // namespace pupil
