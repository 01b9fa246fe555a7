#pragma once
// Concat: what several layers give for the same x, side by side along the last dimension, as one layer. In PyTorch it
// is written in a module's forward: torch.cat([self[0](x), self[1](x), ...], 1), of images that have channels second.
//
//   y = [branch 0 (x), branch 1 (x), ...]      dx = the sum of what the branches' backward give for their part of dy
//
// So a level of a U-Net (Ronneberger, Fischer, Brox, "U-Net", 2015) is the image beside what comes from below:
//
//   Concat skip{Identity(), Sequential{MaxPool2d<float>({.kernel_size = 2}), lower, Upsample2d<float>({...})}};
//
// Parameters have the names of an nn.ModuleList: "0.weight", "1.2.bias".

#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor_layout.hpp>
#include <pupil/nn/branches.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// The branches take the same type, tensors or tokens, and give tensors that differ in the last extent at most.
template <Layer... Layers>
class Concat {
 public:
  struct Context {
    typename detail::Branches<Layers...>::Contexts branches;
    Index rows = 0;                                      ///< of the output
    std::array<Index, sizeof...(Layers) + 1> columns{};  ///< where in a row each branch begins, and where the row ends
    UnreadForward unread{};
  };

  explicit Concat(Layers... layers) : branches_(std::move(layers)...) {}

  /// Branches that give [..., A], [..., B] and so on make [..., A + B + ...]. Throws ShapeError where other extents
  /// differ.
  template <class X>
  auto forward(X&& x) const {
    return joined(branches_.infer(std::forward<X>(x)));
  }

  template <class X>
  auto forward(X&& x, Context& context) {
    const detail::EmptiedByException emptied(context);
    context.unread.begin("concat");
    const auto outputs = branches_.train(std::forward<X>(x), context.branches);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      context.columns[i + 1] = context.columns[i] + outputs[i].columns();
    }
    auto y = joined(outputs);
    context.rows = y.rows();
    return y;
  }

  /// dx, or nothing where the branches give none, as Embeddings.
  template <class T, std::size_t Rank>
  auto backward(const Tensor<T, Rank>& dy, const Context& context) {
    check(dy, context);
    return branches_.backward([&](auto i) { return part(dy, context, i); }, context.branches);
  }

  /// The same without dx.
  template <class T, std::size_t Rank>
  void backward_parameters(const Tensor<T, Rank>& dy, const Context& context) {
    check(dy, context);
    branches_.backward_parameters([&](auto i) { return part(dy, context, i); }, context.branches);
  }

  /// One line a layer; see nn/summary.hpp.
  template <class Table, std::size_t Rank>
  auto summarize(Table& table, const Name& name, const Shape<Rank>& x) const {
    return joined_shape(branches_.summarize(
        table, [&](auto i) { return name / i.value; }, x));
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
  static Shape<Rank> joined_shape(const std::array<Shape<Rank>, Count>& outputs) {
    Shape<Rank> joined = outputs[0];
    for (std::size_t i = 1; i < Count; ++i) {
      Shape<Rank> expected = outputs[0];
      expected[Rank - 1] = outputs[i][Rank - 1];
      require<ShapeError>(outputs[i] == expected, "concat: branch 0 gives ", outputs[0], " and branch ", i, " ",
                          outputs[i], ", which differ in more than the last extent");
      joined[Rank - 1] += outputs[i][Rank - 1];
    }
    return joined;
  }

  template <class T, std::size_t Rank, std::size_t Count>
  static Tensor<T, Rank> joined(const std::array<Tensor<T, Rank>, Count>& outputs) {
    static_cast<void>(joined_shape(detail::shapes_of(outputs)));  // which throws where it has none
    return concatenate(std::span<const Tensor<T, Rank>>(outputs), Rank - 1);
  }

  template <class T, std::size_t Rank>
  static void check(const Tensor<T, Rank>& dy, const Context& context) {
    context.unread.require_forward("concat");
    require<ShapeError>(dy.rows() == context.rows && dy.columns() == context.columns.back(), "concat: the gradient ",
                        dy.shape(), " does not fit the output, which has ", context.rows, " rows of ",
                        context.columns.back(), " features");
    context.unread.end();
  }

  /// dy of branch i.
  template <class T, std::size_t Rank>
  static Tensor<T, Rank> part(const Tensor<T, Rank>& dy, const Context& context, std::size_t i) {
    return slice(dy, Rank - 1, context.columns[i], context.columns[i + 1]);
  }

  detail::Branches<Layers...> branches_;
};

/// A Concat in braces is a branch like others. A copy is made by `Concat copy = skip` or `auto copy = skip`.
template <Layer... Layers>
explicit Concat(Concat<Layers...>) -> Concat<Concat<Layers...>>;

}  // namespace pupil
