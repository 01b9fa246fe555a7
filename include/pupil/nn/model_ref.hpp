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

enum class ItemKind { parameter, buffer, generator };

/// One parameter, buffer or generator of a model, of any scalar and rank: where it lies, and of what shape. A value,
/// that is good as long as the item stays where it is.
class ModelItem {
 public:
  template <class T, std::size_t Rank>
  explicit ModelItem(Parameter<T, Rank>& item)
      : ModelItem(ItemKind::parameter, item, item.value.shape().dims, item.value.data(), item.gradient.data(),
                  item.gradient.size()) {}
  template <class T, std::size_t Rank>
  explicit ModelItem(Tensor<T, Rank>& item)
      : ModelItem(ItemKind::buffer, item, item.shape().dims, item.data(), static_cast<T*>(nullptr), 0) {}
  explicit ModelItem(Rng& item)
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
  std::span<T> values() const {
    return {static_cast<T*>(values_), static_cast<std::size_t>(size_)};
  }
  /// The gradient of a parameter, whose numbers must be of type T.
  template <class T>
  std::span<T> gradient() const {
    return {static_cast<T*>(gradient_), static_cast<std::size_t>(gradient_size_)};
  }

  /// The generator that this is.
  Rng& generator() const { return *static_cast<Rng*>(values_); }

  /// All that the item holds but a parameter's gradient.
  std::span<std::byte> bytes() const { return bytes_of(values_, size_); }
  /// A parameter's gradient. A number whose bytes are all 0 is 0.
  std::span<std::byte> gradient_bytes() const { return bytes_of(gradient_, gradient_size_); }

  const void* address() const { return address_; }
  /// Whether both are of the same kind, scalar and number of dimensions.
  bool is_of_same_type(const ModelItem& other) const { return type_ == other.type_; }

 private:
  template <class Item, std::size_t Rank, class T>
  ModelItem(ItemKind kind, Item& item, const std::array<Index, Rank>& shape, T* values, T* gradient,
            Index gradient_size)
      : kind_(kind),
        address_(&item),
        type_(&detail::type_tag<Item>),
        scalar_(&detail::type_tag<T>),
        shape_(shape),
        values_(values),
        gradient_(gradient),
        gradient_size_(gradient_size),
        scalar_size_(sizeof(T)) {
    static_assert(std::is_trivially_copyable_v<T>);
    for (const Index extent : shape) size_ *= extent;
  }

  std::span<std::byte> bytes_of(void* numbers, Index count) const {
    return {static_cast<std::byte*>(numbers), static_cast<std::size_t>(count) * scalar_size_};
  }

  friend class ModelRef;

  ItemKind kind_;
  const void* address_;
  const char* type_;
  const char* scalar_ = nullptr;
  std::span<const Index> shape_;
  Index size_ = 1;
  void* values_;
  void* gradient_ = nullptr;
  Index gradient_size_ = 0;
  std::size_t scalar_size_;
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

/// The same, for who trains numbers of type T.
template <class T>
class ItemVisitorOf : public ItemVisitor {
 public:
  using ItemVisitor::ItemVisitor;

  template <class Item>
  void operator()(const Name& name, Item& item) const {
    if constexpr (is_parameter<Item>) {
      static_assert(std::is_same_v<typename Item::Scalar, T>, "an optimizer of scalar T trains models of scalar T");
    }
    ItemVisitor::operator()(name, item);
  }
};

}  // namespace detail

/// Refers to a model; made from any that has `visit`, where one is asked for. Lives no longer than the model.
class ModelRef {
 public:
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
  template <class Model>
  requires(!std::is_base_of_v<ModelRef, Model>) ModelRefOf(Model& model)  // NOLINT(google-explicit-constructor)
      : ModelRef(model,
                 [](void* referred, Use use) { static_cast<Model*>(referred)->visit(detail::ItemVisitorOf<T>(use)); }) {
  }
};

/// Sets every gradient to zero.
inline void zero_gradients(const ModelRef& model) {
  model.for_each(ItemKind::parameter, [](const Name&, const ModelItem& parameter) {
    std::ranges::fill(parameter.gradient_bytes(), std::byte{0});
  });
}

/// How many numbers an optimizer would train.
inline Index count_parameters(const ModelRef& model) {
  Index count = 0;
  model.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& parameter) { count += parameter.size(); });
  return count;
}

/// Is told that the gradients of a part of a model are complete, of a layer or a block, while backward still computes
/// others.
using FinishedPart = FunctionRef<void(const ModelRef& part)>;

/// For a caller who does not ask.
inline constexpr auto ignore_finished = [](const ModelRef&) {};

}  // namespace pupil
