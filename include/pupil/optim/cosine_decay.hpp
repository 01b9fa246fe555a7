#pragma once
// CosineDecay: the learning rate falls along half a cosine, after a linear warm-up where one is asked for. Loshchilov
// and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without the restarts. PyTorch's twin is
// torch.optim.lr_scheduler.CosineAnnealingLR, behind a LinearLR in a SequentialLR for the warm-up.
//
//   learning_rate (f + (1 - f) t / W)                                                      for t < W = warmup_steps
//   minimum + (learning_rate - minimum) (1 + cos(pi (t - W) / (total_steps - W))) / 2      from there on
//
// with f = start_factor. Steps may be steps of the optimizer or epochs.

#include <algorithm>
#include <cmath>
#include <numbers>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

struct CosineDecayOptions {
  double learning_rate = 1e-3;  ///< the highest
  Index total_steps = 0;        ///< with those of the warm-up
  Index warmup_steps = 0;
  double start_factor = 1.0 / 3;  ///< times learning_rate is where the warm-up begins
  double minimum = 0;             ///< where the fall ends
};

/// `adam.set_learning_rate(schedule.learning_rate(step))` before every step.
class CosineDecay {
 public:
  /// Throws OptionError for less than one step, a warm-up that leaves none, a start factor outside [0, 1], or a minimum
  /// that is negative or above the learning rate.
  explicit CosineDecay(const CosineDecayOptions& options) : options_(options) {
    const CosineDecayOptions& o = options;
    require<OptionError>(o.total_steps >= 1, "cosine_decay: the number of steps is ", o.total_steps);
    require<OptionError>(o.warmup_steps >= 0 && o.warmup_steps < o.total_steps, "cosine_decay: a warm-up of ",
                         o.warmup_steps, " steps in ", o.total_steps);
    require<OptionError>(o.start_factor >= 0 && o.start_factor <= 1, "cosine_decay: the start factor ", o.start_factor,
                         " is not between 0 and 1");
    require<OptionError>(o.minimum >= 0 && o.minimum <= o.learning_rate, "cosine_decay: the minimum ", o.minimum,
                         " is not between 0 and the learning rate ", o.learning_rate);
  }

  /// The learning rate of a step, counted from 0; from total_steps on, the minimum. Throws IndexError for a negative
  /// one.
  double learning_rate(Index step) const {
    require<IndexError>(step >= 0, "cosine_decay: the step is ", step);
    const auto ratio = [](Index part, Index whole) { return static_cast<double>(part) / static_cast<double>(whole); };
    const Index warmup = options_.warmup_steps;
    if (step < warmup) {
      const double f = options_.start_factor;
      return options_.learning_rate * (f + (1 - f) * ratio(step, warmup));
    }
    const double done = std::min(1.0, ratio(step - warmup, options_.total_steps - warmup));
    const double height = (1 + std::cos(std::numbers::pi * done)) / 2;
    return options_.minimum + (options_.learning_rate - options_.minimum) * height;
  }

  const CosineDecayOptions& options() const { return options_; }

 private:
  CosineDecayOptions options_;
};

}  // namespace pupil
