#pragma once
// Branches: layers that are given the same tensor, and whose outputs are then joined. What Add, Concat and Residual
// share.

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil::detail {

/// Branches run in their order, and are numbered from 0. The last of them takes the memory of what is moved in.
template <Layer... Layers>
class Branches {
  static_assert(sizeof...(Layers) >= 1, "branches: there must be at least one layer");

 public:
  /// One context a branch.
  using Contexts = std::tuple<typename Layers::Context...>;

  static constexpr std::size_t count = sizeof...(Layers);

  /// Whether all branches take an X and give tensors of one type and rank.
  template <class X>
  static constexpr bool fit() {
    if constexpr ((InfersFrom<Layers, const X&> && ...) && (TrainsOn<Layers, const X&> && ...)) {
      return give_one_tensor<decltype(std::declval<const Layers&>().forward(std::declval<const X&>()))...>;
    } else {
      return false;
    }
  }

  explicit Branches(Layers... layers) : layers_(std::move(layers)...) {}

  /// What each branch gives for x, as an array.
  template <class X>
  auto infer(X&& x) const {
    return infer_each<X>(x, std::index_sequence_for<Layers...>{});
  }
  template <class X>
  auto train(X&& x, Contexts& contexts) {
    return train_each<X>(x, contexts, std::index_sequence_for<Layers...>{});
  }

  /// The sum of what the branches' backward give; nothing where they give nothing, as an Embedding's. `gradient(i)` is
  /// dy of branch i, a std::integral_constant.
  template <class GradientOf>
  auto backward(const GradientOf& gradient_of, const Contexts& contexts) {
    return backward_each(gradient_of, contexts, std::index_sequence_for<Layers...>{});
  }

  /// The same without dx. Branches that have no way to do without compute theirs.
  template <class GradientOf>
  void backward_parameters(const GradientOf& gradient_of, const Contexts& contexts) {
    backward_parameters_each(gradient_of, contexts, std::index_sequence_for<Layers...>{});
  }

  /// The same for a dy that all branches get, as those of a sum do.
  template <class D>
  auto backward_of_sum(D&& dy, const Contexts& contexts) {
    return backward(
        [&](auto i) -> auto&& { return for_branch<D>(dy, i); }, contexts);
  }
  template <class D>
  void backward_parameters_of_sum(D&& dy, const Contexts& contexts) {
    backward_parameters(
        [&](auto i) -> auto&& { return for_branch<D>(dy, i); }, contexts);
  }

  /// The shape that each branch gives, as an array. `name_of(i)` is what branch i is called.
  template <class Table, class NameOf, std::size_t Rank>
  auto summarize(Table& table, const NameOf& name_of, const Shape<Rank>& x) const {
    return summarize_each(table, name_of, x, std::index_sequence_for<Layers...>{});
  }

  template <class Visitor, class NameOf>
  void visit(Visitor& visitor, const NameOf& name_of) {
    visit_each(visitor, name_of, std::index_sequence_for<Layers...>{});
  }

  template <std::size_t I>
  auto& get() {
    return std::get<I>(layers_);
  }
  template <std::size_t I>
  const auto& get() const {
    return std::get<I>(layers_);
  }

 private:
  template <std::size_t I>
  using LayerAt = std::tuple_element_t<I, std::tuple<Layers...>>;
  template <std::size_t I>
  using Number = std::integral_constant<std::size_t, I>;

  template <class First, class... Others>
  static constexpr bool are_one_type = (std::is_same_v<First, Others> && ...);
  template <class First, class... Others>
  static constexpr bool give_one_tensor = is_tensor<First>&& are_one_type<First, Others...>;

  template <class First, class... Others>
  static auto as_array(First first, Others... others) {
    static_assert(are_one_type<First, Others...>, "branches: their outputs are not of one type and rank");
    return std::array<First, count>{std::move(first), std::move(others)...};
  }
  template <class... Outputs>
  static auto as_array(std::tuple<Outputs...>&& outputs) {
    return std::apply([](Outputs&... each) { return as_array(std::move(each)...); }, outputs);
  }

  /// What branch I gets of what all get: the last may have it as it was given, the others may only read it.
  template <class D, std::size_t I>
  static auto&& for_branch(std::remove_reference_t<D>& given, std::integral_constant<std::size_t, I>) {
    if constexpr (I + 1 == count) {
      return static_cast<D&&>(given);
    } else {
      return std::as_const(given);
    }
  }

  // The braces of a tuple have their elements computed in order.
  template <class X, std::size_t... I>
  auto infer_each(std::remove_reference_t<X>& x, std::index_sequence<I...>) const {
    static_assert((InfersFrom<LayerAt<I>, decltype(for_branch<X>(x, Number<I>{}))> && ...),
                  "branches: a layer cannot take what all of them are given");
    return as_array(std::tuple{get<I>().forward(for_branch<X>(x, Number<I>{}))...});
  }
  template <class X, std::size_t... I>
  auto train_each(std::remove_reference_t<X>& x, Contexts& contexts, std::index_sequence<I...>) {
    static_assert((TrainsOn<LayerAt<I>, decltype(for_branch<X>(x, Number<I>{}))> && ...),
                  "branches: a layer cannot take what all of them are given");
    return as_array(std::tuple{get<I>().forward(for_branch<X>(x, Number<I>{}), std::get<I>(contexts))...});
  }

  template <std::size_t I, class GradientOf>
  auto back_through(const GradientOf& gradient_of, const Contexts& contexts) {
    return get<I>().backward(gradient_of(Number<I>{}), std::get<I>(contexts));
  }
  template <std::size_t I, class GradientOf>
  static constexpr bool gives_no_dx = std::is_void_v<decltype(std::declval<LayerAt<I>&>().backward(
      std::declval<const GradientOf&>()(Number<I>{}), std::declval<const std::tuple_element_t<I, Contexts>&>()))>;

  template <class GradientOf, std::size_t... I>
  auto backward_each(const GradientOf& gradient_of, const Contexts& contexts, std::index_sequence<0, I...>) {
    if constexpr (gives_no_dx<0, GradientOf>) {
      static_assert((gives_no_dx<I, GradientOf> && ...), "branches: some give a gradient of the input, others none");
      back_through<0>(gradient_of, contexts);
      (back_through<I>(gradient_of, contexts), ...);
    } else {
      static_assert((!gives_no_dx<I, GradientOf> && ...), "branches: some give a gradient of the input, others none");
      auto dx = back_through<0>(gradient_of, contexts);
      (kernels::add_to(dx, back_through<I>(gradient_of, contexts)), ...);
      return dx;
    }
  }

  template <class GradientOf, std::size_t... I>
  void backward_parameters_each(const GradientOf& gradient_of, const Contexts& contexts, std::index_sequence<I...>) {
    const auto back = [&]<std::size_t J>(Number<J> number) {
      if constexpr (HasBackwardParameters<LayerAt<J>, decltype(gradient_of(number))>) {
        get<J>().backward_parameters(gradient_of(number), std::get<J>(contexts));
      } else {
        static_cast<void>(back_through<J>(gradient_of, contexts));
      }
    };
    (back(Number<I>{}), ...);
  }

  template <class Table, class NameOf, std::size_t Rank, std::size_t... I>
  auto summarize_each(Table& table, const NameOf& name_of, const Shape<Rank>& x, std::index_sequence<I...>) const {
    return as_array(std::tuple{table.add(name_of(Number<I>{}), get<I>(), x)...});
  }

  template <class Visitor, class NameOf, std::size_t... I>
  void visit_each(Visitor& visitor, const NameOf& name_of, std::index_sequence<I...>) {
    (get<I>().visit(visitor, name_of(Number<I>{})), ...);
  }

  std::tuple<Layers...> layers_;
};

/// The shapes of the branches' outputs.
template <class T, std::size_t Rank, std::size_t Count>
std::array<Shape<Rank>, Count> shapes_of(const std::array<Tensor<T, Rank>, Count>& outputs) {
  std::array<Shape<Rank>, Count> shapes;
  for (std::size_t i = 0; i < Count; ++i) shapes[i] = outputs[i].shape();
  return shapes;
}

/// The sum of the branches' outputs, in the memory of the first.
template <class T, std::size_t Rank, std::size_t Count>
Tensor<T, Rank> sum_of(std::array<Tensor<T, Rank>, Count> outputs) {
  for (std::size_t i = 1; i < Count; ++i) kernels::add_to(outputs[0], outputs[i]);
  return std::move(outputs[0]);
}

}  // namespace pupil::detail
