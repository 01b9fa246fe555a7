#pragma once
// Residual: a layer around which its input goes too. He, Zhang, Ren, Sun, "Deep residual learning for image
// recognition", 2016. In PyTorch it is written in a module's forward: self.inner(x) + self.shortcut(x).
//
//   y = inner(x) + shortcut(x)      dx = inner's backward of dy + shortcut's backward of dy
//
// The shortcut is x itself, or a layer that gives x the shape of the inner one's output. Parameters are named
// "inner.weight" and "shortcut.weight".
//
//   Residual block{Sequential{conv, norm, Relu<float>(), conv, norm}};
//   Residual wider{Sequential{...}, Conv2d<float>({.in_channels = 16, .out_channels = 32}, rng)};

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/branches.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// Inner may be a Sequential, or any layer that takes one tensor and gives one.
template <Layer Inner, Layer Shortcut = Identity>
class Residual {
 public:
  using Context = typename detail::Branches<Inner, Shortcut>::Contexts;

  explicit Residual(Inner inner, Shortcut shortcut = Shortcut()) : branches_(std::move(inner), std::move(shortcut)) {}

  /// Throws ShapeError where the inner layer and the shortcut give different shapes.
  template <class X>
  auto forward(X&& x) const {
    return sum_of(branches_.infer(std::forward<X>(x)));
  }

  template <class X>
  auto forward(X&& x, Context& context) {
    const detail::EmptiedByException emptied(context);
    return sum_of(branches_.train(std::forward<X>(x), context));
  }

  template <class D>
  auto backward(D&& dy, const Context& context) {
    return branches_.backward_of_sum(std::forward<D>(dy), context);
  }

  /// As backward, without dx.
  template <class D>
  void backward_parameters(D&& dy, const Context& context) {
    branches_.backward_parameters_of_sum(std::forward<D>(dy), context);
  }

  /// One line a layer, and none for a shortcut that is x itself; see nn/summary.hpp.
  template <class Table, std::size_t Rank>
  auto summarize(Table& table, const Name& name, const Shape<Rank>& x) const {
    const auto y = table.add(name / names[0], inner(), x);
    if constexpr (std::is_same_v<Shortcut, Identity>) {
      check(y, x);
    } else {
      check(y, table.add(name / names[1], shortcut(), x));
    }
    return y;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    branches_.visit(visitor, [&](auto i) { return name / names[i]; });
  }

  /// Whether the layers take an X, and give what can be joined.
  template <class X>
  static constexpr bool fits = detail::Branches<Inner, Shortcut>::template fit<std::remove_cvref_t<X>>();

  Inner& inner() { return branches_.template get<0>(); }
  const Inner& inner() const { return branches_.template get<0>(); }
  Shortcut& shortcut() { return branches_.template get<1>(); }
  const Shortcut& shortcut() const { return branches_.template get<1>(); }

 private:
  static constexpr std::array<std::string_view, 2> names{"inner", "shortcut"};

  template <std::size_t Rank>
  static void check(const Shape<Rank>& inner, const Shape<Rank>& shortcut) {
    require<ShapeError>(inner == shortcut, "residual: the inner layer gives ", inner, " and the shortcut ", shortcut,
                        ", which have no sum");
  }

  template <class T, std::size_t Rank>
  static Tensor<T, Rank> sum_of(std::array<Tensor<T, Rank>, 2> outputs) {
    check(outputs[0].shape(), outputs[1].shape());
    return detail::sum_of(std::move(outputs));
  }

  detail::Branches<Inner, Shortcut> branches_;
};

/// A Residual in braces is an inner layer like others. A copy is made by `Residual copy = block` or `auto copy =
/// block`.
template <Layer Inner, Layer Shortcut>
explicit Residual(Residual<Inner, Shortcut>) -> Residual<Residual<Inner, Shortcut>>;

}  // namespace pupil
