#include <doctest/doctest.h>

#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/recurrent/step_product.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("a step's product has the bits of gemm, at every precision", T, float, double) {
  Rng rng(1);
  const auto left = random_tensor<T>(Shape{5, 37}, rng);
  const auto right = random_tensor<T>(Shape{20, 40}, rng);
  const RowMajor<T> some_columns{right.data() + 2, 20, 37, 40};
  for (const Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
    const PrecisionScope scope(precision);
    const StepProduct<T> forward(transposed(some_columns));
    auto expected = Tensor<T, 2>::uninitialized({5, 20});
    auto actual = expected;
    gemm(matrix(left), transposed(some_columns), into(expected));
    forward(matrix(left), into(actual));
    CHECK(actual == expected);

    const StepProduct<T> backward(some_columns);
    auto d_left = left;
    auto d_left_of_gemm = left;
    gemm(matrix(expected), some_columns, added_to(d_left_of_gemm));
    backward(matrix(expected), added_to(d_left));
    CHECK(d_left == d_left_of_gemm);
  }
}
