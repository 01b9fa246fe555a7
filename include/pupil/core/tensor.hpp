#pragma once
// Tensor<T, Rank>: contiguous, row-major, with a shape known at run time and a rank known at compile time.
//
// The last dimension is features: images are [batch, height, width, channels], sequences [time, batch, features],
// weights [out, ..., in]. So every tensor is also a matrix of feature rows: rows() x columns().

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <utility>

#include <pupil/core/compiled_form.hpp>
#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/storage.hpp>

namespace pupil {

template <class T, std::size_t Rank>
class Tensor {
 public:
  using Scalar = T;
  static constexpr std::size_t rank = Rank;

  /// No elements; every extent is 0.
  Tensor() = default;

  /// All zeros. Throws ShapeError where an extent is negative, or all of them are more than any memory holds.
  explicit Tensor(const Shape<Rank>& shape) {
    check(shape);
    shape_ = shape;
    storage_ = Storage<T>::zeros(shape.size());
  }

  /// The values, last dimension fastest. Throws ShapeError where their number is not the shape's.
  Tensor(const Shape<Rank>& shape, std::initializer_list<T> values)
      : Tensor(shape, std::span<const T>(values.begin(), values.size())) {}

  /// The same, of a vector, an array or a span.
  Tensor(const Shape<Rank>& shape, std::span<const T> values) : Tensor(uninitialized(shape)) {
    require<ShapeError>(static_cast<Index>(values.size()) == size(), "tensor: ", values.size(),
                        " values given for the shape ", shape);
    std::copy(values.begin(), values.end(), begin());
  }

  /// A matrix or an array of Eigen's, or what it computes of some: [rows, columns].
  template <class Derived>
  requires(Rank == 2)
      Tensor(const Eigen::DenseBase<Derived>& values)  // NOLINT(google-explicit-constructor): as Eigen's
      : Tensor(uninitialized({values.rows(), values.cols()})) {
    using RowMajorArray = Eigen::Array<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::Map<RowMajorArray>(data(), values.rows(), values.cols()) = values.derived().array();
  }

  /// Memory as it comes: for outputs that are about to be written whole.
  static Tensor uninitialized(const Shape<Rank>& shape) {
    check(shape);
    Tensor tensor;
    tensor.shape_ = shape;
    tensor.storage_ = Storage<T>(shape.size());
    return tensor;
  }

  /// Elements that all have this value.
  static Tensor full(const Shape<Rank>& shape, T value) {
    Tensor tensor = uninitialized(shape);
    tensor.fill(value);
    return tensor;
  }

  Tensor(const Tensor&) = default;
  Tensor& operator=(const Tensor& other) {
    storage_ = other.storage_;  // first, as it may throw
    shape_ = other.shape_;
    return *this;
  }
  Tensor(Tensor&& other) noexcept
      : shape_(std::exchange(other.shape_, Shape<Rank>{})), storage_(std::move(other.storage_)) {}
  Tensor& operator=(Tensor&& other) noexcept {
    if (this != &other) {
      shape_ = std::exchange(other.shape_, Shape<Rank>{});
      storage_ = std::exchange(other.storage_, Storage<T>{});
    }
    return *this;
  }
  ~Tensor() = default;

  const Shape<Rank>& shape() const noexcept { return shape_; }
  /// The extent of a dimension, counted from 0.
  Index dim(std::size_t dimension) const { return shape_[dimension]; }
  Index size() const noexcept { return storage_.size(); }
  bool empty() const noexcept { return size() == 0; }

  /// The last extent: how many features a row has.
  Index columns() const { return shape_[Rank - 1]; }
  /// The product of all other extents.
  Index rows() const {
    Index product = 1;
    for (std::size_t d = 0; d + 1 < Rank; ++d) product *= shape_[d];
    return product;
  }

  T* data() noexcept { return storage_.data(); }
  const T* data() const noexcept { return storage_.data(); }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }

  /// The first element of feature row r.
  T* row(Index r) { return data() + r * columns(); }
  /// The same, to read.
  const T* row(Index r) const { return data() + r * columns(); }

  /// The feature rows as a matrix of Eigen's, whose numbers are the tensor's: `y.matrix().noalias() = x.matrix() * w`.
  auto matrix() { return Eigen::Map<Matrix>(data(), rows(), columns()); }
  auto matrix() const { return Eigen::Map<const Matrix>(data(), rows(), columns()); }
  /// All numbers as one array of Eigen's: `x.array() = x.array().max(0)`.
  auto array() { return Eigen::Map<Array>(data(), size()); }
  auto array() const { return Eigen::Map<const Array>(data(), size()); }

  /// Element i, row after row. As the next, where NDEBUG is not defined it throws IndexError for one that is not there.
  T& operator[](Index i) { return data()[offset(i)]; }
  const T& operator[](Index i) const { return data()[offset(i)]; }

  /// The element at one index a dimension: `image(n, y, x, c)`.
  template <std::convertible_to<Index>... Indices>
  requires(sizeof...(Indices) == Rank) T& operator()(Indices... indices) {
    return data()[offset({static_cast<Index>(indices)...})];
  }
  /// The same, to read.
  template <std::convertible_to<Index>... Indices>
  requires(sizeof...(Indices) == Rank) const T& operator()(Indices... indices) const {
    return data()[offset({static_cast<Index>(indices)...})];
  }

  /// Gives every element this value.
  void fill(T value) { std::fill(begin(), end(), value); }

  /// The same values under another shape, without copying. Throws ShapeError where the sizes differ.
  template <std::size_t NewRank>
  Tensor<T, NewRank> reshaped(const Shape<NewRank>& shape) && {
    Tensor<T, NewRank>::check(shape);
    require<ShapeError>(shape.size() == size(), "reshape: ", shape_, " has not as many elements as ", shape);
    Tensor<T, NewRank> result;
    result.shape_ = shape;
    result.storage_ = std::move(storage_);
    shape_ = Shape<Rank>{};
    return result;
  }
  /// The same values under another shape, as a copy.
  template <std::size_t NewRank>
  Tensor<T, NewRank> reshaped(const Shape<NewRank>& shape) const& {
    return Tensor(*this).reshaped(shape);
  }

  /// Equal shapes and equal values.
  bool operator==(const Tensor& other) const {
    return shape_ == other.shape_ && std::equal(begin(), end(), other.begin());
  }

 private:
  template <class, std::size_t>
  friend class Tensor;

  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;

  // No product of extents, whichever are left out, may overflow, nor the number of bytes.
  static void check(const Shape<Rank>& shape) {
    Index room = std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(T));
    for (const Index extent : shape) {
      require<ShapeError>(extent >= 0, "tensor: a negative extent in the shape ", shape);
      require<ShapeError>(extent <= room, "tensor: no memory is large enough for the shape ", shape);
      room /= std::max<Index>(extent, 1);
    }
  }

  Index offset(Index i) const {
#ifndef NDEBUG
    require<IndexError>(i >= 0 && i < size(), "tensor: there is no element ", i, " in the shape ", shape_);
#endif
    return i;
  }

  Index offset(const Shape<Rank>& index) const {
    Index position = 0;
    for (std::size_t d = 0; d < Rank; ++d) {
#ifndef NDEBUG
      require<IndexError>(index[d] >= 0 && index[d] < shape_[d], "tensor: there is no element ", index,
                          " in the shape ", shape_);
#endif
      position = position * shape_[d] + index[d];
    }
    return position;
  }

  Shape<Rank> shape_;
  Storage<T> storage_;
};

}  // namespace pupil
