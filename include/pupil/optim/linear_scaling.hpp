#pragma once
// LinearScaling: what a learning rate is multiplied by where batches are k times as large as those that it was chosen
// for. It rises to k along a straight line, for a large learning rate breaks what has not begun to learn:
//
//   1 + (k - 1) t / W    for t < W = warmup_steps
//   k                    from then on
//
// A k of less than 1 needs no warm-up, and is the factor at once. Goyal et al., "Accurate, large minibatch SGD:
// training ImageNet in 1 hour", 2017, whose warm-up takes five epochs. It was found for SGD; with Adam a large k may be
// too much.

#include <cmath>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

struct LinearScalingOptions {
  double batch_ratio = 1;  ///< k: images of a step, over those that the learning rate was chosen for
  Index warmup_steps = 0;
};

/// Beside a schedule: `adam.set_learning_rate(schedule.learning_rate(step) * scaling.factor(step))` before every step.
class LinearScaling {
 public:
  /// Throws OptionError for a ratio that is not above 0 or not finite, and a negative warm-up.
  explicit LinearScaling(const LinearScalingOptions& options) : options_(options) {
    require<OptionError>(options.batch_ratio > 0 && std::isfinite(options.batch_ratio),
                         "linear_scaling: the batch ratio is ", options.batch_ratio);
    require<OptionError>(options.warmup_steps >= 0, "linear_scaling: a warm-up of ", options.warmup_steps, " steps");
  }

  /// Of a step, counted from 0. Throws IndexError for a negative one.
  double factor(Index step) const {
    require<IndexError>(step >= 0, "linear_scaling: the step is ", step);
    if (options_.batch_ratio <= 1 || step >= options_.warmup_steps) return options_.batch_ratio;
    return 1 + (options_.batch_ratio - 1) * static_cast<double>(step) / static_cast<double>(options_.warmup_steps);
  }

  const LinearScalingOptions& options() const { return options_; }

 private:
  LinearScalingOptions options_;
};

}  // namespace pupil
