#pragma once
// Sequential: layers one after another, as one layer. PyTorch's twin is nn.Sequential, and parameters have its names:
// "0.weight", "2.bias".
//
//   Sequential net{Conv2d<float>({...}, rng), Relu<float>(), Flatten<float>(), Dense<float>({...}, rng)};
//   decltype(net)::Context context;

#include <tuple>
#include <type_traits>
#include <utility>

#include <pupil/nn/layer.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/sequential_checks.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

namespace detail {

/// What a recurrent layer gives back: the gradient of x, and that of the initial state, which in a Sequential is zero
/// and no layer before it has made.
template <class D>
concept IsGradientOfSequences = requires(D& gradient) {
  gradient.input;
  gradient.initial_state;
};

}  // namespace detail

/// Each layer takes what the one before it gives, whatever its type and rank; what a recurrent layer gives, LastStep
/// and AllSteps take. A Sequential is a layer too and may be part of another; without layers it is the identity. What
/// does not fit does not compile, and the compiler says which layer it is (nn/sequential_checks.hpp).
template <class... Layers>
class Sequential {
  static_assert(sizeof(detail::CheckedLayers<std::index_sequence_for<Layers...>, Layers...>) > 0);

 public:
  /// One context a layer.
  using Context = std::tuple<typename detail::ContextOf<Layers>::Type...>;

  explicit Sequential(Layers... layers) : layers_(std::move(layers)...) {}

  /// What the last layer gives. Move x in where it is not needed any more.
  template <class X>
  auto forward(X&& x) const {
    using Path = detail::Path<detail::InferencePass, 0, X&&, Layers...>;
    if constexpr (Path::fits) {
      return infer<0>(std::forward<X>(x));
    } else {
      static_assert(sizeof(typename Path::Refused) > 0);
    }
  }

  template <class X>
  auto forward(X&& x, Context& context) {
    using Path = detail::Path<detail::TrainingPass, 0, X&&, Layers...>;
    if constexpr (Path::fits) {
      const detail::EmptiedByException emptied(context);
      return train<0>(std::forward<X>(x), context);
    } else {
      static_assert(sizeof(typename Path::Refused) > 0);
    }
  }

  /// What the first layer's backward gives: dx, or nothing where an Embedding comes first. dy is what the last layer's
  /// backward takes. Calls `finished(layer)` for each layer, from the last to the first, when its gradients are
  /// complete; others are then still to be computed, so these can be sent meanwhile (see DistributedGradients).
  template <class D, class Finished = detail::NobodyAsks>
  auto backward(D&& dy, const Context& context, Finished&& finished = {}) {
    return propagate<sizeof...(Layers), true>(std::forward<D>(dy), context, finished);
  }

