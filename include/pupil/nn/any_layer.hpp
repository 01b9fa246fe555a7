#pragma once
// AnyLayer: a layer of any type behind one interface, for models that are made at run time: of a file, of options, of a
// search. It is a layer itself, so optimizers, files, summary and prepare take it like others.
//
//   std::vector<AnyLayer<float>> layers;
//   layers.push_back(Conv2d<float>({...}, rng));
//   layers.push_back(use_gelu ? AnyLayer<float>(Gelu<float>()) : Relu<float>());
//
// What tensors a layer takes is known at run time alone, so they go in and come out as AnyTensor. A call costs one
// virtual call more than the layer's own.

#include <any>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <pupil/core/errors.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/move_mark.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/type_name.hpp>
#include <pupil/nn/any_tensor.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>
#include <pupil/nn/recurrent_layers.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/share_statistics.hpp>
#include <pupil/nn/summary.hpp>

namespace pupil {

namespace detail {

/// The tensor that comes out of a layer: of a recurrent one, the output of all steps.
template <class T, std::size_t Rank>
Tensor<T, Rank> tensor_of(Tensor<T, Rank> y) {
  return y;
}
template <class T, class State>
Tensor<T, 3> tensor_of(RecurrentOutput<T, State> y) {
  return std::move(y.output);
}

/// Whether L takes an X in inference and in training, and gives a tensor.
template <class L, class X>
concept TakesTensor = admits<L, X> && requires(L& layer, const L& inferring, X x, typename L::Context& context) {
  tensor_of(inferring.forward(std::move(x)));
  tensor_of(layer.forward(std::move(x), context));
};

/// Whether L takes tensors of any rank itself.
template <class L, class T>
concept TakesAnyTensor = admits<L, AnyTensor<T>> &&
    requires(L& layer, const L& inferring, AnyTensor<T> x, typename L::Context& context) {
  { inferring.forward(x) } -> std::same_as<AnyTensor<T>>;
  { layer.forward(x, context) } -> std::same_as<AnyTensor<T>>;
};

/// Whether L is a recurrent layer, which takes the gradient of its output together with that of its final state.
template <class L, class D>
concept GoesBackFromOutput = requires(L& layer, D dy, const typename L::Context& context) {
  layer.backward(typename L::Output{std::move(dy), {}}, context).input;
};

/// Whether L takes some X among these.
template <class L, class Variant>
inline constexpr bool takes_some = false;
template <class L, class... X>
inline constexpr bool takes_some<L, std::variant<std::monostate, X...>> = (TakesTensor<L, X> || ...);

/// Whether L gives a D for some X among these.
template <class L, class D, class X>
constexpr bool gives_for() {
  if constexpr (TakesTensor<L, X>) {
    using Y = decltype(tensor_of(std::declval<L&>().forward(std::declval<X>(), std::declval<typename L::Context&>())));
    return std::is_same_v<Y, D>;
  } else {
    return false;
  }
}
template <class L, class D, class Variant>
inline constexpr bool gives = false;
template <class L, class D, class... X>
inline constexpr bool gives<L, D, std::variant<std::monostate, X...>> = (gives_for<L, D, X>() || ...);

/// Whether L knows the shape that it gives for an S.
template <class L, class S>
concept GivesShapeFor = requires(const L& layer, const S& shape) {
  layer.output_shape(shape);
};

/// Whether L is made of layers that it adds to a table itself.
template <class L, class S>
concept Summarizes = requires(const L& layer, ModelSummary& table, const Name& name, const S& shape) {
  layer.summarize(table, name, shape);
};

/// The shape that a layer gives for this one, of which it says so in one of both ways.
template <class L, std::size_t Rank>
AnyShape output_shape_of(const L& layer, const Shape<Rank>& shape) {
  if constexpr (GivesShapeFor<L, Shape<Rank>>) {
    return layer.output_shape(shape);
  } else {
    ModelSummary unused;
    return layer.summarize(unused, Name(), shape);
  }
}

/// Whether L takes each type of tensor that an AnyTensor may hold.
template <class L, class Variant>
inline constexpr std::array<bool, 0> taken_types{};
template <class L, class... X>
inline constexpr std::array<bool, sizeof...(X)> taken_types<L, std::variant<std::monostate, X...>>{
    TakesTensor<L, X>...};

/// The types for which `taken` is true: "tensors of rank 4", "whole numbers of rank 1, 2, 3".
template <class T>
std::string names_of_types(const bool* taken) {
  std::string floats, numbers;
  [&]<class... X>(std::type_identity<std::variant<std::monostate, X...>>) {
    const auto add = [&](bool is_taken, bool is_float, std::size_t rank) {
      std::string& text = is_float ? floats : numbers;
      if (is_taken) text += (text.empty() ? "" : ", ") + std::to_string(rank);
    };
    (add(*taken++, std::is_same_v<typename X::Scalar, T>, X::rank), ...);
  }(std::type_identity<typename AnyTensor<T>::Variant>{});
  if (!floats.empty()) floats = "tensors of rank " + floats;
  if (!numbers.empty()) numbers = "whole numbers of rank " + numbers;
  return floats + (floats.empty() || numbers.empty() ? "" : " and ") + numbers;
}

/// One of the things that layers let visit, by its address.
template <class T>
using AnyItem = std::variant<Parameter<T, 1>*, Parameter<T, 2>*, Parameter<T, 3>*, Parameter<T, 4>*, Parameter<T, 5>*,
                             Tensor<T, 1>*, Tensor<T, 2>*, Tensor<T, 3>*, Tensor<T, 4>*, Tensor<std::int64_t, 0>*,
                             Tensor<std::int64_t, 1>*, Rng*>;

/// What AnyLayer asks of the layer in it.
template <class T>
class LayerInterface {
 public:
  using UseItem = FunctionRef<void(const Name&, AnyItem<T>)>;

