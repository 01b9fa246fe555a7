#pragma once
// What makes a type a layer, as concepts, so that a mistake is reported where it was made.

#include <concepts>
#include <cstddef>
#include <utility>

#include <pupil/core/shape.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

namespace detail {

struct AnyVisitor {
  template <class Item>
  void operator()(const Name&, Item&) const {}
};

/// Whether a layer that is made of others says that these fit together for an X, by its `fits<X>`. That a forward can
/// be called does not tell: its result is only known by compiling it.
template <class L, class X>
inline constexpr bool admits = true;
template <class L, class X>
requires requires { L::template fits<X>; }
inline constexpr bool admits<L, X> = L::template fits<X>;

/// For a backward whose caller does not ask which parts are finished.
struct NobodyAsks {
  template <class Part>
  void operator()(Part&) const {}
};

}  // namespace detail

/// A layer can be moved, has a Context that begins empty, and lets its parameters and state be visited. pupil's own
/// notice a context that is given to two forwards (see UnreadForward) and that they were moved from (see MoveMark).
template <class L>
concept Layer = std::move_constructible<L> && std::default_initializable<typename L::Context> &&
    requires(L& layer, const detail::AnyVisitor& visitor, const Name& name) {
  layer.visit(visitor, name);
};

/// A layer that takes an X in inference. X may be a reference: `const Tensor<float, 4>&`.
template <class L, class X>
concept InfersFrom = detail::admits<L, X> && requires(const L& layer, X x) {
  layer.forward(std::forward<X>(x));
};

/// A layer that takes an X in training.
template <class L, class X>
concept TrainsOn = detail::admits<L, X> && requires(L& layer, X x, typename L::Context& context) {
  layer.forward(std::forward<X>(x), context);
};

/// A layer that can go back from a D without the gradient of its input.
template <class L, class D>
concept HasBackwardParameters = requires(L& layer, D dy, const typename L::Context& context) {
  layer.backward_parameters(std::forward<D>(dy), context);
};

namespace detail {

/// A layer that says what shape comes out of it (see nn/summary.hpp).
template <class L, std::size_t Rank>
concept HasOutputShape = requires(const L& layer, const Shape<Rank>& x) {
  layer.output_shape(x);
};

}  // namespace detail

}  // namespace pupil
