#pragma once
// Tensors made of tensors: parts, several joined, dimensions in another order. All are copies. Dimensions are numbered
// from 0, the outermost; PyTorch's twins are named beside each.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

namespace detail {

/// What lies around a dimension: so many times its extent, each of runs of so many numbers.
struct AroundDimension {
  Index outer = 1;
  Index inner = 1;
};

template <std::size_t Rank>
AroundDimension around(const Shape<Rank>& shape, std::size_t dimension) {
  AroundDimension result;
  for (std::size_t d = 0; d < dimension; ++d) result.outer *= shape[d];
  for (std::size_t d = dimension + 1; d < Rank; ++d) result.inner *= shape[d];
  return result;
}

template <std::size_t Rank>
void check_dimension(const char* what, const Shape<Rank>& shape, std::size_t dimension) {
  require<IndexError>(dimension < Rank, what, ": the shape ", shape, " has no dimension ", dimension);
}

/// `count` indices of x along a dimension, of which number i is `index_of(i)`.
template <class T, std::size_t Rank, class IndexOf>
Tensor<T, Rank> select(const Tensor<T, Rank>& x, std::size_t dimension, Index count, const IndexOf& index_of) {
  Shape<Rank> shape = x.shape();
  shape[dimension] = count;
  auto y = Tensor<T, Rank>::uninitialized(shape);
  const AroundDimension around = detail::around(shape, dimension);
  parallel_for(around.outer, count * around.inner, [&](Index outer) {
    for (Index i = 0; i < count; ++i) {
      std::copy_n(x.data() + (outer * x.dim(dimension) + index_of(i)) * around.inner, around.inner,
                  y.data() + (outer * count + i) * around.inner);
    }
  });
  return y;
}

}  // namespace detail

/// What has the indices [begin, end) along a dimension: x[:, begin:end] for dimension 1. Throws IndexError where these
/// are not all there. As torch.narrow.
template <class T, std::size_t Rank>
Tensor<T, Rank> slice(const Tensor<T, Rank>& x, std::size_t dimension, Index begin, Index end) {
  detail::check_dimension("slice", x.shape(), dimension);
  require<IndexError>(0 <= begin && begin <= end && end <= x.dim(dimension), "slice: [", begin, ", ", end,
                      ") is not in dimension ", dimension, " of ", x.shape());
  Shape<Rank> shape = x.shape();
  shape[dimension] = end - begin;
  auto y = Tensor<T, Rank>::uninitialized(shape);
  const detail::AroundDimension around = detail::around(shape, dimension);
  const Index run = shape[dimension] * around.inner;
  parallel_for(around.outer, run, [&](Index i) {
    std::copy_n(x.data() + (i * x.dim(dimension) + begin) * around.inner, run, y.data() + i * run);
  });
  return y;
}

/// x with its indices along a dimension in the opposite order. Throws IndexError where there is no such dimension. As
/// torch.flip.
template <class T, std::size_t Rank>
Tensor<T, Rank> flip(const Tensor<T, Rank>& x, std::size_t dimension) {
  detail::check_dimension("flip", x.shape(), dimension);
  const Index extent = x.dim(dimension);
  return detail::select(x, dimension, extent, [extent](Index i) { return extent - 1 - i; });
}

/// What has these indices along a dimension, in their order: an index may come more than once, or not at all. Throws
/// IndexError for an index that is not there. As torch.index_select.
template <class T, std::size_t Rank, class Number>
Tensor<T, Rank> index_select(const Tensor<T, Rank>& x, std::size_t dimension, std::span<const Number> indices) {
  detail::check_dimension("index_select", x.shape(), dimension);
  for (const Number index : indices) {
    require<IndexError>(index >= 0 && index < x.dim(dimension), "index_select: ", index, " is not in dimension ",
                        dimension, " of ", x.shape());
  }
  return detail::select(x, dimension, static_cast<Index>(indices.size()),
                        [&](Index i) { return Index{indices[static_cast<std::size_t>(i)]}; });
}
/// The same for a tensor of indices, as argmax gives one.
template <class T, std::size_t Rank, class Number>
Tensor<T, Rank> index_select(const Tensor<T, Rank>& x, std::size_t dimension, const Tensor<Number, 1>& indices) {
  return index_select(x, dimension, std::span<const Number>(indices.begin(), indices.end()));
}

/// The parts one after another along a dimension. Throws ShapeError where their other extents differ, or there is none.
/// As torch.cat.
template <class T, std::size_t Rank>
Tensor<T, Rank> concatenate(std::span<const Tensor<T, Rank>> parts, std::size_t dimension) {
  require<ShapeError>(!parts.empty(), "concatenate: there is nothing to join");
  detail::check_dimension("concatenate", parts.front().shape(), dimension);
  Shape<Rank> shape = parts.front().shape();
  shape[dimension] = 0;
  for (const auto& part : parts) {
    Shape<Rank> expected = shape;
    expected[dimension] = part.dim(dimension);
    require<ShapeError>(part.shape() == expected, "concatenate: ", part.shape(), " does not fit ",
                        parts.front().shape(), " but for dimension ", dimension);
    shape[dimension] += part.dim(dimension);
  }
  auto y = Tensor<T, Rank>::uninitialized(shape);
  const detail::AroundDimension around = detail::around(shape, dimension);
  Index begin = 0;
  for (const auto& part : parts) {
    const Index run = part.dim(dimension) * around.inner;
    parallel_for(around.outer, run, [&](Index i) {
      std::copy_n(part.data() + i * run, run, y.data() + (i * shape[dimension] + begin) * around.inner);
    });
    begin += part.dim(dimension);
  }
  return y;
}
/// The same, of a vector.
template <class T, std::size_t Rank>
Tensor<T, Rank> concatenate(const std::vector<Tensor<T, Rank>>& parts, std::size_t dimension) {
  return concatenate(std::span<const Tensor<T, Rank>>(parts), dimension);
}
/// The same, of tensors in braces.
template <class T, std::size_t Rank>
Tensor<T, Rank> concatenate(std::initializer_list<Tensor<T, Rank>> parts, std::size_t dimension) {
  return concatenate(std::span<const Tensor<T, Rank>>(parts.begin(), parts.size()), dimension);
}

