#pragma once
// Sgd: steps against the gradient, or along a running sum of gradients (momentum). PyTorch's twin is torch.optim.SGD.
//
//   g = gradient + weight_decay p        b = momentum b + g
//   p = p - learning_rate g                    without momentum
//   p = p - learning_rate b                    with momentum
//   p = p - learning_rate (g + momentum b)     with Nesterov's

#include <vector>

#include <pupil/optim/optimizer.hpp>

namespace pupil {

struct SgdOptions {
  double learning_rate = 1e-3;
  double momentum = 0;
  double weight_decay = 0;  ///< adds weight_decay * value to every gradient
  bool nesterov = false;
  std::vector<ParameterGroup> groups{};
};

/// Trains the parameters of one model of scalar T. Its state, where there is a momentum, is `momentum_buffer`.
template <class T>
class Sgd : public Optimizer<T, SgdOptions> {
 public:
  /// Throws OptionError for a negative learning rate, momentum or weight decay, or Nesterov's momentum of 0.
  explicit Sgd(const SgdOptions& options = {}) : Optimizer<T, SgdOptions>("sgd", options, states(options)) {
    this->check_not_negative("momentum", options.momentum);
    require<OptionError>(!options.nesterov || options.momentum > 0, "sgd: nesterov without a momentum");
  }

  /// See Optimizer.
  void step(const ModelRefOf<T>& model);

 private:
  static std::vector<ParameterState<T>> states(const SgdOptions& options) {
    std::vector<ParameterState<T>> states;
    if (options.momentum != 0) states.emplace_back("momentum_buffer");
    return states;
  }
};

#ifndef PUPIL_COMPILED
template <class T>
void Sgd<T>::step(const ModelRefOf<T>& model) {
  this->prepare(model);
  const T momentum = static_cast<T>(this->options().momentum);
  const bool nesterov = this->options().nesterov;
  this->update(model, [&](auto& p, auto& g, const auto& state, const ParameterSettings& settings) {
    const T rate = static_cast<T>(settings.learning_rate);
    if (settings.weight_decay != 0) g += static_cast<T>(settings.weight_decay) * p;
    if (momentum == 0) {
      p -= rate * g;
    } else {
      auto b = state(0);
      b = momentum * b + g;
      if (nesterov) {
        p -= rate * (g + momentum * b);
      } else {
        p -= rate * b;
      }
    }
  });
}
#endif

}  // namespace pupil
