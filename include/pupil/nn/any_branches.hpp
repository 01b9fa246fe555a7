#pragma once
// AnyAdd, AnyConcat and AnyResidual: what Add, Concat and Residual are, of branches that a program chooses at run time
// or reads from a file. Parameters have the names that they have there: "0.weight", "inner.weight", "shortcut.weight".
//
//   AnyConcat<float> skip({Identity(), AnySequential<float>(Sequential{pool, conv, upsample})});
//   AnyResidual<float> block({AnySequential<float>(Sequential{conv, norm, relu}), Identity()});

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/tensor_layout.hpp>
#include <pupil/kernels/pointwise/add.hpp>
#include <pupil/nn/any_layer.hpp>
#include <pupil/nn/any_tensor.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/name.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// What becomes of the outputs of several branches.
enum class Joining {
  add,       ///< their sum
  concat,    ///< one tensor, in which they are side by side along the last dimension
  residual,  ///< the sum of what an inner layer and a shortcut give
};

namespace detail {

/// Who errors speak of.
constexpr std::string_view name_of(Joining joining) {
  return joining == Joining::add ? "add" : joining == Joining::concat ? "concat" : "residual";
}

/// The shape of what outputs of these shapes become. Throws ShapeError where they cannot be joined.
inline AnyShape shape_of_joined(Joining joining, const std::vector<AnyShape>& outputs) {
  AnyShape joined = outputs[0];
  for (std::size_t i = 1; i < outputs.size(); ++i) {
    AnyShape expected = outputs[0];
    if (joining == Joining::concat && outputs[i].rank() == expected.rank()) {
      const std::size_t last = expected.rank() - 1;
      expected[last] = outputs[i][last];
      joined[last] += outputs[i][last];
    }
    require<ShapeError>(
        outputs[i] == expected, name_of(joining), ": branch 0 gives ", outputs[0], " and branch ", i, ' ', outputs[i],
        joining == Joining::concat ? ", which differ in more than the last extent" : ", which have no sum");
  }
  return joined;
}

template <class T, std::size_t Rank>
Tensor<T, Rank> join(Joining joining, std::vector<AnyTensor<T>> outputs) {
  std::vector<Tensor<T, Rank>> tensors;
  for (AnyTensor<T>& output : outputs) tensors.push_back(std::move(output).template get<Rank>());
  if (joining == Joining::concat) return concatenate(tensors, Rank - 1);
  for (std::size_t i = 1; i < tensors.size(); ++i) kernels::add_to(tensors[0], tensors[i]);
  return std::move(tensors[0]);
}

/// What these outputs become. Throws ShapeError where they cannot be joined.
template <class T>
AnyTensor<T> join(Joining joining, std::vector<AnyTensor<T>> outputs) {
  std::vector<AnyShape> shapes;
  for (const AnyTensor<T>& output : outputs) shapes.push_back(output.shape());
  static_cast<void>(shape_of_joined(joining, shapes));
  AnyTensor<T> joined;
  const auto join_as = [&]<std::size_t Rank>(const Tensor<T, Rank>&) {
    joined = join<T, Rank>(joining, std::move(outputs));
  };
  if (!use_held(outputs[0], join_as)) {
    throw ShapeError(message(name_of(joining), ": branch 0 gives ", outputs[0].kind(), ", which cannot be joined"));
  }
  return joined;
}

/// The features [begin, end) of a gradient.
template <class T>
AnyTensor<T> features(const AnyTensor<T>& dy, Index begin, Index end) {
  AnyTensor<T> selected;
  const auto select_from = [&]<std::size_t Rank>(const Tensor<T, Rank>& tensor) {
    selected = slice(tensor, Rank - 1, begin, end);
  };
  if (!use_held(dy, select_from)) throw ShapeError(message("concat: the gradient is ", dy.kind()));
  return selected;
}

}  // namespace detail

/// Layers that are given the same tensor, and whose outputs are joined; a layer itself. A residual has two: the inner
/// layer and the shortcut, which is Identity() where x itself goes around.
template <class T, Joining joining>
class AnyBranches {
 public:
  struct Context {
    std::vector<typename AnyLayer<T>::Context> branches;  ///< one a branch
    AnyShape output;
    std::vector<Index> ends;  ///< of a concat: where each branch's features end in the output
    UnreadForward unread{};
  };

  /// Throws OptionError where there is no branch, or for a residual where there are not two.
  explicit AnyBranches(std::vector<AnyLayer<T>> branches) : branches_(std::move(branches)) {
    if constexpr (joining == Joining::residual) {
      require<OptionError>(size() == 2, "residual: takes an inner layer and a shortcut, not ", size(), " layers");
    } else {
      require<OptionError>(size() > 0, detail::name_of(joining), ": there must be at least one layer");
    }
  }

  /// Throws ShapeError where the branches' outputs cannot be joined.
  AnyTensor<T> forward(AnyTensor<T> x) const {
    std::vector<AnyTensor<T>> outputs;
    for (const AnyLayer<T>& branch : branches_) outputs.push_back(branch.forward(for_branch(x, outputs.size())));
    return detail::join(joining, std::move(outputs));
  }

