#pragma once
// The gradient test that every layer passes: backward against central differences, in double.
//
// For a random cotangent v, the scalar f(x, parameters) = sum of v * forward(x) has the gradients that backward(v) must
// give. Memory is poisoned with NaN meanwhile, and parameter gradients begin at a number that backward must add to.

#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/storage.hpp>
#include <pupil/nn/parameter.hpp>

#include "random_tensor.hpp"
#include "sanitizer.hpp"

namespace pupil::testing {

/// Poisons fresh memory as long as it lives.
class PoisonedMemory {
 public:
  PoisonedMemory() { StoragePool::instance().set_poison(true); }
  ~PoisonedMemory() { StoragePool::instance().set_poison(false); }
  PoisonedMemory(const PoisonedMemory&) = delete;
  PoisonedMemory& operator=(const PoisonedMemory&) = delete;
};

struct GradientCheckOptions {
  double step = 1e-5;
  double tolerance = 1e-6;    ///< relative to 1 and to the derivative
  Index most_elements = 200;  ///< of each tensor, spread evenly; under a sanitizer an eighth of them

  /// The same forward runs for every element, so a sanitizer that saw a few has seen all. That the numbers are right is
  /// held by the build without one, which compares them all.
  Index elements() const { return under_sanitizer ? std::max<Index>(2, most_elements / 8) : most_elements; }
};

namespace detail {

/// Compares `gradient` with the central differences of `evaluate()` with respect to the elements of `values`.
template <std::size_t Rank, class Evaluate>
void compare_with_differences(const std::string& name, Tensor<double, Rank>& values,
                              const Tensor<double, Rank>& gradient, const Evaluate& evaluate,
                              const GradientCheckOptions& options) {
  REQUIRE(gradient.shape() == values.shape());
  const Index stride = std::max<Index>(1, values.size() / options.elements());
  for (Index i = 0; i < values.size(); i += stride) {
    const double saved = values[i];
    values[i] = saved + options.step;
    const double above = evaluate();
    values[i] = saved - options.step;
    const double below = evaluate();
    values[i] = saved;
    const double expected = (above - below) / (2 * options.step);
    INFO(name << " element " << i << ": backward gives " << gradient[i] << ", differences give " << expected);
    REQUIRE(std::abs(gradient[i] - expected) <= options.tolerance * std::max(1.0, std::abs(expected)));
  }
}

/// What gradients begin at, so that a backward that does not add to them is found.
inline constexpr double already_there = 0.25;

template <class Model>
void begin_gradients(Model& model) {
  for_each_parameter(model, [&](const Name&, auto& parameter) { parameter.gradient.fill(already_there); });
}

/// Compares the gradients of `subject`, which began with begin_gradients, with the differences of `evaluate()` with
/// respect to the values of `probe`. Returns how many parameter tensors were compared.
template <class Model, class Evaluate>
int compare_parameters(Model& subject, Model& probe, const Evaluate& evaluate, const GradientCheckOptions& options) {
  int compared = 0;
  for_each_parameter(probe, [&](const Name& name, auto& parameter) {
    auto gradient = parameter.value;
    for_each_parameter(subject, [&](const Name& other, auto& checked) {
      if constexpr (std::is_same_v<decltype(checked), decltype(parameter)>) {
        if (other.str() == name.str()) gradient = checked.gradient;
      }
    });
    for (double& value : gradient) value -= already_there;
    compare_with_differences(name.str(), parameter.value, gradient, evaluate, options);
    ++compared;
  });
  return compared;
}

}  // namespace detail

/// Checks dx and all parameter gradients of `layer` (of scalar double) at `x`. The layer is copied for every
/// evaluation, so that generators and running statistics stay where they were.
template <class Layer, std::size_t Rank>
void check_gradients(const Layer& layer, Tensor<double, Rank> x, Rng& rng, const GradientCheckOptions& options = {}) {
  const PoisonedMemory poison;
  Layer subject = layer;
  detail::begin_gradients(subject);

  typename Layer::Context context;
  const auto y = subject.forward(x, context);
  const auto cotangent = random_tensor<double>(y.shape(), rng);
  const Tensor<double, Rank> dx = subject.backward(cotangent, context);

  Layer probe = layer;
  const auto evaluate = [&] {
    Layer copy = probe;
    typename Layer::Context unused;
    const auto output = copy.forward(x, unused);
    double sum = 0;
    for (Index i = 0; i < output.size(); ++i) sum += output[i] * cotangent[i];
    return sum;
  };
  detail::compare_with_differences("input", x, dx, evaluate, options);
  detail::compare_parameters(subject, probe, evaluate, options);
}

}  // namespace pupil::testing
