#pragma once
// Add: the sum of what several layers give for the same x, as one layer. In PyTorch it is written in a module's
// forward: self[0](x) + self[1](x) + ...
//
//   y = branch 0 (x) + branch 1 (x) + ...      dx = the sum of what the branches' backward give for dy
//
// Parameters have the names of an nn.ModuleList: "0.weight", "1.bias".

#include <array>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/branches.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// The branches take the same type, tensors or tokens, and give tensors of one shape. x + f(x) is a Residual.
template <Layer... Layers>
class Add {
 public:
  using Context = typename detail::Branches<Layers...>::Contexts;

  explicit Add(Layers... layers) : branches_(std::move(layers)...) {}

  /// Throws ShapeError where the branches' outputs have different shapes.
  template <class X>
  auto forward(X&& x) const {
    return sum_of(branches_.infer(std::forward<X>(x)));
  }

  template <class X>
  auto forward(X&& x, Context& context) {
    const detail::EmptiedByException emptied(context);
    return sum_of(branches_.train(std::forward<X>(x), context));
  }

  /// dx, or nothing where the branches give none, as Embeddings.
  template <class D>
  auto backward(D&& dy, const Context& context) {
    return branches_.backward_of_sum(std::forward<D>(dy), context);
  }

  /// The same without dx.
  template <class D>
  void backward_parameters(D&& dy, const Context& context) {
    branches_.backward_parameters_of_sum(std::forward<D>(dy), context);
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table, std::size_t Rank>
  auto summarize(Table& table, const Name& name, const Shape<Rank>& x) const {
    const auto outputs = branches_.summarize(
        table, [&](auto i) { return name / i.value; }, x);
    check(outputs);
    return outputs[0];
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    branches_.visit(visitor, [&](auto i) { return name / i.value; });
  }

  /// Whether the layers take an X, and give what can be joined.
  template <class X>
  static constexpr bool fits = detail::Branches<Layers...>::template fit<std::remove_cvref_t<X>>();

  /// Branch I, counted from 0.
  template <std::size_t I>
  auto& get() {
    return branches_.template get<I>();
  }
  template <std::size_t I>
  const auto& get() const {
    return branches_.template get<I>();
  }

 private:
  template <std::size_t Rank, std::size_t Count>
  static void check(const std::array<Shape<Rank>, Count>& outputs) {
    for (std::size_t i = 1; i < Count; ++i) {
      require<ShapeError>(outputs[i] == outputs[0], "add: branch 0 gives ", outputs[0], " and branch ", i, " ",
                          outputs[i], ", which have no sum");
    }
  }

  template <class T, std::size_t Rank, std::size_t Count>
  static Tensor<T, Rank> sum_of(std::array<Tensor<T, Rank>, Count> outputs) {
    check(detail::shapes_of(outputs));
    return detail::sum_of(std::move(outputs));
  }

  detail::Branches<Layers...> branches_;
};

/// An Add in braces is a branch like others. A copy is made by `Add copy = sum` or `auto copy = sum`.
template <Layer... Layers>
explicit Add(Add<Layers...>) -> Add<Add<Layers...>>;

}  // namespace pupil
