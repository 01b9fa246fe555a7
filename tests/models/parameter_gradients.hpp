#pragma once
// The gradient test of models that have a loss of their own, or no dx: all parameters against central differences.

#include <string>
#include <type_traits>

#include <pupil/nn/initialization.hpp>

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

/// Makes the values inside a network that has yet to learn large enough for differences, and no unit's exactly zero,
/// which is where rectifiers have no slope.
template <class Network>
void move_off_kinks(Network& network, Rng& rng) {
  for_each_parameter(network, [&](const Name&, auto& parameter) {
    if constexpr (std::remove_cvref_t<decltype(parameter.value)>::rank == 1) {
      for (double& value : parameter.value) value += 0.1 * rng.normal<double>();
    } else {
      fill_kaiming_normal(parameter.value, KaimingOptions(), rng);
    }
  });
}

/// check_parameter_gradients for a network from images to features whose backward gives no dx: f = sum of cotangent *
/// forward(images).
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