  virtual ~LayerInterface() = default;
  virtual std::unique_ptr<LayerInterface> clone() const = 0;
  virtual std::string_view name() const = 0;
  virtual const char* type() const = 0;
  virtual void* address() = 0;
  virtual AnyTensor<T> forward(AnyTensor<T> x) const = 0;
  virtual AnyTensor<T> forward(AnyTensor<T> x, std::any& context) = 0;
  virtual AnyTensor<T> backward(AnyTensor<T> dy, const std::any& context, bool wants_dx) = 0;
  virtual void visit(UseItem use, const Name& name) = 0;
  virtual void prepare() = 0;
  virtual void share_statistics(const StatisticsSharer& sharer) = 0;
  virtual AnyShape output_shape(const AnyShape& x) const = 0;
  virtual AnyShape summarize(ModelSummary& table, const Name& name, const AnyShape& x) const = 0;

 protected:
  LayerInterface() = default;
  LayerInterface(const LayerInterface&) = default;
  LayerInterface& operator=(const LayerInterface&) = default;
};

/// A layer of type L behind that interface.
template <class T, class L>
class HeldLayer final : public LayerInterface<T> {
  using Context = typename L::Context;
  using UseItem = typename LayerInterface<T>::UseItem;
  using Variant = typename AnyTensor<T>::Variant;

 public:
  explicit HeldLayer(L layer) : layer_(std::move(layer)) {}

  std::unique_ptr<LayerInterface<T>> clone() const override { return std::make_unique<HeldLayer>(*this); }
  std::string_view name() const override { return type_name<L>(); }
  const char* type() const override { return &type_tag<L>; }
  void* address() override { return &layer_; }

  AnyTensor<T> forward(AnyTensor<T> x) const override {
    if constexpr (TakesAnyTensor<L, T>) {
      return layer_.forward(std::move(x));
    } else {
      return with_taken(x, [&](auto& tensor) { return tensor_of(layer_.forward(std::move(tensor))); });
    }
  }

  AnyTensor<T> forward(AnyTensor<T> x, std::any& context) override {
    Context& own = own_context(context);
    if constexpr (TakesAnyTensor<L, T>) {
      return layer_.forward(std::move(x), own);
    } else {
      return with_taken(x, [&](auto& tensor) { return tensor_of(layer_.forward(std::move(tensor), own)); });
    }
  }

  AnyTensor<T> backward(AnyTensor<T> dy, const std::any& context, bool wants_dx) override {
    const auto* const own = std::any_cast<Context>(&context);
    require<ContextError>(own != nullptr, "any_layer: the context is not of a forward of this ", name());
    if constexpr (TakesAnyTensor<L, T>) {
      return back(dy, *own, wants_dx);
    } else {
      AnyTensor<T> dx;
      const auto go_back = [&]<class D>(D & tensor) requires gives<L, D, Variant> {
        dx = back(tensor, *own, wants_dx);
      };
      if (!use_held(dy, go_back)) {
        throw ShapeError(message("any_layer: the gradient for ", name(), " is ", dy.kind(), ' ', dy.shape(),
                                 ", which is not what it gives"));
      }
      return dx;
    }
  }

