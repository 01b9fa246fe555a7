#pragma once
// ReduceOnPlateau: lowers the learning rate when a metric has stopped improving. PyTorch's twin is
// torch.optim.lr_scheduler.ReduceLROnPlateau, without its cooldown.

#include <algorithm>
#include <limits>
#include <optional>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

/// Whether a lower metric (a loss) or a higher one (a score) is the better one.
enum class PlateauMode { min, max };

struct ReduceOnPlateauOptions {
  double learning_rate = 1e-3;  ///< to begin with
  PlateauMode mode = PlateauMode::min;
  double factor = 0.1;      ///< by which the learning rate is multiplied
  Index patience = 10;      ///< updates in a row without improvement that change nothing yet
  double threshold = 1e-4;  ///< how much better than the best counts as improvement, as a part of the best
  double minimum = 0;       ///< the lowest learning rate
};

/// `adam.set_learning_rate(schedule.update(loss))` once an epoch.
class ReduceOnPlateau {
 public:
  /// All that changes from update to update.
  struct State {
    double learning_rate = 0;
    std::optional<double> best;    ///< the best metric; none before the first update
    Index updates_since_best = 0;  ///< or since the last reduction
    bool operator==(const State&) const = default;
  };

  /// Throws OptionError for a factor outside (0, 1), or a negative learning rate, patience, threshold or minimum.
  explicit ReduceOnPlateau(const ReduceOnPlateauOptions& options) : options_(options) {
    require<OptionError>(options.learning_rate >= 0, "reduce_on_plateau: the learning rate is ", options.learning_rate);
    require<OptionError>(options.factor > 0 && options.factor < 1, "reduce_on_plateau: the factor ", options.factor,
                         " is not between 0 and 1");
    require<OptionError>(options.patience >= 0 && options.threshold >= 0 && options.minimum >= 0,
                         "reduce_on_plateau: the patience ", options.patience, ", the threshold ", options.threshold,
                         " or the minimum ", options.minimum, " is negative");
    state_.learning_rate = options.learning_rate;
  }

  /// Takes note of a metric and returns the learning rate from here on. A NaN improves nothing.
  double update(double metric) {
    if (improves(metric)) {
      state_.best = metric;
      state_.updates_since_best = 0;
    } else if (++state_.updates_since_best > options_.patience) {
      state_.learning_rate =
          std::min(state_.learning_rate, std::max(state_.learning_rate * options_.factor, options_.minimum));
      state_.updates_since_best = 0;
    }
    return state_.learning_rate;
  }

  double learning_rate() const { return state_.learning_rate; }

  const State& state() const { return state_; }
  /// Goes on from a state.
  void restore(const State& state) { state_ = state; }

  const ReduceOnPlateauOptions& options() const { return options_; }

 private:
  bool improves(double metric) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (options_.mode == PlateauMode::min) return metric < state_.best.value_or(infinity) * (1 - options_.threshold);
    return metric > state_.best.value_or(-infinity) * (1 + options_.threshold);
  }

  ReduceOnPlateauOptions options_;
  State state_;
};

}  // namespace pupil
