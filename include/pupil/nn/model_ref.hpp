#pragma once
// ModelRef: a model of any type, as what it visits. Optimizers, clipping, guards and averages take one, so that they
// are compiled once, and a model's `visit` once for all of them.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include <pupil/core/errors.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/name.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/visited_items.hpp>

namespace pupil {

/// The kinds of items that a model visits.
enum class ItemKind { parameter, buffer, generator };

/// One parameter, buffer or generator of a model, of any scalar and rank: where it lies, and of what shape. A value,
/// that is good as long as the item stays where it is. This one is read alone; see ModelItem.
class ConstModelItem {
 public:
  template <class T, std::size_t Rank>
  explicit ConstModelItem(const Parameter<T, Rank>& item)
      : ConstModelItem(ItemKind::parameter, item, item.value.shape().dims, item.value.data()) {}
  template <class T, std::size_t Rank>
  explicit ConstModelItem(const Tensor<T, Rank>& item)
      : ConstModelItem(ItemKind::buffer, item, item.shape().dims, item.data()) {}
  explicit ConstModelItem(const Rng& item)
      : kind_(ItemKind::generator),
        address_(&item),
        type_(&detail::type_tag<Rng>),
        values_(&item),
        scalar_size_(sizeof(Rng)) {
    static_assert(std::is_trivially_copyable_v<Rng>);
  }

  ItemKind kind() const { return kind_; }

  /// Of a generator, no dimensions.
  std::span<const Index> shape() const { return shape_; }
  /// How many numbers a parameter or a buffer has.
  Index size() const { return size_; }

  /// Whether the numbers are of type T.
  template <class T>
  bool holds() const {
    return scalar_ == &detail::type_tag<T>;
  }
  /// The numbers of a parameter or a buffer; they must be of type T.
  template <class T>
  std::span<const T> values() const {
    return {static_cast<const T*>(values_), static_cast<std::size_t>(size_)};
  }

  /// The generator that this is.
  const Rng& generator() const { return *static_cast<const Rng*>(values_); }

  /// All that the item holds but a parameter's gradient.
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(values_), byte_count(size_)}; }

  const void* address() const { return address_; }
  /// Whether both are of the same kind, scalar and number of dimensions.
  bool is_of_same_type(const ConstModelItem& other) const { return type_ == other.type_; }

 protected:
  /// How many bytes so many numbers of the item have.
  std::size_t byte_count(Index numbers) const { return static_cast<std::size_t>(numbers) * scalar_size_; }

 private:
  template <class Item, std::size_t Rank, class T>
  ConstModelItem(ItemKind kind, const Item& item, const std::array<Index, Rank>& shape, const T* values)
      : kind_(kind),
        address_(&item),
        type_(&detail::type_tag<Item>),
        scalar_(&detail::type_tag<T>),
        shape_(shape),
        values_(values),
        scalar_size_(sizeof(T)) {
    static_assert(std::is_trivially_copyable_v<T>);
    for (const Index extent : shape) size_ *= extent;
  }

  friend class ModelRef;

  ItemKind kind_;
  const void* address_;
  const char* type_;
  const char* scalar_ = nullptr;
  std::span<const Index> shape_;
  Index size_ = 1;
  const void* values_;
  std::size_t scalar_size_;
};

/// An item whose numbers may be changed, and a parameter's gradient.
class ModelItem : public ConstModelItem {
 public:
  template <class T, std::size_t Rank>
  explicit ModelItem(Parameter<T, Rank>& item)
      : ConstModelItem(item),
        values_(item.value.data()),
        gradient_(item.gradient.data()),
        gradient_size_(item.gradient.size()) {}
  template <class T, std::size_t Rank>
  explicit ModelItem(Tensor<T, Rank>& item) : ConstModelItem(item), values_(item.data()) {}
  explicit ModelItem(Rng& item) : ConstModelItem(item), values_(&item) {}

  /// The numbers of a parameter or a buffer; they must be of type T.
  template <class T>
  std::span<T> values() const {
    return {static_cast<T*>(values_), static_cast<std::size_t>(size())};
  }
  /// The gradient of a parameter, whose numbers must be of type T.
  template <class T>
  std::span<T> gradient() const {
    return {static_cast<T*>(gradient_), static_cast<std::size_t>(gradient_size_)};
  }

  /// The generator that this is.
  Rng& generator() const { return *static_cast<Rng*>(values_); }

  /// All that the item holds but a parameter's gradient.
  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(values_), byte_count(size())}; }
  /// A parameter's gradient. A number whose bytes are all 0 is 0.
  std::span<std::byte> gradient_bytes() const {
    return {static_cast<std::byte*>(gradient_), byte_count(gradient_size_)};
  }

 private:
  void* values_;
  void* gradient_ = nullptr;
  Index gradient_size_ = 0;
};

namespace detail {

/// What ModelRef visits every model with. What is no item of the three kinds is passed over.
class ItemVisitor {
 public:
  using Use = FunctionRef<void(const Name&, const ModelItem&)>;

  explicit ItemVisitor(Use use) : use_(use) {}

  template <class Item>
  void operator()(const Name& name, Item& item) const {
    using Plain = std::remove_cv_t<Item>;
    if constexpr (is_parameter<Plain> || is_tensor<Plain> || std::is_same_v<Plain, Rng>) use_(name, ModelItem(item));
  }

