#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/metrics/accuracy.hpp>

using namespace pupil;

namespace {

using AccuracyLabels = Tensor<std::int32_t, 1>;

const Tensor<float, 2>& four_rows() {
  static const Tensor<float, 2> rows({4, 3}, {1, 2, 3, 3, 2, 1, 1, 3, 2, 0, 0, 0});
  return rows;
}

}  // namespace

TEST_CASE("accuracy is the part of the rows whose largest score is the label's") {
  CHECK(accuracy(four_rows(), AccuracyLabels({4}, {2, 0, 1, 0})) == 1);
  CHECK(accuracy(four_rows(), AccuracyLabels({4}, {2, 1, 1, 0})) == 0.75);
  CHECK(accuracy(four_rows(), AccuracyLabels({4}, {0, 1, 2, 1})) == 0);  // of equal scores the first is the largest
}

TEST_CASE("accuracy looks at as many scores as it is told to") {
  const AccuracyLabels labels({4}, {1, 2, 0, 1});
  CHECK(accuracy(four_rows(), labels, {.top_k = 1}) == 0);
  CHECK(accuracy(four_rows(), labels, {.top_k = 2}) == 0.5);
  CHECK(accuracy(four_rows(), labels, {.top_k = 3}) == 1);
}

TEST_CASE("accuracy leaves rows out that are ignored, and is 0 of none") {
  CHECK(accuracy(four_rows(), AccuracyLabels({4}, {2, -1, 0, -1})) == 0.5);
  CHECK(accuracy(four_rows(), AccuracyLabels({4}, {2, 1, 0, 1}), {.ignored_target = 1}) == 0.5);
  CHECK(accuracy(four_rows(), AccuracyLabels({4}, {-1, -1, -1, -1})) == 0);
  CHECK(accuracy(Tensor<float, 2>({0, 3}), AccuracyLabels({0})) == 0);
}

TEST_CASE("accuracy takes logits of sequences") {
  const Tensor<double, 3> logits({2, 1, 2}, {1, 0, 0, 1});
  CHECK(accuracy(logits, Tensor<std::int32_t, 2>({2, 1}, {0, 0})) == 0.5);
}

TEST_CASE("a row with a NaN is not right") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor<float, 2> rows({2, 2}, {nan, 1, 1, nan});
  CHECK(accuracy(rows, AccuracyLabels({2}, {1, 0})) == 0);
  CHECK(accuracy(rows, AccuracyLabels({2}, {0, 1})) == 0);
}

TEST_CASE("accuracy names what does not fit") {
  CHECK_THROWS_WITH_AS(accuracy(four_rows(), AccuracyLabels({3})),
                       "accuracy: the labels [3] do not fit the logits [4, 3]", ShapeError);
  CHECK_THROWS_WITH_AS(accuracy(four_rows(), AccuracyLabels({4}, {0, 1, 3, 0})),
                       "accuracy: the label 3 of row 2 is not one of the 3 classes", IndexError);
  CHECK_THROWS_WITH_AS(accuracy(four_rows(), AccuracyLabels({4}), {.top_k = 0}),
                       "accuracy: top_k is 0, must be at least 1", OptionError);
}
