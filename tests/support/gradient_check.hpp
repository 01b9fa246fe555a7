#pragma once
// The gradient test that every layer passes: nn/gradient_check.hpp, with an assertion for each tensor.

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include <pupil/nn/gradient_check.hpp>

#include "random_tensor.hpp"
#include "sanitizer.hpp"

namespace pupil::testing {

using pupil::GradientCheckOptions;
using pupil::detail::PoisonedMemory;

namespace detail {

/// Options as tests want them. Errors are relative to 1 and to the derivative. The same forward runs for every element,
/// so a sanitizer that saw an eighth of them has seen all. That the numbers are right is held by the build without one,
/// which compares them all.
inline GradientCheckOptions options_of_tests(GradientCheckOptions options) {
  options.smallest = 1;
  if (under_sanitizer) options.most_elements = std::max<Index>(2, options.most_elements / 8);
  return options;
}

inline void require_passed(const GradientCheckResult& result) {
  INFO(message(result));
  REQUIRE(result.passed());
}

/// Compares `gradient` with the central differences of `evaluate()` with respect to the elements of `values`.
template <std::size_t Rank, class Evaluate>
void compare_with_differences(const std::string& name, Tensor<double, Rank>& values,
                              const Tensor<double, Rank>& gradient, const Evaluate& evaluate,
                              const GradientCheckOptions& options) {
  pupil::detail::GradientComparison comparison(options_of_tests(options));
  comparison.add(name, values, gradient, evaluate);
  require_passed(comparison.result());
}

template <class Model>
void begin_gradients(Model& model) {
  pupil::detail::GradientComparison::begin_gradients(model);
}

/// Compares the gradients of `subject`, which began with begin_gradients, with the differences of `evaluate()` with
/// respect to the values of `probe`. Returns how many parameter tensors were compared.
template <class Model, class Evaluate>
int compare_parameters(Model& subject, Model& probe, const Evaluate& evaluate, const GradientCheckOptions& options) {
  pupil::detail::GradientComparison comparison(options_of_tests(options));
  const Index compared = comparison.add_parameters(subject, probe, evaluate);
  require_passed(comparison.result());
  return static_cast<int>(compared);
}

}  // namespace detail

/// Checks dx and all parameter gradients of `layer` (of scalar double) at `x`. The layer is copied for every
/// evaluation, so that generators and running statistics stay where they were.
template <class Layer, std::size_t Rank>
void check_gradients(const Layer& layer, const Tensor<double, Rank>& x, Rng& rng,
                     const GradientCheckOptions& options = {}) {
  pupil::detail::GradientComparison comparison(detail::options_of_tests(options));
  pupil::detail::compare_layer(comparison, layer, x, rng);
  detail::require_passed(comparison.result());
}

}  // namespace pupil::testing