  void visit(UseItem use, const Name& name) override {
    layer_.visit(
        [&]<class Item>(const Name& item_name, Item& item) {
          static_assert(std::is_constructible_v<AnyItem<T>, Item*>,
                        "any_layer: visits parameters of T, tensors of T or counts, and generators");
          use(item_name, &item);
        },
        name);
  }
  void prepare() override { layer_.visit(WeightPreparer{}); }
  void share_statistics(const StatisticsSharer& sharer) override { layer_.visit(sharer); }

  AnyShape output_shape(const AnyShape& x) const override {
    if constexpr (GivesShapeFor<L, AnyShape>) {
      return layer_.output_shape(x);
    } else {
      return with_shape(x, [&](const auto& shape) { return output_shape_of(layer_, shape); });
    }
  }

  AnyShape summarize(ModelSummary& table, const Name& path, const AnyShape& x) const override {
    if constexpr (Summarizes<L, AnyShape>) {
      return layer_.summarize(table, path, x);
    } else {
      return with_shape(x, [&](const auto& shape) { return AnyShape(table.add(path, layer_, shape)); });
    }
  }

 private:
  /// The layer's own context in the erased one, which keeps its memory from step to step.
  Context& own_context(std::any& context) const {
    if (!context.has_value()) context.emplace<Context>();
    auto* const own = std::any_cast<Context>(&context);
    require<ContextError>(own != nullptr, "any_layer: the context is of another layer than this ", name(),
                          "; give each layer a context of its own, or empty it: context = {}");
    return *own;
  }

  template <class Use>
  static AnyTensor<T> with_taken(AnyTensor<T>& x, const Use& use) {
    AnyTensor<T> y;
    const auto use_taken = [&]<class X>(X & tensor) requires TakesTensor<L, X> { y = use(tensor); };
    if (!use_held(x, use_taken)) throw_not_taken(x);
    return y;
  }

  [[noreturn]] static void throw_not_taken(const AnyTensor<T>& x) {
    throw ShapeError(message("any_layer: ", type_name<L>(), " takes ",
                             names_of_types<T>(taken_types<L, Variant>.data()), ", not ", x.kind(), " (input ",
                             x.shape(), ")"));
  }

  template <class D>
  AnyTensor<T> back(D& dy, const Context& context, bool wants_dx) {
    if constexpr (HasBackwardParameters<L, D&&>) {
      if (!wants_dx) {
        layer_.backward_parameters(std::move(dy), context);
        return {};
      }
    }
    if constexpr (GoesBackFromOutput<L, D>) {
      return layer_.backward(typename L::Output{std::move(dy), {}}, context).input;
    } else if constexpr (std::is_void_v<decltype(layer_.backward(std::move(dy), context))>) {
      layer_.backward(std::move(dy), context);
      return {};
    } else {
      return layer_.backward(std::move(dy), context);
    }
  }

  /// Whether the layer takes numbers or words of this rank, and knows the shape that it gives for them.
  template <std::size_t Rank>
  static constexpr bool knows_output_of_rank() {
    if constexpr (TakesTensor<L, Tensor<T, Rank>> || TakesTensor<L, Tensor<std::int32_t, Rank>>) {
      return GivesShapeFor<L, Shape<Rank>> || Summarizes<L, Shape<Rank>>;
    } else {
      return false;
    }
  }

  template <class Use>
  static AnyShape with_shape(const AnyShape& x, const Use& use) {
    AnyShape y;
    bool known = false;
    const auto try_rank = [&]<std::size_t Rank>(std::integral_constant<std::size_t, Rank>) {
      if constexpr (knows_output_of_rank<Rank>()) {
        if (x.rank() != Rank) return;
        known = true;
        y = use(x.get<Rank>());
      }
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (try_rank(std::integral_constant<std::size_t, I + 1>{}), ...); }
    (std::make_index_sequence<4>{});
    require<ShapeError>(known, "any_layer: ", type_name<L>(), " knows no output for an input of rank ", x.rank(), ' ',
                        x);
    return y;
  }

