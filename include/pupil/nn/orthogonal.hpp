#pragma once
// Orthogonal weights: a layer that turns, and neither stretches nor shrinks. Saxe, McClelland, Ganguli, "Exact
// solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014. PyTorch's twin is
// nn.init.orthogonal_.

#include <Eigen/Core>
#include <algorithm>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/initialization.hpp>

namespace pupil {

namespace detail {

/// Makes the columns orthonormal: each loses its part along the columns before it. Gram and Schmidt, twice, since what
/// rounding leaves the first time is gone after the second.
template <class Matrix>
void make_columns_orthonormal(Matrix& q) {
  Eigen::Matrix<typename Matrix::Scalar, Eigen::Dynamic, 1> along(q.cols());
  for (Index j = 0; j < q.cols(); ++j) {
    const auto before = q.leftCols(j);
    for (int pass = 0; pass < 2; ++pass) {
      along.head(j).noalias() = before.transpose() * q.col(j);
      q.col(j).noalias() -= before * along.head(j);
    }
    q.col(j).normalize();
  }
}

}  // namespace detail

/// As a matrix [first extent, product of the others], the weight becomes gain times a random one whose rows are
/// orthonormal, or its columns where there are fewer of them.
///
/// It is the Q of Q R = A for a normal matrix A, with a positive diagonal of R, which makes every rotation equally
/// likely.
template <class T, std::size_t Rank, class Exact = double>
void fill_orthogonal(Tensor<T, Rank>& weight, Rng& rng, double gain = 1) {
  static_assert(Rank >= 2, "only weights of two dimensions or more can be orthogonal");
  if (weight.empty() || detail::are_left(rng, weight.size(), 2)) return;
  const Index rows = weight.dim(0);
  const Index columns = weight.size() / rows;
  auto drawn = Tensor<Exact, 2>::uninitialized({std::min(rows, columns), std::max(rows, columns)});
  fill_normal(drawn, Exact{1}, rng);

  // Row by row in memory, and so column by column here.
  Eigen::Map<Eigen::Matrix<Exact, Eigen::Dynamic, Eigen::Dynamic>> q(drawn.data(), drawn.columns(), drawn.rows());
  detail::make_columns_orthonormal(q);

  Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> result(weight.data(), rows, columns);
  if (rows <= columns) {
    result = (gain * q.transpose()).template cast<T>();
  } else {
    result = (gain * q).template cast<T>();
  }
}

}  // namespace pupil
