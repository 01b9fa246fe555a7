#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/select_rows.hpp>

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE("items are selected in the order that is asked for, in every layer") {
  const Tensor<float, 3> state({2, 3, 1}, {1, 2, 3, 4, 5, 6});
  CHECK(select_items(state, std::vector<Index>{2, 0, 2, 1}) == Tensor<float, 3>({2, 4, 1}, {3, 1, 3, 2, 6, 4, 6, 5}));
  CHECK(select_items(state, std::vector<Index>{}).shape() == Shape{2, 0, 1});
}

TEST_CASE("rows are selected in the order that is asked for") {
  const Tensor<float, 2> rows({3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK(select_items(rows, std::vector<Index>{2, 0, 2}) == Tensor<float, 2>({3, 2}, {5, 6, 1, 2, 5, 6}));
  CHECK(select_items(rows, std::vector<Index>{}).shape() == Shape{0, 2});
}

TEST_CASE("all parts of a recurrent state keep the same rows") {
  LstmState<float, 2> state{Tensor<float, 2>({2, 1}, {1, 2}), Tensor<float, 2>({2, 1}, {3, 4})};
  select_state_rows(state, std::vector<Index>{1, 1, 0});
  CHECK(state.hidden == Tensor<float, 2>({3, 1}, {2, 2, 1}));
  CHECK(state.cell == Tensor<float, 2>({3, 1}, {4, 4, 3}));
}
