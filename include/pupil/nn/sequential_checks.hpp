#pragma once
// What a compiler says of a Sequential that does not fit together: one sentence, with the number of the layer, its type
// and what comes to it, as `layer_is_given_its_rank<2, Dense<float>, Tensor<float, 3>>`. Compilers print the condition
// of a static_assert that fails, so these conditions have the names and arguments that a reader needs. What stands in a
// class is said once, however often it is asked for.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/layer.hpp>

namespace pupil::detail {

/// For what never compiles, whatever X is: the condition of its static_assert.
template <class X>
inline constexpr bool may_be_called_so = false;

/// The two forwards of a layer.
struct InferencePass {
  template <class L, class X>
  static constexpr bool takes = InfersFrom<L, X>;
  template <class L, class X>
  using Output = decltype(std::declval<const L&>().forward(std::declval<X>()));
};
struct TrainingPass {
  template <class L, class X>
  static constexpr bool takes = TrainsOn<L, X>;
  template <class L, class X>
  using Output = decltype(std::declval<L&>().forward(std::declval<X>(), std::declval<typename L::Context&>()));
};

/// Whether X is no tensor, or of a scalar that the layer would take, if only the rank were another; and the like.
template <class Pass, class L, class X>
struct TakenInstead {
  static constexpr bool other_scalar = false;
  static constexpr bool other_rank = false;
};
template <class Pass, class L, class T, std::size_t Rank>
struct TakenInstead<Pass, L, Tensor<T, Rank>> {
  template <class Other, std::size_t OtherRank>
  static constexpr bool takes = Pass::template takes<L, Tensor<Other, OtherRank>>;

  static constexpr bool other_scalar = takes<float, Rank> || takes<double, Rank> || takes<std::int32_t, Rank>;
  static constexpr bool other_rank = takes<T, 1> || takes<T, 2> || takes<T, 3> || takes<T, 4> || takes<T, 5>;
};

template <std::size_t number, class L, class X>
inline constexpr bool layer_is_given_a_tensor = is_tensor<X>;
template <std::size_t number, class L, class X, class Pass>
inline constexpr bool layer_is_given_its_scalar = !TakenInstead<Pass, L, X>::other_scalar;
template <std::size_t number, class L, class X, class Pass>
inline constexpr bool layer_is_given_its_rank = !TakenInstead<Pass, L, X>::other_rank;
template <std::size_t number, class L, class X>
inline constexpr bool layer_takes = false;

/// Says why layer L, which has this number, does not take an X.
template <std::size_t number, class L, class X, class Pass>
struct RefusedInput {
  static_assert(
      layer_is_given_a_tensor<number, L, X>,
      "sequential: a layer is given what is no tensor, such as the output and the states of an Lstm or a Gru; "
      "LastStep or AllSteps, put between them, pass on the tensor that is wanted");
  static_assert(layer_is_given_its_scalar<number, L, X, Pass>,
                "sequential: a layer is given a tensor of another scalar than its own");
  static_assert(layer_is_given_its_rank<number, L, X, Pass>,
                "sequential: a layer is given a tensor of another rank than it takes");
  static constexpr bool said_more = !layer_is_given_a_tensor<number, L, X> ||
                                    !layer_is_given_its_scalar<number, L, X, Pass> ||
                                    !layer_is_given_its_rank<number, L, X, Pass>;
  static_assert(said_more || layer_takes<number, L, X>, "sequential: a layer does not take what it is given");
};

/// Follows an X through layers: `fits` where all take what comes to them, and else `refused`, a RefusedInput.
template <class Pass, std::size_t number, class X, class... Layers>
struct Path {
  static constexpr bool fits = true;
};
template <class Pass, std::size_t number, class X, class L, class... Rest>
struct Path<Pass, number, X, L, Rest...> {
  static constexpr bool fits = false;
  using Refused = RefusedInput<number, L, std::remove_cvref_t<X>, Pass>;
};
template <class Pass, std::size_t number, class X, class L, class... Rest>
requires(Pass::template takes<L, X>) struct Path<Pass, number, X, L, Rest...>
    : Path<Pass, number + 1, typename Pass::template Output<L, X>, Rest...> {
};

template <std::size_t number, class L>
inline constexpr bool layer_has_a_context = std::default_initializable<typename L::Context>;
template <std::size_t number, class L>
requires(!requires { typename L::Context; }) inline constexpr bool layer_has_a_context<number, L> = false;
template <std::size_t number, class L>
inline constexpr bool layer_can_be_visited = requires(L& layer, const AnyVisitor& visitor, const Name& name) {
  layer.visit(visitor, name);
};
template <std::size_t number, class L>
inline constexpr bool layer_can_be_moved = std::move_constructible<L>;

/// L as a layer with this number; says what it lacks.
template <std::size_t number, class L>
struct CheckedLayer {
  static_assert(layer_can_be_moved<number, L>, "sequential: a layer can be moved");
  static_assert(layer_has_a_context<number, L>,
                "sequential: a layer has a type Context that begins empty: what its forward keeps for its backward");
  static_assert(layer_can_be_visited<number, L>,
                "sequential: a layer has a visit(visitor, name), which shows its parameters; without any it is empty");
};
template <class Numbers, class... Layers>
struct CheckedLayers;
template <std::size_t... number, class... Layers>
struct CheckedLayers<std::index_sequence<number...>, Layers...> : CheckedLayer<number, Layers>... {};

/// The Context of a layer, and none of what is no layer, of which enough is said already.
template <class L>
struct ContextOf {
  struct Type {};
};
template <class L>
requires requires { typename L::Context; }
struct ContextOf<L> {
  using Type = typename L::Context;
};

template <std::size_t number, class L, class D>
inline constexpr bool layer_goes_back_from = requires(L& layer, D dy, const typename ContextOf<L>::Type& context) {
  layer.backward(std::forward<D>(dy), context);
};
template <std::size_t number, class L, class D>
struct CheckedBackward {
  static_assert(layer_goes_back_from<number, L, D>,
                "sequential: a layer has no backward(dy, context) for the gradient that comes back to it");
};

/// A layer without any output_shape may be a model, which has `summarize`.
template <std::size_t number, class L, std::size_t Rank>
inline constexpr bool layer_takes_shape_of_rank =
    HasOutputShape<L, Rank> || !(HasOutputShape<L, 1> || HasOutputShape<L, 2> || HasOutputShape<L, 3> ||
                                 HasOutputShape<L, 4> || HasOutputShape<L, 5>);
template <std::size_t number, class L, std::size_t Rank>
struct CheckedShape {
  static_assert(layer_takes_shape_of_rank<number, L, Rank>,
                "summary: a layer is given a shape of another rank than it takes; the batch counts too");
};

}  // namespace pupil::detail
