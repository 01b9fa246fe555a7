#pragma once
// Adam: steps along a running mean of the gradient, each element's divided by the root of a running mean of its square.
// Kingma and Ba, "Adam: a method for stochastic optimization", 2015. PyTorch's twin is torch.optim.Adam.
//
//   g = gradient + weight_decay p
//   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
//   p = p - learning_rate m' / (sqrt(v') + epsilon),   m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t) at step t

#include <vector>

#include <pupil/optim/adam_moments.hpp>

namespace pupil {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay * value to every gradient
  std::vector<ParameterGroup> groups{};
};

/// Trains the parameters of one model of scalar T.
template <class T>
class Adam : public AdamMoments<T, AdamOptions> {
 public:
  /// Throws OptionError for a negative learning rate, epsilon or weight decay, or a beta outside [0, 1).
  explicit Adam(const AdamOptions& options = {}) : AdamMoments<T, AdamOptions>("adam", options) {}

  /// See Optimizer.
  void step(const ModelRefOf<T>& model);
};

#ifndef PUPIL_COMPILED
template <class T>
void Adam<T>::step(const ModelRefOf<T>& model) {
  this->step_after(model, [](auto& p, auto& g, const ParameterSettings& settings) {
    if (settings.weight_decay != 0) g += static_cast<T>(settings.weight_decay) * p;
  });
}
#endif

}  // namespace pupil
