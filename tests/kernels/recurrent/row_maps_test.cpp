#include <doctest/doctest.h>

#include <pupil/kernels/recurrent/row_maps.hpp>

using namespace pupil;
using namespace pupil::kernels;

TEST_CASE("a matrix without data has no row to read") {
  const Tensor<float, 2> tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(*kernels::detail::row_or_zeros(matrix(tensor), 1) == 4);
  CHECK(kernels::detail::row_or_zeros(RowMajor<float>{}, 1) == nullptr);
}