  L layer_;
};

template <class L>
inline constexpr bool is_sequential = false;
template <class... Layers>
inline constexpr bool is_sequential<Sequential<Layers...>> = true;

}  // namespace detail

/// A value: a copy has a copy of the layer. Recurrent layers begin with zeros, take whole sequences, and give the
/// output of every step.
template <class T>
class AnyLayer {
 public:
  /// Holds what backward needs, of whatever layer it was given to.
  class Context {
   private:
    friend class AnyLayer;
    std::any context_;
  };

  /// Any copyable layer that takes one tensor and gives one; an AnySequential in place of a Sequential.
  template <class L>
  requires(!std::is_same_v<L, AnyLayer> && Layer<L> && std::copy_constructible<L>)
      AnyLayer(L layer)  // NOLINT(google-explicit-constructor): a layer is one of any type
      : layer_(make(std::move(layer))) {}

  AnyLayer(const AnyLayer& other)
      : layer_(other.layer_ == nullptr ? nullptr : other.layer_->clone()), moved_(other.moved_) {}
  AnyLayer& operator=(const AnyLayer& other) {
    AnyLayer copy(other);
    layer_ = std::move(copy.layer_);
    moved_ = copy.moved_;
    return *this;
  }
  AnyLayer(AnyLayer&&) noexcept = default;
  AnyLayer& operator=(AnyLayer&&) noexcept = default;
  ~AnyLayer() = default;

  /// What the layer gives. Move x in where it is not needed any more. Throws ShapeError, naming the layer and the
  /// ranks, where the layer takes no tensors of this rank.
  AnyTensor<T> forward(AnyTensor<T> x) const { return held().forward(std::move(x)); }

  /// Throws ContextError besides, for the context of a layer of another type.
  AnyTensor<T> forward(AnyTensor<T> x, Context& context) { return held().forward(std::move(x), context.context_); }

  /// dx; none where the layer gives none, as Embedding. Throws ShapeError for a dy that is not of what the layer gives,
  /// ContextError for a context that is not of a layer of this type.
  AnyTensor<T> backward(AnyTensor<T> dy, const Context& context) {
    return held().backward(std::move(dy), context.context_, true);
  }

  /// The same without dx, which costs less where the layer can do without.
  void backward_parameters(AnyTensor<T> dy, const Context& context) {
    held().backward(std::move(dy), context.context_, false);
  }

  /// What forward gives for an x of this shape. Throws ShapeError where there is nothing known for its rank, or what
  /// the layer throws.
  AnyShape output_shape(const AnyShape& x) const { return held().output_shape(x); }

  /// The layer's lines; see nn/summary.hpp.
  AnyShape summarize(ModelSummary& table, const Name& name, const AnyShape& x) const {
    return held().summarize(table, name, x);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    if constexpr (detail::prepares_weights<Visitor>) {
      held().prepare();
    } else if constexpr (std::is_same_v<std::remove_cvref_t<Visitor>, StatisticsSharer>) {
      held().share_statistics(visitor);
    } else {
      held().visit(
          [&](const Name& item_name, detail::AnyItem<T> item) {
            std::visit([&](auto* address) { visitor(item_name, *address); }, item);
          },
          name);
    }
  }

  /// The type of the layer as a reader writes it: "Conv2d".
  std::string_view name() const { return held().name(); }

  /// The layer, where it is an L; otherwise nothing.
  template <class L>
  L* as() {
    return held().type() == &detail::type_tag<L> ? static_cast<L*>(held().address()) : nullptr;
  }
  template <class L>
  const L* as() const {
    return const_cast<AnyLayer&>(*this).template as<L>();
  }

  /// What stands for the layer's type, and where the layer is; for files (models/layer_kinds.hpp).
  const char* type() const { return held().type(); }
  const void* address() const { return const_cast<AnyLayer&>(*this).held().address(); }

 private:
  using Interface = detail::LayerInterface<T>;

  template <class L>
  static std::unique_ptr<Interface> make(L layer) {
    static_assert(!detail::is_sequential<L>, "any_layer: make an AnySequential of the Sequential first");
    static_assert(detail::TakesAnyTensor<L, T> || detail::takes_some<L, typename AnyTensor<T>::Variant>,
                  "any_layer: the layer takes no tensor of T alone");
    return std::make_unique<detail::HeldLayer<T, L>>(std::move(layer));
  }

  const Interface& held() const {
    moved_.check("any_layer");
    return *layer_;
  }
  Interface& held() {
    moved_.check("any_layer");
    return *layer_;
  }

  std::unique_ptr<Interface> layer_;  // none in one that was moved from
  MoveMark moved_;
};

}  // namespace pupil
