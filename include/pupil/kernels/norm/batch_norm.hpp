#pragma once
// The passes of batch normalization over a matrix [rows, channels]: each reads its operands once from memory.
//
// Rows are taken in ranges that depend on the matrix alone, small enough to be read twice from the cache: once for the
// mean, and once for the distances from it, whose sum corrects what the mean lost to rounding. The ranges are combined
// in order and in double. Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983.

#include <Eigen/Core>
#include <algorithm>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/isa/portable/channel_groups.hpp>

namespace pupil::kernels {

namespace detail {

template <class T>
using ChannelRow = Eigen::Map<Eigen::Array<T, 1, Eigen::Dynamic>>;
template <class T>
using ConstChannelRow = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>>;

template <class T>
ChannelRow<T> row_of(Tensor<T, 1>& tensor) {
  return {tensor.data(), tensor.size()};
}
template <class T>
ConstChannelRow<T> row_of(const Tensor<T, 1>& tensor) {
  return {tensor.data(), tensor.size()};
}
template <class T, std::size_t Rank>
ChannelRow<T> row_of(Tensor<T, Rank>& tensor, Index row) {
  return {tensor.row(row), tensor.columns()};
}
template <class T>
ConstChannelRow<T> row_of(const RowMajor<T>& matrix, Index row) {
  return {matrix.data + row * matrix.stride, matrix.columns};
}

/// What ranges of rows know of their columns; each tensor [ranges, columns].
template <class T>
struct RangeMoments {
  Tensor<T, 2> means;      ///< rounded
  Tensor<T, 2> residuals;  ///< the sums of the distances from `means`, which are what these lost to rounding
  Tensor<T, 2> squares;    ///< the sums of the squared distances
};

template <class T>
RangeMoments<T> range_moments(const RowMajor<T>& x, Index grain) {
  const Shape<2> shape{(x.rows + grain - 1) / grain, x.columns};
  RangeMoments<T> moments{Tensor<T, 2>::uninitialized(shape), Tensor<T, 2>::uninitialized(shape),
                          Tensor<T, 2>::uninitialized(shape)};
  parallel_ranges(x.rows, grain, [&](Index begin, Index end) {
    const Index range = begin / grain;
    auto means = row_of(moments.means, range);  // in the order of memory, which is read here for the first time
    means.setZero();
    for (Index r = begin; r < end; ++r) means += row_of(x, r);
    means /= static_cast<T>(end - begin);
    for_each_channel_group<4 * largest_group>(x.columns, [&](Index c, auto group_size) {
      constexpr int count = group_size();
      using Group = ChannelGroup<T, count>;
      const Group mean = group_at<count>(means.data() + c);
      Group residual = Group::Zero();
      Group squares = Group::Zero();
      for (Index r = begin; r < end; ++r) {
        const Group distance = group_at<count>(x.data + r * x.stride + c) - mean;
        residual += distance;
        squares += distance.square();
      }
      group_at<count>(moments.residuals.row(range) + c) = residual;
      group_at<count>(moments.squares.row(range) + c) = squares;
    });
  });
  return moments;
}

/// Row `row` in double.
template <class T>
auto double_row(const Tensor<T, 2>& tensor, Index row) {
  return ConstChannelRow<T>(tensor.row(row), tensor.columns()).template cast<double>();
}

}  // namespace detail

/// The mean and the variance of every column, the variance as the mean of squared distances ("biased").
template <class T>
void column_moments(const RowMajor<T>& x, Tensor<T, 1>& mean, Tensor<T, 1>& variance) {
  const Index grain = rows_a_range(x.columns);
  const auto [means, residuals, squares] = detail::range_moments(x, grain);
  const auto rows_of = [&](Index range) { return static_cast<double>(std::min(grain, x.rows - range * grain)); };
  const double rows = static_cast<double>(x.rows);

  Tensor<double, 1> exact_mean({x.columns});
  auto centre = detail::row_of(exact_mean);
  for (Index i = 0; i < means.rows(); ++i) {
    centre += rows_of(i) * detail::double_row(means, i) + detail::double_row(residuals, i);
  }
  centre /= rows;

  // sum (x - centre)^2 = sum (x - mean)^2 + 2 (mean - centre) sum (x - mean) + count (mean - centre)^2
  Tensor<double, 1> distances({x.columns});
  auto spread = detail::row_of(distances);
  for (Index i = 0; i < means.rows(); ++i) {
    const auto offset = detail::double_row(means, i) - centre;
    spread += detail::double_row(squares, i) + offset * (2 * detail::double_row(residuals, i) + rows_of(i) * offset);
  }
  for (Index c = 0; c < x.columns; ++c) {
    mean[c] = static_cast<T>(exact_mean[c]);
    variance[c] = static_cast<T>(std::max(distances[c] / rows, 0.0));  // equal rows may round to a little less
  }
}

/// y = (x - mean) * scale + shift, every column with numbers of its own.
template <class T>
void normalize_columns(const RowMajor<T>& x, const Tensor<T, 1>& mean, const Tensor<T, 1>& scale,
                       const Tensor<T, 1>& shift, T* y) {
  parallel_ranges(x.rows, rows_a_range(x.columns), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      detail::ChannelRow<T>(y + r * x.columns, x.columns) =
          (detail::row_of(x, r) - detail::row_of(mean)) * detail::row_of(scale) + detail::row_of(shift);
    }
  });
}

/// sum_dy = the sum of dy down every column; sum_dy_x = the sum of dy (x - mean).
template <class T>
void batch_norm_sums(const RowMajor<T>& dy, const RowMajor<T>& x, const Tensor<T, 1>& mean, Tensor<T, 1>& sum_dy,
                     Tensor<T, 1>& sum_dy_x) {
  const Index grain = rows_a_range(x.columns);
  const Index ranges = (x.rows + grain - 1) / grain;
  auto sums = Tensor<T, 2>::uninitialized({ranges, x.columns});
  auto products = Tensor<T, 2>::uninitialized({ranges, x.columns});
  parallel_ranges(x.rows, grain, [&](Index begin, Index end) {
    auto sum = detail::row_of(sums, begin / grain);
    auto product = detail::row_of(products, begin / grain);
    sum.setZero();
    product.setZero();
    for (Index r = begin; r < end; ++r) {
      sum += detail::row_of(dy, r);
      product += detail::row_of(dy, r) * (detail::row_of(x, r) - detail::row_of(mean));
    }
  });

  Tensor<double, 1> total_sum({x.columns});
  Tensor<double, 1> total_product({x.columns});
  for (Index i = 0; i < ranges; ++i) {
    detail::row_of(total_sum) += detail::row_of(sums, i).template cast<double>();
    detail::row_of(total_product) += detail::row_of(products, i).template cast<double>();
  }
  detail::row_of(sum_dy) = detail::row_of(total_sum).template cast<T>();
  detail::row_of(sum_dy_x) = detail::row_of(total_product).template cast<T>();
}

/// dy = dy * by_dy + (x - mean) * by_x + constant, in place.
template <class T>
void combine_columns(T* dy, const RowMajor<T>& x, const Tensor<T, 1>& mean, const Tensor<T, 1>& by_dy,
                     const Tensor<T, 1>& by_x, const Tensor<T, 1>& constant) {
  parallel_ranges(x.rows, rows_a_range(x.columns), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      detail::ChannelRow<T> row(dy + r * x.columns, x.columns);
      row = row * detail::row_of(by_dy) + (detail::row_of(x, r) - detail::row_of(mean)) * detail::row_of(by_x) +
            detail::row_of(constant);
    }
  });
}

}  // namespace pupil::kernels
