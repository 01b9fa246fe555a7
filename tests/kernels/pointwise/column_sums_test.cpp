#include <doctest/doctest.h>

#include <pupil/kernels/pointwise/column_sums.hpp>

#include "support/gradient_check.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE("column sums are added to what is there") {
  const Tensor<float, 2> values({3, 2}, {1, 2, 3, 4, 5, 6});
  Tensor<float, 1> sums({2}, {100, 200});
  add_column_sums(matrix(values), sums.data());
  CHECK(sums == Tensor<float, 1>({2}, {109, 212}));
}

TEST_CASE("column sums agree with the definition, over one range of rows or several") {
  const PoisonedMemory poison;
  constexpr std::uint64_t seed = 1;
  CAPTURE(seed);
  Rng rng(seed);
  for (const Index rows : {Index{1}, rows_a_sum - 1, rows_a_sum, rows_a_sum + 1, 3 * rows_a_sum + 7}) {
    for (const Index columns : {1, 5, 33}) {
      CAPTURE(rows);
      CAPTURE(columns);
      const auto values = random_tensor<double>(Shape{rows, columns}, rng);
      auto sums = random_tensor<double>(Shape{columns}, rng);
      auto expected = sums;
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < columns; ++c) expected[c] += values(r, c);
      }
      add_column_sums(matrix(values), sums.data());
      CHECK(relative_difference(sums, expected) < 1e-12);
    }
  }
}

TEST_CASE("column sums of part of a matrix leave out the rest") {
  const Tensor<float, 2> values({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  Tensor<float, 1> sums({2});
  add_column_sums(RowMajor<float>{values.data() + 1, 2, 2, 4}, sums.data());
  CHECK(sums == Tensor<float, 1>({2}, {8, 10}));
}

TEST_CASE("column sums of no rows or no columns are nothing") {
  Tensor<float, 1> sums({2}, {1, 2});
  add_column_sums(matrix(Tensor<float, 2>({0, 2})), sums.data());
  CHECK(sums == Tensor<float, 1>({2}, {1, 2}));
  add_column_sums(matrix(Tensor<float, 2>({3, 0})), sums.data());
  CHECK(sums == Tensor<float, 1>({2}, {1, 2}));
}

TEST_CASE("column sums give the same bits for any number of threads") {
  Rng rng(2);
  const auto values = random_tensor<float>(Shape{5 * rows_a_sum + 3, 19}, rng);
  check_thread_counts([&] {
    Tensor<float, 1> sums({19});
    add_column_sums(matrix(values), sums.data());
    return sums;
  });
}
