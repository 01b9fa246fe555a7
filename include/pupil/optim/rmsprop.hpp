#pragma once
// RMSprop: each element's gradient is divided by the root of a running mean of its square. Hinton, "Neural networks for
// machine learning", lecture 6, 2012; centered: Graves, "Generating sequences with recurrent neural networks", 2013.
// PyTorch's twin is torch.optim.RMSprop.
//
//   g = gradient + weight_decay p        v = alpha v + (1 - alpha) g^2        m = alpha m + (1 - alpha) g
//   d = g / (sqrt(v) + epsilon)                or, centered,   d = g / (sqrt(v - m^2) + epsilon)
//   p = p - learning_rate d                    or, with momentum,   b = momentum b + d,   p = p - learning_rate b

#include <cstddef>
#include <vector>

#include <pupil/optim/optimizer.hpp>

namespace pupil {

struct RmspropOptions {
  double learning_rate = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay * value to every gradient
  double momentum = 0;
  bool centered = false;  ///< divides by the deviation of the gradient in place of its root mean square
  std::vector<ParameterGroup> groups{};
};

/// Trains the parameters of one model of scalar T. Its states are `square_avg`, `grad_avg` where it is centered, and
/// `momentum_buffer` where there is a momentum.
template <class T>
class Rmsprop : public Optimizer<T, RmspropOptions> {
 public:
  /// Throws OptionError for a negative learning rate, epsilon, weight decay or momentum, or an alpha outside [0, 1).
  explicit Rmsprop(const RmspropOptions& options = {})
      : Optimizer<T, RmspropOptions>("rmsprop", options, states(options)) {
    require<OptionError>(options.alpha >= 0 && options.alpha < 1, "rmsprop: alpha ", options.alpha,
                         " is not in [0, 1)");
    this->check_not_negative("epsilon", options.epsilon);
    this->check_not_negative("momentum", options.momentum);
  }

  /// See Optimizer.
  void step(const ModelRefOf<T>& model);

 private:
  static std::vector<ParameterState<T>> states(const RmspropOptions& options) {
    std::vector<ParameterState<T>> states{ParameterState<T>("square_avg")};
    if (options.centered) states.emplace_back("grad_avg");
    if (options.momentum != 0) states.emplace_back("momentum_buffer");
    return states;
  }
};

#ifndef PUPIL_COMPILED
template <class T>
void Rmsprop<T>::step(const ModelRefOf<T>& model) {
  this->prepare(model);
  const RmspropOptions& options = this->options();
  const T to_mean = static_cast<T>(1 - options.alpha);
  const T epsilon = static_cast<T>(options.epsilon);
  const T momentum = static_cast<T>(options.momentum);
  this->update(model, [&](auto& p, auto& g, const auto& state, const ParameterSettings& settings) {
    const T rate = static_cast<T>(settings.learning_rate);
    if (settings.weight_decay != 0) g += static_cast<T>(settings.weight_decay) * p;
    auto v = state(0);
    v += to_mean * (g.square() - v);
    if (options.centered) {
      auto m = state(1);
      m += to_mean * (g - m);
      g /= (v - m.square()).max(T{0}).sqrt() + epsilon;  // where all gradients are equal, rounding may go below 0
    } else {
      g /= v.sqrt() + epsilon;
    }
    if (momentum == 0) {
      p -= rate * g;
    } else {
      auto b = state(options.centered ? std::size_t{2} : std::size_t{1});
      b = momentum * b + g;
      p -= rate * b;
    }
  });
}
#endif

}  // namespace pupil
