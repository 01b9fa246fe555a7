#pragma once
// AdamW: Adam whose weight decay shrinks the values themselves, and is not divided as the gradients are. Loshchilov and
// Hutter, "Decoupled weight decay regularization", 2019. PyTorch's twin is torch.optim.AdamW.
//
//   p = p - learning_rate weight_decay p, then as Adam with the gradient as it is

#include <vector>

#include <pupil/optim/adam_moments.hpp>

namespace pupil {

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-2;  ///< takes learning_rate * weight_decay of every value away
  std::vector<ParameterGroup> groups{};
};

/// Trains the parameters of one model of scalar T.
template <class T>
class AdamW : public AdamMoments<T, AdamWOptions> {
 public:
  /// Throws OptionError for a negative learning rate, epsilon or weight decay, or a beta outside [0, 1).
  explicit AdamW(const AdamWOptions& options = {}) : AdamMoments<T, AdamWOptions>("adamw", options) {}

  /// See Optimizer.
  void step(const ModelRefOf<T>& model);
};

#ifndef PUPIL_COMPILED
template <class T>
void AdamW<T>::step(const ModelRefOf<T>& model) {
  this->step_after(model, [](auto& p, auto&, const ParameterSettings& settings) {
    p *= static_cast<T>(1 - settings.learning_rate * settings.weight_decay);
  });
}
#endif

}  // namespace pupil