  /// The same without dx, for a network whose input nobody trains: of a first convolution of few channels, dx takes
  /// longer than the gradients of its weights. Layers that have no way to do without compute it.
  template <class D, class Finished = detail::NobodyAsks>
  void backward_parameters(D&& dy, const Context& context, Finished&& finished = {}) {
    static_cast<void>(propagate<sizeof...(Layers), false>(std::forward<D>(dy), context, finished));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visit_each(visitor, name, std::index_sequence_for<Layers...>{});
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table, std::size_t Rank>
  auto summarize(Table& table, const Name& name, const Shape<Rank>& x) const {
    return summarize_from<0>(table, name, x);
  }

  // Calls that are mistakes, each with its sentence.
  template <class X>
  auto forward(X&&, Context&&) const {
    static_assert(detail::may_be_called_so<X>,
                  "sequential: the context is a temporary; forward keeps in it what backward needs: give a variable");
  }
  template <class X>
  auto forward(X&&, Context&) const {
    static_assert(detail::may_be_called_so<X>,
                  "sequential: the model is const, and training changes it; forward(x) without a context is inference");
  }
  template <class D>
  auto backward(D&&) {
    static_assert(detail::may_be_called_so<D>,
                  "sequential: backward(dy, context) needs the context that forward(x, context) has filled");
  }

  static constexpr Index size() { return sizeof...(Layers); }

  /// Whether each layer takes what the one before it gives for an X.
  template <class X>
  static constexpr bool fits = detail::Path<detail::InferencePass, 0, X, Layers...>::fits&&
      detail::Path<detail::TrainingPass, 0, X, Layers...>::fits;

  /// Layer I, counted from 0.
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

  // x has come through the layers before I.
  template <std::size_t I, class X>
  auto infer(X&& x) const {
    if constexpr (I == sizeof...(Layers)) {
      return std::forward<X>(x);
    } else {
      return infer<I + 1>(get<I>().forward(std::forward<X>(x)));
    }
  }

  template <std::size_t I, class X>
  auto train(X&& x, Context& context) {
    if constexpr (I == sizeof...(Layers)) {
      return std::forward<X>(x);
    } else {
      return train<I + 1>(get<I>().forward(std::forward<X>(x), std::get<I>(context)), context);
    }
  }

  // dy has come back to the output of the layer before I.
  template <std::size_t I, bool wants_dx, class D, class Finished>
  auto propagate(D&& dy, const Context& context, Finished& finished) {
    if constexpr (I == 0) {
      return std::forward<D>(dy);
    } else if constexpr (!detail::layer_goes_back_from<I - 1, LayerAt<I - 1>, D&&>) {
      static_assert(sizeof(detail::CheckedBackward<I - 1, LayerAt<I - 1>, D&&>) > 0);
    } else if constexpr (I == 1 && !wants_dx && HasBackwardParameters<LayerAt<0>, D&&>) {
      get<0>().backward_parameters(std::forward<D>(dy), std::get<0>(context));
      finished(get<0>());
    } else if constexpr (std::is_void_v<decltype(back_through<I - 1>(std::forward<D>(dy), context))>) {
      static_assert(I == 1, "sequential: only the first layer may give no gradient of its input");
      back_through<I - 1>(std::forward<D>(dy), context);
      finished(get<I - 1>());
    } else {
      auto dx = back_through<I - 1>(std::forward<D>(dy), context);
      finished(get<I - 1>());
      if constexpr (I > 1 && detail::IsGradientOfSequences<decltype(dx)>) {
        return propagate<I - 1, wants_dx>(std::move(dx.input), context, finished);
      } else {
        return propagate<I - 1, wants_dx>(std::move(dx), context, finished);
      }
    }
  }
  template <std::size_t I, class D>
  auto back_through(D&& dy, const Context& context) {
    return get<I>().backward(std::forward<D>(dy), std::get<I>(context));
  }

  // x comes out of the layer before I.
  template <std::size_t I, class Table, std::size_t Rank>
  auto summarize_from(Table& table, const Name& name, const Shape<Rank>& x) const {
    if constexpr (I == sizeof...(Layers)) {
      return x;
    } else if constexpr (!detail::layer_takes_shape_of_rank<I, LayerAt<I>, Rank>) {
      static_assert(sizeof(detail::CheckedShape<I, LayerAt<I>, Rank>) > 0);
      return x;
    } else {
      return summarize_from<I + 1>(table, name, table.add(name / static_cast<Index>(I), get<I>(), x));
    }
  }

  template <class Visitor, std::size_t... I>
  void visit_each(Visitor& visitor, const Name& name, std::index_sequence<I...>) {
    (get<I>().visit(visitor, name / static_cast<Index>(I)), ...);
  }

  std::tuple<Layers...> layers_;
};

/// A Sequential in braces is a layer like others, as in nn.Sequential(inner): its names begin with "0.". A copy is made
/// by `Sequential copy = net` or `auto copy = net`.
template <Layer... Layers>
explicit Sequential(Sequential<Layers...>) -> Sequential<Sequential<Layers...>>;

}  // namespace pupil
