#include <array>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/gathered_rows.hpp>
#include <pupil/kernels/gemm/gemm.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE("gathered rows are the rows with these numbers") {
  const Tensor<float, 2> tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor<Index, 1> numbers({4}, {2, 0, 2, 1});
  const auto rows = gathered(tensor, numbers);
  CHECK(rows.rows == 4);
  CHECK(rows.columns == 2);
  std::array<float, 2> row{};
  rows.copy_row(0, 0, 2, row.data());
  CHECK(row == std::array{5.f, 6.f});
  rows.copy_row(3, 1, 1, row.data());
  CHECK(row[0] == 4);
}

TEST_CASE("a product of gathered rows is that of a copy of them, on either side") {
  Rng rng(1);
  const auto tensor = random_tensor<double>(Shape{9, 7}, rng);
  Tensor<Index, 1> numbers({40});
  Tensor<double, 2> copy({40, 7});
  for (Index r = 0; r < 40; ++r) {
    numbers[r] = rng.below(9);
    std::copy_n(tensor.row(numbers[r]), 7, copy.row(r));
  }
  const auto other = random_tensor<double>(Shape{7, 5}, rng);
  Tensor<double, 2> product({40, 5});
  Tensor<double, 2> expected({40, 5});
  gemm(gathered(tensor, numbers), matrix(other), into(product));
  gemm(matrix(copy), matrix(other), into(expected));
  CHECK(product == expected);

  Tensor<double, 2> gram({7, 7});
  Tensor<double, 2> expected_gram({7, 7});
  gemm(transposed(matrix(copy)), gathered(tensor, numbers), into(gram));
  gemm(transposed(matrix(copy)), matrix(copy), into(expected_gram));
  CHECK(gram == expected_gram);
}
