#pragma once
// The gradient test of models that have a loss of their own, or no dx: all parameters against central differences.

#include <string>

#include "../support/gradient_check.hpp"

namespace pupil::testing {

/// Calls `accumulate(model)`, which adds to the gradients of a copy of `model`, and compares them with the differences
/// of `loss(model)`, which must not change it. Returns how many parameter tensors were compared.
template <class Model, class Accumulate, class Loss>
int check_parameter_gradients(const Model& model, const Accumulate& accumulate, const Loss& loss,
                              const GradientCheckOptions& options = {}) {
  const PoisonedMemory poison;
  Model subject = model;
  detail::begin_gradients(subject);
  accumulate(subject);

  Model probe = model;
  const auto evaluate = [&] {
    Model copy = probe;  // running statistics and generators stay where they were
    return loss(copy);
  };
  return detail::compare_parameters(subject, probe, evaluate, options);
}

/// The same for a network from images to features whose backward gives no dx: f = sum of cotangent * forward(images).
template <class Network>
int check_network_gradients(const Network& network, const Tensor<double, 4>& images, Rng& rng,
                            const GradientCheckOptions& options = {}) {
  const auto cotangent = random_tensor<double>(network.pooled(images).shape(), rng);
  return check_parameter_gradients(
      network,
      [&](Network& subject) {
        typename Network::Context context;
        subject.forward(images, context);
        subject.backward(cotangent, context);
      },
      [&](Network& subject) {
        typename Network::Context unused;
        const auto features = subject.forward(images, unused);
        double sum = 0;
        for (Index i = 0; i < features.size(); ++i) sum += features[i] * cotangent[i];
        return sum;
      },
      options);
}

}  // namespace pupil::testing