/// The parts beside each other in a new dimension: tensors [3, 4] become [parts, 3, 4] for dimension 0. Throws
/// ShapeError where their shapes differ, or there is none. As torch.stack.
template <class T, std::size_t Rank>
Tensor<T, Rank + 1> stack(std::span<const Tensor<T, Rank>> parts, std::size_t dimension = 0) {
  require<ShapeError>(!parts.empty(), "stack: there is nothing to join");
  require<IndexError>(dimension <= Rank, "stack: tensors ", parts.front().shape(), " have no place for a dimension ",
                      dimension);
  for (const auto& part : parts) {
    require<ShapeError>(part.shape() == parts.front().shape(), "stack: ", part.shape(), " is not of the shape ",
                        parts.front().shape());
  }
  Shape<Rank + 1> shape;
  std::copy_n(parts.front().shape().begin(), Rank, shape.dims.begin());
  std::copy_backward(shape.dims.begin() + static_cast<std::ptrdiff_t>(dimension), shape.dims.end() - 1,
                     shape.dims.end());
  shape[dimension] = static_cast<Index>(parts.size());
  auto y = Tensor<T, Rank + 1>::uninitialized(shape);
  const detail::AroundDimension around = detail::around(shape, dimension);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    parallel_for(around.outer, around.inner, [&](Index i) {
      std::copy_n(parts[p].data() + i * around.inner, around.inner,
                  y.data() + (i * shape[dimension] + static_cast<Index>(p)) * around.inner);
    });
  }
  return y;
}
/// The same, of a vector.
template <class T, std::size_t Rank>
Tensor<T, Rank + 1> stack(const std::vector<Tensor<T, Rank>>& parts, std::size_t dimension = 0) {
  return stack(std::span<const Tensor<T, Rank>>(parts), dimension);
}
/// The same, of tensors in braces.
template <class T, std::size_t Rank>
Tensor<T, Rank + 1> stack(std::initializer_list<Tensor<T, Rank>> parts, std::size_t dimension = 0) {
  return stack(std::span<const Tensor<T, Rank>>(parts.begin(), parts.size()), dimension);
}

/// Dimension d of the result is dimension order[d] of x: `permute(x, {0, 3, 1, 2})`. Throws IndexError where the order
/// does not name each dimension once. As Tensor.permute.
template <class T, std::size_t Rank>
requires(Rank >= 1) Tensor<T, Rank> permute(const Tensor<T, Rank>& x, const std::array<std::size_t, Rank>& order) {
  Shape<Rank> shape, strides;
  for (std::size_t d = 0; d < Rank; ++d) {
    require<IndexError>(std::ranges::count(order, d) == 1, "permute: the order does not name dimension ", d, " of ",
                        x.shape(), " once");
    shape[d] = x.dim(order[d]);
    strides[d] = detail::around(x.shape(), order[d]).inner;
  }
  auto y = Tensor<T, Rank>::uninitialized(shape);
  const Index columns = y.columns(), stride = strides[Rank - 1];
  parallel_ranges(y.empty() ? 0 : y.rows(), rows_a_range(columns), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      const T* source = x.data();
      Index rest = r;
      for (std::size_t d = Rank - 1; d-- > 0; rest /= shape[d]) source += rest % shape[d] * strides[d];
      T* const row = y.row(r);
      for (Index c = 0; c < columns; ++c) row[c] = source[c * stride];
    }
  });
  return y;
}

/// Columns become rows. As torch.t.
template <class T>
Tensor<T, 2> transpose(const Tensor<T, 2>& x) {
  return permute(x, {1, 0});
}

/// PyTorch's order of images, [N, C, H, W], and pupil's, [N, H, W, C].
template <class T>
Tensor<T, 4> nchw_to_nhwc(const Tensor<T, 4>& images) {
  return permute(images, {0, 2, 3, 1});
}
/// The way back: [batch, height, width, channels] as [batch, channels, height, width].
template <class T>
Tensor<T, 4> nhwc_to_nchw(const Tensor<T, 4>& images) {
  return permute(images, {0, 3, 1, 2});
}

/// The number of the largest feature of every row, the first of several: class numbers from logits. A NaN counts as the
/// largest. Throws ShapeError where rows have no features. As torch.argmax over the last dimension.
template <class T, std::size_t Rank>
requires(Rank >= 1) Tensor<std::int32_t, Rank - 1> argmax(const Tensor<T, Rank>& x) {
  Shape<Rank - 1> shape;
  std::copy_n(x.shape().begin(), Rank - 1, shape.dims.begin());
  auto y = Tensor<std::int32_t, Rank - 1>::uninitialized(shape);
  require<ShapeError>(x.columns() > 0 || y.empty(), "argmax: rows of ", x.shape(), " have no features");
  const auto is_less = [](T a, T b) { return a < b || (b != b && a == a); };
  for (Index r = 0; r < y.size(); ++r) {
    const T* const row = x.row(r);
    y[r] = static_cast<std::int32_t>(std::max_element(row, row + x.columns(), is_less) - row);
  }
  return y;
}

}  // namespace pupil
