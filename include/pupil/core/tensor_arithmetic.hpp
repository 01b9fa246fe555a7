#pragma once
// + - * / of tensors, number by number: of two of the same shape, or of a tensor and a number. One that is moved in
// gives its memory to the result.
//
//   auto y = 2.0F * x + bias_image;
//   y /= 3;

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

namespace detail {

/// x = operation(x, y), number by number. Throws ShapeError where the shapes differ.
template <class T, std::size_t Rank, class Operation>
void combine(Tensor<T, Rank>& x, const Tensor<T, Rank>& y, std::string_view sign, Operation operation) {
  require<ShapeError>(x.shape() == y.shape(), "tensor: ", x.shape(), ' ', sign, ' ', y.shape(),
                      ": the shapes differ, and there is no broadcasting");
  parallel_ranges(x.size(), pointwise_grain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) x[i] = static_cast<T>(operation(x[i], y[i]));
  });
}

/// x = operation(x), number by number.
template <class T, std::size_t Rank, class Operation>
void change_each(Tensor<T, Rank>& x, Operation operation) {
  parallel_ranges(x.size(), pointwise_grain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) x[i] = static_cast<T>(operation(x[i]));
  });
}

/// A number as a tensor's operand: of the tensor's type, to which it is converted, whatever the tensor is.
template <class T>
using NumberFor = std::type_identity_t<T>;

}  // namespace detail

template <class T, std::size_t Rank>
Tensor<T, Rank>& operator+=(Tensor<T, Rank>& x, const Tensor<T, Rank>& y) {
  detail::combine(x, y, "+", std::plus());
  return x;
}
template <class T, std::size_t Rank>
Tensor<T, Rank>& operator-=(Tensor<T, Rank>& x, const Tensor<T, Rank>& y) {
  detail::combine(x, y, "-", std::minus());
  return x;
}
/// Number by number; products of matrices are `kernels::gemm`'s, or Eigen's of `x.matrix()`.
template <class T, std::size_t Rank>
Tensor<T, Rank>& operator*=(Tensor<T, Rank>& x, const Tensor<T, Rank>& y) {
  detail::combine(x, y, "*", std::multiplies());
  return x;
}
template <class T, std::size_t Rank>
Tensor<T, Rank>& operator/=(Tensor<T, Rank>& x, const Tensor<T, Rank>& y) {
  detail::combine(x, y, "/", std::divides());
  return x;
}

template <class T, std::size_t Rank>
Tensor<T, Rank>& operator+=(Tensor<T, Rank>& x, detail::NumberFor<T> y) {
  detail::change_each(x, [y](T number) { return number + y; });
  return x;
}
template <class T, std::size_t Rank>
Tensor<T, Rank>& operator-=(Tensor<T, Rank>& x, detail::NumberFor<T> y) {
  detail::change_each(x, [y](T number) { return number - y; });
  return x;
}
template <class T, std::size_t Rank>
Tensor<T, Rank>& operator*=(Tensor<T, Rank>& x, detail::NumberFor<T> y) {
  detail::change_each(x, [y](T number) { return number * y; });
  return x;
}
template <class T, std::size_t Rank>
Tensor<T, Rank>& operator/=(Tensor<T, Rank>& x, detail::NumberFor<T> y) {
  detail::change_each(x, [y](T number) { return number / y; });
  return x;
}

template <class T, std::size_t Rank>
Tensor<T, Rank> operator+(Tensor<T, Rank> x, const Tensor<T, Rank>& y) {
  return std::move(x += y);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator-(Tensor<T, Rank> x, const Tensor<T, Rank>& y) {
  return std::move(x -= y);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator*(Tensor<T, Rank> x, const Tensor<T, Rank>& y) {
  return std::move(x *= y);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator/(Tensor<T, Rank> x, const Tensor<T, Rank>& y) {
  return std::move(x /= y);
}

template <class T, std::size_t Rank>
Tensor<T, Rank> operator+(Tensor<T, Rank> x, detail::NumberFor<T> y) {
  return std::move(x += y);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator-(Tensor<T, Rank> x, detail::NumberFor<T> y) {
  return std::move(x -= y);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator*(Tensor<T, Rank> x, detail::NumberFor<T> y) {
  return std::move(x *= y);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator/(Tensor<T, Rank> x, detail::NumberFor<T> y) {
  return std::move(x /= y);
}

template <class T, std::size_t Rank>
Tensor<T, Rank> operator+(detail::NumberFor<T> x, Tensor<T, Rank> y) {
  return std::move(y += x);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator-(detail::NumberFor<T> x, Tensor<T, Rank> y) {
  detail::change_each(y, [x](T number) { return x - number; });
  return y;
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator*(detail::NumberFor<T> x, Tensor<T, Rank> y) {
  return std::move(y *= x);
}
template <class T, std::size_t Rank>
Tensor<T, Rank> operator/(detail::NumberFor<T> x, Tensor<T, Rank> y) {
  detail::change_each(y, [x](T number) { return x / number; });
  return y;
}

template <class T, std::size_t Rank>
Tensor<T, Rank> operator-(Tensor<T, Rank> x) {
  detail::change_each(x, std::negate());
  return x;
}

}  // namespace pupil
