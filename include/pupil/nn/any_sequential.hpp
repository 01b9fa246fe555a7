#pragma once
// AnySequential: layers one after another, as many and of such types as a program chooses at run time. Names of
// parameters are those of Sequential, and of PyTorch's nn.Sequential: "0.weight", "2.bias".
//
//   AnySequential<float> net;
//   for (const Index width : widths) net.add(Dense<float>({...}, rng)).add(Relu<float>());
//   auto scores = net.forward(images).get<2>();

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/nn/add.hpp>
#include <pupil/nn/all_steps.hpp>
#include <pupil/nn/any_branches.hpp>
#include <pupil/nn/any_layer.hpp>
#include <pupil/nn/any_tensor.hpp>
#include <pupil/nn/concat.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/last_step.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/name.hpp>
#include <pupil/nn/residual.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/nn/unread_forward.hpp>

namespace pupil {

/// Each layer takes what the one before it gives. An AnySequential is a layer too and may be part of another; without
/// layers it is the identity.
template <class T>
class AnySequential {
 public:
  struct Context {
    std::vector<typename AnyLayer<T>::Context> layers;  ///< one a layer
  };

  AnySequential() = default;
  explicit AnySequential(std::vector<AnyLayer<T>> layers) : layers_(std::move(layers)) {}
  /// The layers of a Sequential. A Sequential, Add, Concat or Residual among them becomes one of any layers too; a
  /// recurrent layer and its LastStep a LastStepOf and an Identity. AllSteps becomes an Identity: an AnyLayer gives the
  /// output of every step anyway.
  template <class... Layers>
  explicit AnySequential(Sequential<Layers...> layers) : layers_(erased_parts<Layers...>(layers)) {}

  /// Puts a layer behind the others.
  AnySequential& add(AnyLayer<T> layer) {
    layers_.push_back(std::move(layer));
    return *this;
  }

  /// What the last layer gives. Throws what a layer throws, and ShapeError where a layer takes no tensors of the rank
  /// that the one before it gives.
  AnyTensor<T> forward(AnyTensor<T> x) const {
    for (const AnyLayer<T>& layer : layers_) x = layer.forward(std::move(x));
    return x;
  }

  AnyTensor<T> forward(AnyTensor<T> x, Context& context) {
    const detail::EmptiedByException emptied(context);
    context.layers.resize(layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) x = layers_[i].forward(std::move(x), context.layers[i]);
    return x;
  }

  /// What the first layer's backward gives. `finished(layer)` is called as Sequential's. Throws ContextError for a
  /// context that is not of a forward of as many layers.
  template <class Finished = detail::NobodyAsks>
  AnyTensor<T> backward(AnyTensor<T> dy, const Context& context, Finished&& finished = {}) {
    return propagate(std::move(dy), context, finished, true);
  }

  /// The same without dx, for a network whose input nobody trains.
  template <class Finished = detail::NobodyAsks>
  void backward_parameters(AnyTensor<T> dy, const Context& context, Finished&& finished = {}) {
    static_cast<void>(propagate(std::move(dy), context, finished, false));
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].visit(visitor, name / i);
  }

  /// The shape that comes out for an x of this shape, or throws.
  AnyShape output_shape(AnyShape x) const {
    for (const AnyLayer<T>& layer : layers_) x = layer.output_shape(x);
    return x;
  }

  /// One line a layer; see nn/summary.hpp.
  AnyShape summarize(ModelSummary& table, const Name& name, AnyShape x) const {
    for (std::size_t i = 0; i < layers_.size(); ++i) x = layers_[i].summarize(table, name / i, x);
    return x;
  }

  /// What layer i is called, where this one is called `name`.
  static Name name_of(const Name& name, Index i) { return name / i; }

  Index size() const { return static_cast<Index>(layers_.size()); }

  /// Layer i, counted from 0. Throws IndexError where there is none.
  AnyLayer<T>& operator[](Index i) { return layers_[checked(i)]; }
  const AnyLayer<T>& operator[](Index i) const { return layers_[checked(i)]; }

 private:
  template <class L>
  static AnyLayer<T> erased(L layer) {
    return layer;
  }
  static AnyLayer<T> erased(LastStep<T>) { return Identity(); }
  static AnyLayer<T> erased(AllSteps<T>) { return Identity(); }
  template <class... Layers>
  static AnyLayer<T> erased(Sequential<Layers...> layers) {
    return AnySequential(std::move(layers));
  }
  template <class... Layers>
  static AnyLayer<T> erased(Add<Layers...> layers) {
    return AnyAdd<T>(erased_parts<Layers...>(layers));
  }
  template <class... Layers>
  static AnyLayer<T> erased(Concat<Layers...> layers) {
    return AnyConcat<T>(erased_parts<Layers...>(layers));
  }
  template <class Inner, class Shortcut>
  static AnyLayer<T> erased(Residual<Inner, Shortcut> layers) {
    return AnyResidual<T>({erased(std::move(layers.inner())), erased(std::move(layers.shortcut()))});
  }

  /// What the layers of this become, which are moved out of it.
  template <class... Layers, class Composed>
  static std::vector<AnyLayer<T>> erased_parts(Composed& composed) {
    std::vector<AnyLayer<T>> parts;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (parts.push_back(erased_part<I, Layers..., void>(std::move(composed.template get<I>()))), ...);
    }
    (std::index_sequence_for<Layers...>{});
    return parts;
  }

  /// What layer I of `Layers` becomes, of which the last is none.
  template <std::size_t I, class... Layers, class L>
  static AnyLayer<T> erased_part(L layer) {
    if constexpr (std::is_same_v<std::tuple_element_t<I + 1, std::tuple<Layers...>>, LastStep<T>>) {
      return LastStepOf<L>(std::move(layer));
    } else {
      return erased(std::move(layer));
    }
  }

  template <class Finished>
  AnyTensor<T> propagate(AnyTensor<T> dy, const Context& context, Finished& finished, bool wants_dx) {
    require<ContextError>(layers_.empty() || !context.layers.empty(),
                          "any_sequential: backward needs the context of a forward, and this one holds none");
    require<ContextError>(context.layers.size() == layers_.size(), "any_sequential: the context is of ",
                          context.layers.size(), " layers, not of ", layers_.size());
    for (std::size_t i = layers_.size(); i-- > 0;) {
      if (i == 0 && !wants_dx) {
        layers_[i].backward_parameters(std::move(dy), context.layers[i]);
        dy = {};
      } else {
        dy = layers_[i].backward(std::move(dy), context.layers[i]);
      }
      finished(layers_[i]);
    }
    return dy;
  }

  std::size_t checked(Index i) const {
    require<IndexError>(i >= 0 && i < size(), "any_sequential: there is no layer ", i, " of ", size());
    return static_cast<std::size_t>(i);
  }

  std::vector<AnyLayer<T>> layers_;
};

}  // namespace pupil
