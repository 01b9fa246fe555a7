#pragma once
// StepDecay: the learning rate falls by a factor every so many epochs. PyTorch's twin is
// torch.optim.lr_scheduler.StepLR.
//
//   learning_rate gamma^floor(epoch / step_size)

#include <cmath>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

struct StepDecayOptions {
  double learning_rate = 1e-3;  ///< to begin with
  Index step_size = 1;          ///< epochs from one fall to the next
  double gamma = 0.1;
};

/// `sgd.set_learning_rate(schedule.learning_rate(epoch))` before every epoch.
class StepDecay {
 public:
  /// Throws OptionError for a step size below 1, or a learning rate or gamma that is negative.
  explicit StepDecay(const StepDecayOptions& options) : options_(options) {
    require<OptionError>(options.learning_rate >= 0, "step_decay: the learning rate is ", options.learning_rate);
    require<OptionError>(options.step_size >= 1, "step_decay: the step size is ", options.step_size);
    require<OptionError>(options.gamma >= 0, "step_decay: gamma is ", options.gamma);
  }

  /// The learning rate of an epoch, counted from 0. Throws IndexError for a negative one.
  double learning_rate(Index epoch) const {
    require<IndexError>(epoch >= 0, "step_decay: the epoch is ", epoch);
    return options_.learning_rate * std::pow(options_.gamma, static_cast<double>(epoch / options_.step_size));
  }

  const StepDecayOptions& options() const { return options_; }

 private:
  StepDecayOptions options_;
};

}  // namespace pupil
