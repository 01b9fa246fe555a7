#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/metrics/confusion_matrix.hpp>

using namespace pupil;

namespace {

/// Three are of class 0, of which one is taken for 1; two are of class 1, and right; 2 is never seen.
ConfusionMatrix matrix_of_five() {
  const Tensor<float, 2> logits({5, 3}, {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0});
  return confusion_matrix(logits, Tensor<std::int32_t, 1>({5}, {0, 0, 0, 1, 1}));
}

}  // namespace

TEST_CASE("a confusion matrix counts what each label was taken for") {
  const ConfusionMatrix matrix = matrix_of_five();
  CHECK(matrix.counts() == Tensor<Index, 2>({3, 3}, {2, 1, 0, 0, 2, 0, 0, 0, 0}));
  CHECK(matrix.classes() == 3);
  CHECK(matrix.total() == 5);
}

TEST_CASE("accuracy, precision, recall and f1 follow from a confusion matrix") {
  const ConfusionMatrix matrix = matrix_of_five();
  CHECK(matrix.accuracy() == 0.8);
  CHECK(matrix.precision(0) == 1);
  CHECK(matrix.precision(1) == doctest::Approx(2.0 / 3));
  CHECK(matrix.recall(0) == doctest::Approx(2.0 / 3));
  CHECK(matrix.recall(1) == 1);
  CHECK(matrix.f1(0) == doctest::Approx(0.8));
  CHECK(matrix.precision(2) == 0);
  CHECK(matrix.recall(2) == 0);
  CHECK(matrix.f1(2) == 0);
  CHECK(ConfusionMatrix(2).accuracy() == 0);
}

TEST_CASE("a confusion matrix adds batches, and others") {
  ConfusionMatrix matrix(3);
  matrix.add(Tensor<float, 3>({1, 2, 3}, {0, 0, 1, 0, 0, 1}), Tensor<std::int32_t, 2>({1, 2}, {2, -1}));
  CHECK(matrix.total() == 1);
  matrix += matrix_of_five();
  CHECK(matrix.counts() == Tensor<Index, 2>({3, 3}, {2, 1, 0, 0, 2, 0, 0, 0, 1}));
  matrix.add(Tensor<float, 2>({1, 3}), Tensor<std::int32_t, 1>({1}, {9}), {.ignored_target = 9});
  CHECK(matrix.total() == 6);
}

TEST_CASE("a confusion matrix prints itself") {
  ConfusionMatrix matrix(2);
  for (int i = 0; i < 12; ++i) matrix.add(Tensor<float, 2>({1, 2}, {1, 0}), Tensor<std::int32_t, 1>({1}, {0}));
  matrix.add(Tensor<float, 2>({1, 2}, {0, 1}), Tensor<std::int32_t, 1>({1}, {0}));
  CHECK(message(matrix) ==
        "label   0  1  predicted\n"
        "    0  12  1\n"
        "    1   0  0\n");
}

TEST_CASE("a confusion matrix names what does not fit, and counts nothing of it") {
  ConfusionMatrix matrix(2);
  CHECK_THROWS_WITH_AS(ConfusionMatrix(0), "confusion_matrix: 0 classes, there must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(matrix.add(Tensor<float, 2>({1, 3}), Tensor<std::int32_t, 1>({1})),
                       "confusion_matrix: the logits [1, 3] are not of 2 classes", ShapeError);
  CHECK_THROWS_WITH_AS(matrix.add(Tensor<float, 2>({1, 2}), Tensor<std::int32_t, 1>({2})),
                       "confusion_matrix: the labels [2] do not fit the logits [1, 2]", ShapeError);
  CHECK_THROWS_WITH_AS(matrix.add(Tensor<float, 2>({2, 2}), Tensor<std::int32_t, 1>({2}, {0, 2})),
                       "confusion_matrix: the label 2 of row 1 is not one of the 2 classes", IndexError);
  CHECK(matrix.total() == 0);
  CHECK_THROWS_WITH_AS(matrix += ConfusionMatrix(3), "confusion_matrix: 3 classes added to 2", ShapeError);
  CHECK_THROWS_WITH_AS(matrix.recall(2), "confusion_matrix: the class 2 is not one of 2", IndexError);
  CHECK_THROWS_WITH_AS(matrix.precision(-1), "confusion_matrix: the class -1 is not one of 2", IndexError);
}
