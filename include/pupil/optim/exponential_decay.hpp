#pragma once
// ExponentialDecay: the learning rate falls by a factor every epoch. PyTorch's twin is
// torch.optim.lr_scheduler.ExponentialLR.
//
//   learning_rate gamma^epoch

#include <cmath>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil {

struct ExponentialDecayOptions {
  double learning_rate = 1e-3;  ///< to begin with
  double gamma = 0.95;
};

/// `sgd.set_learning_rate(schedule.learning_rate(epoch))` before every epoch.
class ExponentialDecay {
 public:
  /// Throws OptionError for a learning rate or gamma that is negative.
  explicit ExponentialDecay(const ExponentialDecayOptions& options) : options_(options) {
    require<OptionError>(options.learning_rate >= 0, "exponential_decay: the learning rate is ", options.learning_rate);
    require<OptionError>(options.gamma >= 0, "exponential_decay: gamma is ", options.gamma);
  }

  /// The learning rate of an epoch, counted from 0. Throws IndexError for a negative one.
  double learning_rate(Index epoch) const {
    require<IndexError>(epoch >= 0, "exponential_decay: the epoch is ", epoch);
    return options_.learning_rate * std::pow(options_.gamma, static_cast<double>(epoch));
  }

  const ExponentialDecayOptions& options() const { return options_; }

 private:
  ExponentialDecayOptions options_;
};

}  // namespace pupil