 private:
  Use use_;
};

template <class Trained, class OfTheModel>
inline constexpr bool trains_the_models_scalar = std::is_same_v<Trained, OfTheModel>;

/// In a class, so that the compiler says it once, and not for every parameter.
template <class Trained, class OfTheModel>
struct CheckedScalar {
  static_assert(trains_the_models_scalar<Trained, OfTheModel>,
                "an optimizer trains models of its own scalar: Adam<double> those of double");
};

/// The same, for who trains numbers of type T.
template <class T>
class ItemVisitorOf : public ItemVisitor {
 public:
  using ItemVisitor::ItemVisitor;

  template <class Item>
  void operator()(const Name& name, Item& item) const {
    if constexpr (is_parameter<Item>) {
      static_assert(sizeof(CheckedScalar<T, typename Item::Scalar>) > 0);
    }
    ItemVisitor::operator()(name, item);
  }
};

}  // namespace detail

/// Refers to a model; made from any that has `visit`, where one is asked for. Lives no longer than the model.
class ModelRef {
 public:
  /// Refers to a model, of any type that has `visit`.
  template <class Model>
  requires(!std::is_base_of_v<ModelRef, Model>) ModelRef(Model& model)  // NOLINT(google-explicit-constructor)
      : ModelRef(model,
                 [](void* referred, Use use) { static_cast<Model*>(referred)->visit(detail::ItemVisitor(use)); }) {}

  /// Calls `use(name, item, place)` for every name of every item of this kind; see VisitedItems for the place.
  void for_each_name(ItemKind kind,
                     FunctionRef<void(const Name&, const ModelItem&, detail::VisitedItems::Place)> use) const {
    detail::VisitedItems visited;
    visit_(model_, [&](const Name& name, const ModelItem& item) {
      if (item.kind() == kind) use(name, item, visited.place(item.address_, item.type_));
    });
  }

  /// The same for items of all kinds, in the model's order.
  void for_each_name(FunctionRef<void(const Name&, const ModelItem&, detail::VisitedItems::Place)> use) const {
    detail::VisitedItems visited;
    visit_(model_,
           [&](const Name& name, const ModelItem& item) { use(name, item, visited.place(item.address_, item.type_)); });
  }

  /// Calls `use(name, item)` once for every item of this kind, with its first name.
  void for_each(ItemKind kind, FunctionRef<void(const Name&, const ModelItem&)> use) const {
    for_each_name(kind, [&](const Name& name, const ModelItem& item, detail::VisitedItems::Place place) {
      if (place.is_new) use(name, item);
    });
  }

 protected:
  using Use = detail::ItemVisitor::Use;

  template <class Model>
  ModelRef(Model& model, void (*visit)(void*, Use))
      : model_(const_cast<void*>(static_cast<const void*>(std::addressof(model)))), visit_(visit) {}

 private:
  void* model_;
  void (*visit_)(void*, Use);
};

/// A model whose parameters are of type T; another does not compile.
template <class T>
class ModelRefOf : public ModelRef {
 public:
  /// Refers to a model, of any type that has `visit`.
  template <class Model>
  requires(!std::is_base_of_v<ModelRef, Model>) ModelRefOf(Model& model)  // NOLINT(google-explicit-constructor)
      : ModelRef(model,
                 [](void* referred, Use use) { static_cast<Model*>(referred)->visit(detail::ItemVisitorOf<T>(use)); }) {
  }
};

/// Refers to a model that may not be changed; made from any, const or not, and from a ModelRef.
class ConstModelRef {
 public:
  // A layer's `visit` changes nothing itself, and nobody here is given an item that could be changed.
  /// Refers to a model, of any type that has `visit`.
  template <class Model>
  requires(!std::is_base_of_v<ModelRef, Model>)
      ConstModelRef(const Model& model)  // NOLINT(google-explicit-constructor)
      : model_(const_cast<Model&>(model)) {}
  ConstModelRef(const ModelRef& model) : model_(model) {}  // NOLINT(google-explicit-constructor)

  /// As ModelRef's.
  void for_each_name(ItemKind kind,
                     FunctionRef<void(const Name&, const ConstModelItem&, detail::VisitedItems::Place)> use) const {
    model_.for_each_name(kind, use);
  }
  /// As ModelRef's, of items of all kinds.
  void for_each_name(FunctionRef<void(const Name&, const ConstModelItem&, detail::VisitedItems::Place)> use) const {
    model_.for_each_name(use);
  }
  /// As ModelRef's.
  void for_each(ItemKind kind, FunctionRef<void(const Name&, const ConstModelItem&)> use) const {
    model_.for_each(kind, use);
  }

 private:
  ModelRef model_;
};

/// Sets every gradient to zero.
inline void zero_gradients(const ModelRef& model) {
  model.for_each(ItemKind::parameter, [](const Name&, const ModelItem& parameter) {
    std::ranges::fill(parameter.gradient_bytes(), std::byte{0});
  });
}

/// How many numbers an optimizer would train.
inline Index count_parameters(const ConstModelRef& model) {
  Index count = 0;
  model.for_each(ItemKind::parameter, [&](const Name&, const ConstModelItem& parameter) { count += parameter.size(); });
  return count;
}

/// Is told that the gradients of a part of a model are complete, of a layer or a block, while backward still computes
/// others.
using FinishedPart = FunctionRef<void(const ModelRef& part)>;

/// For a caller who does not ask.
inline constexpr auto ignore_finished = [](const ModelRef&) {};

}  // namespace pupil
