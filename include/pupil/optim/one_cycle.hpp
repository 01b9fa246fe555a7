#pragma once
// OneCycle: the learning rate rises to its highest and falls far below where it began, along half a cosine each.
// Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
// PyTorch's twin is torch.optim.lr_scheduler.OneCycleLR with cosines and two phases; it leaves the momentum alone.
//
//   first = max_learning_rate / div_factor              up to step pct_start total_steps - 1, where the highest is
//   last = first / final_div_factor                     at step total_steps - 1

#include <cmath>
#include <numbers>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

struct OneCycleOptions {
  double max_learning_rate = 1e-2;
  Index total_steps = 0;
  double pct_start = 0.3;  ///< the part of the steps in which it rises
  double div_factor = 25;
  double final_div_factor = 1e4;
};

/// `sgd.set_learning_rate(schedule.learning_rate(step))` before every step.
class OneCycle {
 public:
  /// Throws OptionError for less than one step, a pct_start outside [0, 1], a negative learning rate, or a factor below
  /// 1.
  explicit OneCycle(const OneCycleOptions& options) : options_(options) {
    require<OptionError>(options.max_learning_rate >= 0, "one_cycle: the largest learning rate is ",
                         options.max_learning_rate);
    require<OptionError>(options.total_steps >= 1, "one_cycle: the number of steps is ", options.total_steps);
    require<OptionError>(options.pct_start >= 0 && options.pct_start <= 1, "one_cycle: pct_start ", options.pct_start,
                         " is not between 0 and 1");
    require<OptionError>(options.div_factor >= 1 && options.final_div_factor >= 1, "one_cycle: the factors ",
                         options.div_factor, " and ", options.final_div_factor, " are not both at least 1");
  }

  /// The learning rate of a step, counted from 0; after the last one, it stays. Throws IndexError for a negative one.
  double learning_rate(Index step) const {
    require<IndexError>(step >= 0, "one_cycle: the step is ", step);
    const double highest = options_.max_learning_rate;
    const double first = highest / options_.div_factor;
    const double last = first / options_.final_div_factor;
    const auto t = static_cast<double>(step);
    const auto total = static_cast<double>(options_.total_steps);
    const double peak = options_.pct_start * total - 1;
    if (step >= options_.total_steps - 1) return peak < total - 1 ? last : highest;
    return t < peak ? between(first, highest, t / peak) : between(highest, last, (t - peak) / (total - 1 - peak));
  }

  const OneCycleOptions& options() const { return options_; }

 private:
  /// From `begin` at 0 to `end` at 1.
  static double between(double begin, double end, double part) {
    return end + (begin - end) * (1 + std::cos(std::numbers::pi * part)) / 2;
  }

  OneCycleOptions options_;
};

}  // namespace pupil