  AnyTensor<T> forward(AnyTensor<T> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    context.unread.begin(detail::name_of(joining));
    context.branches.resize(branches_.size());
    context.ends.clear();
    std::vector<AnyTensor<T>> outputs;
    for (std::size_t i = 0; i < branches_.size(); ++i) {
      outputs.push_back(branches_[i].forward(for_branch(x, i), context.branches[i]));
      const AnyShape shape = outputs.back().shape();
      context.ends.push_back((i == 0 ? 0 : context.ends.back()) + (shape.rank() == 0 ? 0 : shape[shape.rank() - 1]));
    }
    AnyTensor<T> y = detail::join(joining, std::move(outputs));
    context.output = y.shape();
    return y;
  }

  /// dx; none where the branches give none, as Embeddings. Throws ShapeError where dy does not fit the output, or where
  /// some branches give a dx and others none; ContextError for the context of no forward.
  AnyTensor<T> backward(AnyTensor<T> dy, const Context& context) {
    check(dy, context);
    std::vector<AnyTensor<T>> gradients;
    for (std::size_t i = 0; i < branches_.size(); ++i) {
      gradients.push_back(branches_[i].backward(gradient_for(dy, context, i), context.branches[i]));
      require<ShapeError>(gradients[i].has_value() == gradients[0].has_value(), detail::name_of(joining),
                          ": some branches give a gradient of the input, others none");
    }
    return gradients[0].has_value() ? detail::join(Joining::add, std::move(gradients)) : AnyTensor<T>();
  }

  /// The same without dx.
  void backward_parameters(AnyTensor<T> dy, const Context& context) {
    check(dy, context);
    for (std::size_t i = 0; i < branches_.size(); ++i) {
      branches_[i].backward_parameters(gradient_for(dy, context, i), context.branches[i]);
    }
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    for (Index i = 0; i < size(); ++i) (*this)[i].visit(visitor, name_of(name, i));
  }

  /// The shape that comes out for an x of this shape, or throws.
  AnyShape output_shape(const AnyShape& x) const {
    std::vector<AnyShape> outputs;
    for (const AnyLayer<T>& branch : branches_) outputs.push_back(branch.output_shape(x));
    return detail::shape_of_joined(joining, outputs);
  }

  /// One line a layer, and none for a shortcut that is x itself; see nn/summary.hpp.
  AnyShape summarize(ModelSummary& table, const Name& name, const AnyShape& x) const {
    std::vector<AnyShape> outputs;
    for (Index i = 0; i < size(); ++i) {
      const bool is_x = joining == Joining::residual && (*this)[i].template as<Identity>() != nullptr;
      outputs.push_back(is_x ? x : (*this)[i].summarize(table, name_of(name, i), x));
    }
    return detail::shape_of_joined(joining, outputs);
  }

  Index size() const { return static_cast<Index>(branches_.size()); }

  /// Branch i, counted from 0. Throws IndexError where there is none.
  AnyLayer<T>& operator[](Index i) { return branches_[checked(i)]; }
  const AnyLayer<T>& operator[](Index i) const { return branches_[checked(i)]; }

  /// What branch i is called, where this layer is called `name`.
  static Name name_of(const Name& name, Index i) {
    if constexpr (joining == Joining::residual) {
      return name / (i == 0 ? "inner" : "shortcut");
    } else {
      return name / i;
    }
  }

 private:
  /// The last branch may have what all are given as its own; the others get a copy.
  AnyTensor<T> for_branch(AnyTensor<T>& given, std::size_t i) const {
    if (i + 1 == branches_.size()) return std::move(given);
    return given;
  }

  AnyTensor<T> gradient_for(AnyTensor<T>& dy, const Context& context, std::size_t i) const {
    if constexpr (joining == Joining::concat) {
      return detail::features(dy, i == 0 ? 0 : context.ends[i - 1], context.ends[i]);
    } else {
      return for_branch(dy, i);
    }
  }

  void check(const AnyTensor<T>& dy, const Context& context) const {
    context.unread.require_forward(detail::name_of(joining));
    require<ContextError>(context.branches.size() == branches_.size(), detail::name_of(joining), ": the context is of ",
                          context.branches.size(), " branches, not of ", branches_.size());
    require<ShapeError>(dy.shape() == context.output, detail::name_of(joining), ": the gradient ", dy.shape(),
                        " does not fit the output ", context.output);
    context.unread.end();
  }

  std::size_t checked(Index i) const {
    require<IndexError>(i >= 0 && i < size(), detail::name_of(joining), ": there is no layer ", i, " of ", size());
    return static_cast<std::size_t>(i);
  }

  std::vector<AnyLayer<T>> branches_;
};

/// The sum of what layers give for the same x; see nn/add.hpp.
template <class T>
using AnyAdd = AnyBranches<T, Joining::add>;
/// What layers give for the same x, side by side; see nn/concat.hpp.
template <class T>
using AnyConcat = AnyBranches<T, Joining::concat>;
/// A layer around which its input goes too, itself or through a shortcut; see nn/residual.hpp.
template <class T>
using AnyResidual = AnyBranches<T, Joining::residual>;

}  // namespace pupil
