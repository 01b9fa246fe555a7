#pragma once
// Parameters, and the visit that optimizers, clipping, checkpoints, counting and tests share. What works on models of
// any type goes through ModelRef (model_ref.hpp); what needs the types of the items themselves is called here.
//
// Every layer has `template <class Visitor> void visit(Visitor&& visitor, const Name& name = {})`, which calls
// `visitor(name / "weight", weight)` for each of its parameters, buffers and generators, always in the same order. It
// hands them out and changes nothing itself. So one `visit` serves models that may not be changed too, which show their
// items as const: to `visit_const`, and to all here that take a model.
//
// One of them may be visited under several names: where two layers share a weight, or one layer is used in two places.
// It is one parameter all the same, that of its address; its own name is the first.

#include <type_traits>
#include <utility>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/name.hpp>
#include <pupil/nn/visited_items.hpp>

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

/// What of a model is visited.
struct Parameters {
  template <class Item>
  static constexpr bool include = is_parameter<Item>;
};
struct Buffers {
  template <class Item>
  static constexpr bool include = is_tensor<Item>;
};
struct Generators {
  template <class Item>
  static constexpr bool include = std::is_same_v<Item, Rng>;
};

}  // namespace detail

/// Calls `visitor(name, item)` for all that the model visits; each item is const.
template <class Model, class Visitor>
void visit_const(const Model& model, Visitor&& visitor, const Name& name = {}) {
  const_cast<Model&>(model).visit([&](const Name& item_name, const auto& item) { visitor(item_name, item); }, name);
}

namespace detail {

/// Calls `use(name, item)` once for every item of this Kind, with its first name.
template <class Kind, class Model, class Use>
void for_each_item(Model& model, Use&& use) {
  VisitedItems visited;
  const auto use_new = [&](const Name& name, auto& item) {
    if constexpr (Kind::template include<std::remove_cvref_t<decltype(item)>>) {
      if (visited.place(item).is_new) use(name, item);
    }
  };
  if constexpr (std::is_const_v<Model>) {
    visit_const(model, use_new);
  } else {
    model.visit(use_new);
  }
}

}  // namespace detail

/// Calls `use(name, parameter)` for every Parameter of the model, in the model's order; once, by its first name, for
/// one that has several.
template <class Model, class Use>
void for_each_parameter(Model& model, Use&& use) {
  detail::for_each_item<detail::Parameters>(model, use);
}

/// Calls `use(name, tensor)` for every buffer: a tensor that is state but not trained, such as a running mean. Once, as
/// for_each_parameter.
template <class Model, class Use>
void for_each_buffer(Model& model, Use&& use) {
  detail::for_each_item<detail::Buffers>(model, use);
}

/// Calls `use(name, rng)` for every random generator that a layer owns. Once, as for_each_parameter.
template <class Model, class Use>
void for_each_generator(Model& model, Use&& use) {
  detail::for_each_item<detail::Generators>(model, use);
}

}  // namespace pupil
