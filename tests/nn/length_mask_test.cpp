#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/length_mask.hpp>

using namespace pupil;

TEST_CASE("masks are true as far as each sequence goes") {
  const std::vector<Index> lengths{2, 0, 3};
  CHECK(steps_within(lengths, 3) ==
        Tensor<bool, 2>({3, 3}, {true, false, true, true, false, true, false, false, true}));
  CHECK(positions_within(lengths, 4) ==
        Tensor<bool, 2>({3, 4}, {true, true, false, false, false, false, false, false, true, true, true, false}));
  CHECK(steps_within({}, 3).shape() == Shape{3, 0});
  CHECK(positions_within({}, 3).shape() == Shape{0, 3});
}

TEST_CASE("targets behind the end of a sequence are ignored") {
  const std::vector<Index> lengths{1, 2};
  const Tensor<std::int32_t, 2> targets({2, 2}, {3, 4, 5, 6});
  CHECK(masked_targets(targets, lengths) == Tensor<std::int32_t, 2>({2, 2}, {3, 4, -1, 6}));
  CHECK(masked_targets(targets, lengths, -100) == Tensor<std::int32_t, 2>({2, 2}, {3, 4, -100, 6}));
}

TEST_CASE("masks name a length that is out of range, and lengths that do not fit") {
  const std::vector<Index> lengths{2, 4, -1};
  CHECK_THROWS_WITH_AS(steps_within(lengths, 3), "length mask: sequence 1 has the length 4, there are 3 steps",
                       IndexError);
  CHECK_THROWS_WITH_AS(positions_within(lengths, 4), "length mask: sequence 2 has the length -1, there are 4 steps",
                       IndexError);
  CHECK_THROWS_WITH_AS(masked_targets(Tensor<std::int32_t, 2>({5, 2}), lengths),
                       "length mask: 3 lengths for targets [5, 2]", ShapeError);
}
