#include <string>

#include <doctest/doctest.h>

#include <pupil/nn/recurrent_state.hpp>

#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("the parts of states that belong together are visited together") {
  LstmState<float, 2> state{Tensor<float, 2>({1, 2}, {1, 2}), Tensor<float, 2>({1, 2}, {3, 4})};
  const LstmState<float, 2> other{Tensor<float, 2>({1, 2}, {5, 6}), Tensor<float, 2>({1, 2}, {7, 8})};
  std::string names;
  LstmState<float, 2>::for_each_part(
      [&](const std::string& name, auto& part, const auto& added) {
        names += name + ' ';
        part[0] += added[0];
      },
      state, other);
  CHECK(names == "hidden cell ");
  CHECK(state.hidden[0] == 6);
  CHECK(state.cell[0] == 10);
}

TEST_CASE("a stack's state comes apart and together again") {
  Rng rng(1);
  const Shape shape{3, 2, 4};
  const LstmState<float> stack{random_tensor<float>(shape, rng), random_tensor<float>(shape, rng)};
  auto copy = pupil::detail::uninitialized_state<LstmState<float>>(shape);
  for (Index i = 0; i < 3; ++i) {
    LstmState<float, 2> one;
    pupil::detail::take_entry(stack, i, one);
    CHECK(one.cell.shape() == Shape{2, 4});
    CHECK(one.cell(1, 2) == stack.cell(i, 1, 2));
    pupil::detail::put_entry(one, i, copy);
  }
  CHECK(copy.hidden == stack.hidden);
  CHECK(copy.cell == stack.cell);
}

TEST_CASE("what stands for zeros does so in every entry") {
  GruState<float, 2> one;
  pupil::detail::take_entry(GruState<float>{}, 1, one);
  CHECK(pupil::detail::stands_for_zeros(one.hidden));
}

TEST_CASE("a part of another shape is named, one that was left out is not") {
  const LstmState<float> state{{}, Tensor<float, 3>({1, 2, 3})};
  CHECK_NOTHROW(pupil::detail::check_state("lstm", "the initial", state, Shape{1, 2, 3}));
  CHECK_THROWS_WITH_AS(pupil::detail::check_state("lstm", "the initial", state, Shape{1, 2, 4}),
                       "lstm: the initial cell state is [1, 2, 3], not [1, 2, 4]", ShapeError);
}
