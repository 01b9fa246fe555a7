#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/rows_by_item.hpp>

using namespace pupil;
using namespace pupil::kernels;

TEST_CASE("every item has its rows, ascending, and an item without rows has none") {
  const RowsByItem rows(Tensor<Index, 1>({6}, {2, 0, 2, 3, 0, 2}), 4);
  const auto of = [&](Index item) {
    const auto span = rows.rows(item);
    return std::vector<Index>(span.begin(), span.end());
  };
  CHECK(rows.items() == 4);
  CHECK(of(0) == std::vector<Index>{1, 4});
  CHECK(of(1).empty());
  CHECK(of(2) == std::vector<Index>{0, 2, 5});
  CHECK(of(3) == std::vector<Index>{3});
}

TEST_CASE("without rows no item has any") {
  CHECK(RowsByItem().items() == 0);
  CHECK(RowsByItem(Tensor<Index, 1>(), 2).rows(1).empty());
}
