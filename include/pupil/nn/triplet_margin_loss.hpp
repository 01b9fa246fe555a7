#pragma once
// Triplet margin loss: an anchor is to be nearer to what is like it than to what is not, by a margin. Balntas, Riba,
// Ponsa, Mikolajczyk, "Learning local feature descriptors with triplets and shallow convolutional neural networks",
// 2016, whose swap it has. PyTorch's twin is nn.TripletMarginLoss with p = 2. For each row,
//
//   loss = max(d(a, p) - d(a, n) + margin, 0)        d(x, y) = |x - y + epsilon|,  the root of the sum of squares
//
// and with swap min(d(a, n), d(p, n)) in place of d(a, n). Where the loss is above 0, with u(x, y) = (x - y + e) / d(x,
// y),
//
//   da = u(a, p) - u(a, n)        dp = -u(a, p)        dn = u(a, n)        or, swapped,
//   da = u(a, p)                  dp = -u(a, p) - u(p, n)                  dn = u(p, n)

#include <algorithm>
#include <cmath>
#include <optional>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>

namespace pupil {

struct TripletMarginLossOptions {
  double margin = 1;
  double epsilon = 1e-6;  ///< added to every difference, so that equal rows have a direction too
  bool swap = false;      ///< whether the negative is also kept away from the positive, where that is nearer
  std::optional<double> divisor = {};  ///< 1 gives the sum; else the number of rows
};

/// The loss, and its gradients with respect to the three that it was computed from.
template <class T, std::size_t Rank>
struct TripletMarginLoss {
  T value = 0;
  Tensor<T, Rank> anchor;
  Tensor<T, Rank> positive;
  Tensor<T, Rank> negative;
  Index count = 0;  ///< how many rows have a loss above 0
};

namespace detail {

template <class T>
T row_distance(const T* x, const T* y, Index size, T epsilon) {
  kernels::Lanes<T> sum = kernels::Lanes<T>::Zero();
  for (Index i = 0; i < size; i += kernels::lane_count) {
    // What is behind the end is a difference of 0.
    sum += (kernels::load_lanes(x + i, size - i, -epsilon) - kernels::load_lanes(y + i, size - i, T{0}) + epsilon)
               .square();
  }
  return std::sqrt(sum.sum());
}

/// dx += factor (x - y + epsilon), and dy -= as much.
template <class T>
void add_direction(const T* x, const T* y, Index size, T epsilon, T factor, T* dx, T* dy) {
  for (Index i = 0; i < size; ++i) {
    const T part = factor * (x[i] - y[i] + epsilon);
    dx[i] += part;
    dy[i] -= part;
  }
}

}  // namespace detail

/// The mean over the rows of tensors [..., features]. Losses are added in double, row by row. Throws ShapeError where
/// the shapes differ, OptionError for a divisor that is not positive.
template <class T, std::size_t Rank>
TripletMarginLoss<T, Rank> triplet_margin_loss(const Tensor<T, Rank>& anchor, const Tensor<T, Rank>& positive,
                                               const Tensor<T, Rank>& negative,
                                               const TripletMarginLossOptions& options = {}) {
  require<ShapeError>(anchor.shape() == positive.shape() && anchor.shape() == negative.shape(),
                      "triplet_margin_loss: the positive ", positive.shape(), " and the negative ", negative.shape(),
                      " do not fit the anchor ", anchor.shape());
  require<OptionError>(!options.divisor || *options.divisor > 0, "triplet_margin_loss: the divisor ",
                       options.divisor.value_or(0), " is not positive");
  const Index rows = anchor.rows(), size = anchor.columns();
  const double divisor = options.divisor.value_or(static_cast<double>(std::max<Index>(rows, 1)));
  const T epsilon = static_cast<T>(options.epsilon), margin = static_cast<T>(options.margin);
  TripletMarginLoss<T, Rank> loss{0, Tensor<T, Rank>(anchor.shape()), Tensor<T, Rank>(anchor.shape()),
                                  Tensor<T, Rank>(anchor.shape())};
  auto losses = Tensor<T, 1>::uninitialized({rows});
  parallel_ranges(rows, rows_a_range(3 * size), [&, scale = static_cast<T>(1 / divisor)](Index begin, Index end) {
    const auto factor = [&](T distance) { return distance == 0 ? T{0} : scale / distance; };
    for (Index r = begin; r < end; ++r) {
      const T *const a = anchor.row(r), *const p = positive.row(r), *const n = negative.row(r);
      const T near = detail::row_distance(a, p, size, epsilon);
      const T from_anchor = detail::row_distance(a, n, size, epsilon);
      const T from_positive = options.swap ? detail::row_distance(p, n, size, epsilon) : from_anchor;
      const bool swapped = from_positive < from_anchor;
      const T far = swapped ? from_positive : from_anchor;
      losses[r] = near - far + margin;
      if (losses[r] <= 0) {
        losses[r] = 0;
        continue;
      }
      detail::add_direction(a, p, size, epsilon, factor(near), loss.anchor.row(r), loss.positive.row(r));
      detail::add_direction(swapped ? p : a, n, size, epsilon, -factor(far),
                            swapped ? loss.positive.row(r) : loss.anchor.row(r), loss.negative.row(r));
    }
  });
  double sum = 0;
  for (const T row_loss : losses) sum += static_cast<double>(row_loss);
  loss.value = static_cast<T>(sum / divisor);
  loss.count = rows - std::count(losses.begin(), losses.end(), T{0});
  return loss;
}

}  // namespace pupil
