#pragma once
// Logistic regression: the probability that something is so, from a few numbers that speak for it or against it.
//
//     p(x) = 1 / (1 + exp(-(w x + b)))
//
// The fit is the least of the negative log likelihood plus a ridge, found by Newton's steps (iteratively reweighted
// least squares): the sum is convex, so there is one answer, whatever the start. A template, so that a program that
// fits nothing does not compile Eigen's factorisation.

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil::captioning {

struct LogisticRegression {
  std::vector<double> weights;
  double bias = 0;

  /// The logarithm of the odds. Throws ShapeError where there are more or fewer numbers than weights.
  double log_odds(std::span<const double> numbers) const {
    require<ShapeError>(numbers.size() == weights.size(), "logistic regression: ", numbers.size(), " numbers, but ",
                        weights.size(), " weights");
    double sum = bias;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * numbers[i];
    return sum;
  }

  /// Of true, for these numbers.
  double probability(std::span<const double> numbers) const { return 1 / (1 + std::exp(-log_odds(numbers))); }

  bool operator==(const LogisticRegression&) const = default;
};

namespace detail {

/// Columns of mean 0 and deviation 1, so that the ridge weighs on all alike; what is the same in every row becomes 0.
template <class T>
struct StandardColumns {
  Eigen::MatrixX<T> values;
  Eigen::VectorX<T> mean;
  Eigen::VectorX<T> scale;  ///< what a difference is multiplied by

  explicit StandardColumns(const Tensor<T, 2>& rows)
      : values(rows.rows(), rows.columns()), mean(rows.columns()), scale(rows.columns()) {
    for (Index j = 0; j < rows.columns(); ++j) {
      for (Index i = 0; i < rows.rows(); ++i) values(i, j) = rows(i, j);
      mean[j] = values.col(j).mean();
      values.col(j).array() -= mean[j];
      const double deviation = std::sqrt(values.col(j).squaredNorm() / static_cast<double>(rows.rows()));
      scale[j] = deviation > 1e-12 * (1 + std::abs(mean[j])) ? 1 / deviation : 0;
      values.col(j) *= scale[j];
    }
  }
};

/// What is to be the least, at a place: with the bias behind the weights. Nothing of it overflows.
template <class T>
T penalized_loss(const Eigen::MatrixX<T>& rows, const std::vector<bool>& labels, const Eigen::VectorX<T>& at, T ridge) {
  double loss = ridge / 2 * at.head(at.size() - 1).squaredNorm();
  for (Index i = 0; i < rows.rows(); ++i) {
    const double z = rows.row(i).dot(at);
    loss += std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0) - (labels[static_cast<std::size_t>(i)] ? z : 0);
  }
  return loss;
}

/// The step that leads to the least of the parabola that fits here.
template <class T>
Eigen::VectorX<T> newton_step(const Eigen::MatrixX<T>& rows, const std::vector<bool>& labels,
                              const Eigen::VectorX<T>& at, T ridge) {
  const Index size = at.size();
  Eigen::VectorX<T> gradient = ridge * at;
  Eigen::MatrixX<T> curvature = ridge * Eigen::MatrixX<T>::Identity(size, size);
  gradient[size - 1] = 0;
  curvature(size - 1, size - 1) = 1e-9;  // where all labels are alike the bias has no end: its steps stay finite
  for (Index i = 0; i < rows.rows(); ++i) {
    const double p = 1 / (1 + std::exp(-rows.row(i).dot(at)));
    gradient += (p - (labels[static_cast<std::size_t>(i)] ? 1 : 0)) * rows.row(i).transpose();
    curvature += p * (1 - p) * rows.row(i).transpose() * rows.row(i);
  }
  return -curvature.ldlt().solve(gradient);
}

}  // namespace detail

/// Fits rows [examples, numbers] to labels. `ridge` is what half the square of a weight costs, where its number has the
/// deviation 1 over the rows; the bias costs nothing. Throws ShapeError where there are more or fewer labels than rows,
/// OptionError where ridge is not above 0, Error unless some labels are true and some false, NumericError where a
/// number is not finite.
template <std::same_as<double> T>
LogisticRegression fit_logistic_regression(const Tensor<T, 2>& rows, const std::vector<bool>& labels,
                                           std::type_identity_t<T> ridge = 1) {
  require<ShapeError>(static_cast<std::size_t>(rows.rows()) == labels.size(), "fit_logistic_regression: ", rows.rows(),
                      " rows, but ", labels.size(), " labels");
  require<OptionError>(ridge > 0 && std::isfinite(ridge), "fit_logistic_regression: ridge is ", ridge);
  const auto true_labels = std::count(labels.begin(), labels.end(), true);
  require<Error>(true_labels > 0 && static_cast<std::size_t>(true_labels) < labels.size(),
                 "fit_logistic_regression: ", true_labels, " of ", labels.size(), " labels are true");
  for (const double number : rows) {
    require<NumericError>(std::isfinite(number), "fit_logistic_regression: a number is ", number);
  }
  const detail::StandardColumns<T> columns(rows);
  const Index size = rows.columns() + 1;
  Eigen::MatrixX<T> with_one(rows.rows(), size);
  with_one << columns.values, Eigen::VectorX<T>::Ones(rows.rows());
  Eigen::VectorX<T> at = Eigen::VectorX<T>::Zero(size);
  double loss = detail::penalized_loss<T>(with_one, labels, at, ridge);
  for (int iteration = 0; iteration < 100; ++iteration) {
    Eigen::VectorX<T> step = detail::newton_step<T>(with_one, labels, at, ridge);
    double next = detail::penalized_loss<T>(with_one, labels, at + step, ridge);
    for (int halving = 0; next > loss && halving < 50; ++halving) {
      step /= 2;
      next = detail::penalized_loss<T>(with_one, labels, at + step, ridge);
    }
    if (next >= loss) break;
    at += step;
    loss = next;
  }
  LogisticRegression fit{.weights = std::vector<double>(static_cast<std::size_t>(size - 1)), .bias = at[size - 1]};
  for (Index j = 0; j + 1 < size; ++j) {
    fit.weights[static_cast<std::size_t>(j)] = at[j] * columns.scale[j];
    fit.bias -= at[j] * columns.scale[j] * columns.mean[j];
  }
  return fit;
}

}  // namespace pupil::captioning
