#pragma once
// Parameters, and the visit that optimizers, clipping, checkpoints, counting and tests share.
//
// Every layer has `template <class Visitor> void visit(Visitor&& visitor, const Name& name = {})`, which calls
// `visitor(name / "weight", weight)` for each of its parameters, buffers and generators, always in the same order.

#include <type_traits>
#include <utility>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/name.hpp>

namespace pupil {

/// What an optimizer changes: a value and the gradient that backward adds to.
template <class T, std::size_t Rank>
struct Parameter {
  using Scalar = T;

  Parameter() = default;
  explicit Parameter(Tensor<T, Rank> value_) : value(std::move(value_)), gradient(value.shape()) {}

  Tensor<T, Rank> value;
  Tensor<T, Rank> gradient;
};

namespace detail {

template <class X>
inline constexpr bool is_parameter = false;
template <class T, std::size_t Rank>
inline constexpr bool is_parameter<Parameter<T, Rank>> = true;

template <class X>
inline constexpr bool is_tensor = false;
template <class T, std::size_t Rank>
inline constexpr bool is_tensor<Tensor<T, Rank>> = true;

}  // namespace detail

/// Calls `use(name, parameter)` for every Parameter of the model, in the model's order.
template <class Model, class Use>
void for_each_parameter(Model& model, Use&& use) {
  model.visit([&](const Name& name, auto& item) {
    if constexpr (detail::is_parameter<std::remove_cvref_t<decltype(item)>>) use(name, item);
  });
}

/// Calls `use(name, tensor)` for every buffer: a tensor that is state but not trained, such as a running mean.
template <class Model, class Use>
void for_each_buffer(Model& model, Use&& use) {
  model.visit([&](const Name& name, auto& item) {
    if constexpr (detail::is_tensor<std::remove_cvref_t<decltype(item)>>) use(name, item);
  });
}

/// Calls `use(name, rng)` for every random generator that a layer owns.
template <class Model, class Use>
void for_each_generator(Model& model, Use&& use) {
  model.visit([&](const Name& name, auto& item) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, Rng>) use(name, item);
  });
}

/// Sets every gradient to zero.
template <class Model>
void zero_gradients(Model& model) {
  for_each_parameter(model, [](const Name&, auto& parameter) { parameter.gradient.fill(0); });
}

/// How many numbers an optimizer would train.
template <class Model>
Index count_parameters(Model& model) {
  Index count = 0;
  for_each_parameter(model, [&](const Name&, auto& parameter) { count += parameter.value.size(); });
  return count;
}

}  // namespace pupil
