#pragma once
// AnyTensor and AnyShape: a tensor and a shape whose rank is known at run time alone, as layers have them that are
// chosen at run time (any_layer.hpp).

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

/// How many elements along each dimension, of however many. Prints `[8, 32, 32, 4]`.
class AnyShape {
 public:
  AnyShape() = default;
  template <std::size_t Rank>
  AnyShape(const Shape<Rank>& shape)  // NOLINT(google-explicit-constructor): a shape is one of any rank
      : dims_(shape.begin(), shape.end()) {}

  std::size_t rank() const { return dims_.size(); }
  Index operator[](std::size_t dimension) const { return dims_[dimension]; }
  Index& operator[](std::size_t dimension) { return dims_[dimension]; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  bool operator==(const AnyShape&) const = default;

  /// The same shape, of a rank that the compiler knows. Throws ShapeError where it has another.
  template <std::size_t Rank>
  Shape<Rank> get() const {
    require<ShapeError>(rank() == Rank, "any_shape: ", *this, " has the rank ", rank(), ", not ", Rank);
    Shape<Rank> shape;
    std::copy(begin(), end(), shape.dims.begin());
    return shape;
  }

  friend std::ostream& operator<<(std::ostream& out, const AnyShape& shape) {
    return out << '[' << joined(shape.dims_) << ']';
  }

 private:
  std::vector<Index> dims_;
};

/// A tensor of T of rank 1 to 4, as pupil's layers give them, or one of whole numbers (std::int32_t, such as tokens) of
/// rank 1 to 3, or none. A value, as tensors are.
template <std::floating_point T>
class AnyTensor {
 public:
  using Scalar = T;
  using Variant = std::variant<std::monostate, Tensor<T, 1>, Tensor<T, 2>, Tensor<T, 3>, Tensor<T, 4>,
                               Tensor<std::int32_t, 1>, Tensor<std::int32_t, 2>, Tensor<std::int32_t, 3>>;

  /// No tensor.
  AnyTensor() = default;
  template <std::size_t Rank>
  AnyTensor(Tensor<T, Rank> tensor)  // NOLINT(google-explicit-constructor): a tensor is one of any rank
      : tensor_(std::move(tensor)) {}
  template <std::size_t Rank>
  AnyTensor(Tensor<std::int32_t, Rank> numbers)  // NOLINT(google-explicit-constructor)
      : tensor_(std::move(numbers)) {}

  bool has_value() const { return !std::holds_alternative<std::monostate>(tensor_); }

  AnyShape shape() const {
    return std::visit(
        [](const auto& tensor) {
          if constexpr (is_none<decltype(tensor)>) {
            return AnyShape();
          } else {
            return AnyShape(tensor.shape());
          }
        },
        tensor_);
  }

  /// The tensor. Throws ShapeError where it has another rank, or is of whole numbers.
  template <std::size_t Rank>
  const Tensor<T, Rank>& get() const& {
    require_is<Tensor<T, Rank>>(Rank);
    return std::get<Tensor<T, Rank>>(tensor_);
  }
  /// The same, moved out.
  template <std::size_t Rank>
  Tensor<T, Rank> get() && {
    require_is<Tensor<T, Rank>>(Rank);
    return std::get<Tensor<T, Rank>>(std::move(tensor_));
  }

  /// `rank 2`, `whole numbers of rank 2` or `no tensor`, for messages.
  std::string kind() const {
    return std::visit(
        [](const auto& tensor) -> std::string {
          if constexpr (is_none<decltype(tensor)>) {
            return "no tensor";
          } else {
            using X = std::remove_cvref_t<decltype(tensor)>;
            constexpr bool whole = std::is_same_v<typename X::Scalar, std::int32_t>;
            return message(whole ? "whole numbers of rank " : "rank ", X::rank);
          }
        },
        tensor_);
  }

  bool operator==(const AnyTensor&) const = default;

  /// What it holds, for std::visit.
  Variant& variant() { return tensor_; }
  const Variant& variant() const { return tensor_; }

 private:
  template <class X>
  static constexpr bool is_none = std::is_same_v<std::remove_cvref_t<X>, std::monostate>;

  template <class X>
  void require_is(std::size_t rank) const {
    require<ShapeError>(std::holds_alternative<X>(tensor_), "any_tensor: asked for rank ", rank, ", it is ", kind(),
                        ' ', shape());
  }

  Variant tensor_;
};

namespace detail {

template <class X, class Any, class Use>
bool use_if_held(Any& any, const Use& use) {
  if constexpr (requires(decltype(std::get<X>(any.variant())) tensor) { use(tensor); }) {
    if (auto* const tensor = std::get_if<X>(&any.variant())) {
      use(*tensor);
      return true;
    }
  }
  return false;
}

/// Calls use(tensor) with the tensor in `any`, where `use` can be called with a tensor of that type, and says whether
/// it was. So only what can be called is compiled, where std::visit wants code for every type.
template <class Any, class Use>
bool use_held(Any& any, const Use& use) {
  return [&]<class... X>(std::type_identity<std::variant<std::monostate, X...>>) {
    return (use_if_held<X>(any, use) || ...);
  }(std::type_identity<typename Any::Variant>{});
}

}  // namespace detail

}  // namespace pupil
