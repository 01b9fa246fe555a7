// Eigen's own product of matrices.

#include <Eigen/Core>
#include <memory>
#include <string>

#include "peers.hpp"
#include "product.hpp"

namespace bench {

namespace {

using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const RowMajorMatrix> mapped(const Tensor<float, 2>& tensor) {
  return {tensor.data(), tensor.rows(), tensor.columns()};
}

Contender eigen_product(const std::shared_ptr<const ProductProblem>& problem) {
  const auto result = std::make_shared<RowMajorMatrix>(problem->product.rows, problem->product.columns);
  const auto run = [=] {
    const auto a = mapped(problem->a);
    const auto b = mapped(problem->b);
    if (problem->form.left_transposed) {
      result->noalias() = a.transpose() * b;
    } else if (problem->form.right_transposed) {
      result->noalias() = a * b.transpose();
    } else {
      result->noalias() = a * b;
    }
  };
  return {.run = run, .results = [=] { return Results{{result->data(), result->data() + result->size()}}; }};
}

}  // namespace

void add_eigen_comparisons(int threads) {
  Eigen::setNbThreads(threads);
  add_product_comparisons("Eigen", eigen_product);
}

}  // namespace bench
