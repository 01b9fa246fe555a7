#pragma once
// WarmupStableDecay: the learning rate rises, stays, and in the last steps falls to 0, along straight lines. As fast as
// a constant learning rate, it ends as quietly as a decayed one. Hu et al., "MiniCPM", 2024; Hägele et al., "Scaling
// laws and compute-optimal training beyond fixed training durations", 2024. PyTorch's twin is a LinearLR, a ConstantLR
// of factor 1 and another LinearLR in a SequentialLR.
//
//   learning_rate (f + (1 - f) t / W)            for t < W = warmup_steps
//   learning_rate                                in between
//   learning_rate (total_steps - t) / D          in the last D = decay_steps
//
// with f = start_factor. Steps may be steps of the optimizer or epochs.

#include <algorithm>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

struct WarmupStableDecayOptions {
  double learning_rate = 1e-3;  ///< the highest
  Index total_steps = 0;        ///< with those of the warm-up and of the decay
  Index warmup_steps = 0;
  Index decay_steps = 0;
  double start_factor = 1.0 / 3;  ///< times learning_rate is where the warm-up begins
};

/// `adam.set_learning_rate(schedule.learning_rate(step))` before every step.
class WarmupStableDecay {
 public:
  /// Throws OptionError for less than one step, a warm-up and a decay that do not fit into the steps, a start factor
  /// outside [0, 1], or a negative learning rate.
  explicit WarmupStableDecay(const WarmupStableDecayOptions& options) : options_(options) {
    const WarmupStableDecayOptions& o = options;
    require<OptionError>(o.learning_rate >= 0, "warmup_stable_decay: the learning rate is ", o.learning_rate);
    require<OptionError>(o.total_steps >= 1, "warmup_stable_decay: the number of steps is ", o.total_steps);
    require<OptionError>(o.warmup_steps >= 0 && o.decay_steps >= 0 &&
                             o.decay_steps <= o.total_steps - std::max<Index>(0, o.warmup_steps),
                         "warmup_stable_decay: a warm-up of ", o.warmup_steps, " and a decay of ", o.decay_steps,
                         " steps in ", o.total_steps);
    require<OptionError>(o.start_factor >= 0 && o.start_factor <= 1, "warmup_stable_decay: the start factor ",
                         o.start_factor, " is not between 0 and 1");
  }

  /// The learning rate of a step, counted from 0; from total_steps on, what a decay ends with. Throws IndexError for a
  /// negative one.
  double learning_rate(Index step) const {
    require<IndexError>(step >= 0, "warmup_stable_decay: the step is ", step);
    const auto ratio = [](Index part, Index whole) { return static_cast<double>(part) / static_cast<double>(whole); };
    const Index left = std::max<Index>(0, options_.total_steps - step);
    double factor = 1;
    if (step < options_.warmup_steps) {
      factor = options_.start_factor + (1 - options_.start_factor) * ratio(step, options_.warmup_steps);
    } else if (left < options_.decay_steps) {
      factor = ratio(left, options_.decay_steps);
    }
    return options_.learning_rate * factor;
  }

  const WarmupStableDecayOptions& options() const { return options_; }

 private:
  WarmupStableDecayOptions options_;
};

}  // namespace pupil
