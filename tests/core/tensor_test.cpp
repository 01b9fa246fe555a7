#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor.hpp>

using namespace pupil;

TEST_CASE("a tensor of a shape is all zeros, also in memory that was used before") {
  { const auto used = Tensor<float, 3>::full({2, 3, 4}, 5); }
  const Tensor<float, 3> tensor({2, 3, 4});
  CHECK(tensor.shape() == Shape{2, 3, 4});
  CHECK(tensor.size() == 24);
  CHECK(std::all_of(tensor.begin(), tensor.end(), [](float x) { return x == 0; }));
}

TEST_CASE("a default-constructed tensor has no elements") {
  const Tensor<float, 2> tensor;
  CHECK(tensor.shape() == Shape{0, 0});
  CHECK(tensor.empty());
  CHECK(tensor.begin() == tensor.end());
}

TEST_CASE("a tensor of no dimensions is one number") {
  Tensor<std::int64_t, 0> number(Shape<0>{});
  CHECK(number.size() == 1);
  CHECK(number() == 0);
  number() = 7;
  const Tensor<std::int64_t, 0> copy = number;
  CHECK(copy == number);
  CHECK(copy[0] == 7);
}

TEST_CASE("values are given last dimension fastest, and found by their indices") {
  const Tensor<int, 3> tensor({2, 3, 2}, {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121});
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 3; ++j) {
      for (Index k = 0; k < 2; ++k) CHECK(tensor(i, j, k) == 100 * i + 10 * j + k);
    }
  }
  CHECK(tensor[7] == 101);
  CHECK(tensor(1, std::size_t{2}, std::int32_t{0}) == 120);
}

TEST_CASE("values that begin alike and end in zeros are stored as they are given") {
  // GCC 12 with AVX-512 may copy the first to all of them: cmake/development.cmake.
  const Tensor<double, 1> tensor({4}, {1, 1, 0, 0});
  CHECK(tensor[1] == 1);
  CHECK(tensor[2] == 0);
  CHECK(tensor[3] == 0);
}

TEST_CASE("a tensor is a matrix of feature rows") {
  const Tensor<int, 3> tensor({2, 3, 4});
  CHECK(tensor.rows() == 6);
  CHECK(tensor.columns() == 4);
  CHECK(tensor.row(5) == tensor.data() + 20);
  CHECK(Tensor<int, 1>({5}).rows() == 1);
  CHECK(Tensor<int, 1>({5}).columns() == 5);
}

TEST_CASE("values that are not as many as the shape's are refused") {
  CHECK_THROWS_WITH_AS((Tensor<int, 2>({2, 2}, {1, 2, 3})), "tensor: 3 values given for the shape [2, 2]", ShapeError);
}

TEST_CASE("a negative extent is refused") {
  // Not filled with zeros, as GCC would warn of what is never reached.
  CHECK_THROWS_WITH_AS((Tensor<float, 2>::uninitialized({2, -1})), "tensor: a negative extent in the shape [2, -1]",
                       ShapeError);
  CHECK_THROWS_AS((Tensor<float, 2>::uninitialized({-2, -3})), ShapeError);
  CHECK_THROWS_AS((Tensor<float, 2>::uninitialized({0, -3})), ShapeError);
}

TEST_CASE("a shape of more elements than there are addresses is refused") {
  constexpr Index large = Index{1} << 40U;
  CHECK_THROWS_WITH_AS((Tensor<float, 2>({large, large})),
                       "tensor: no memory is large enough for the shape [1099511627776, 1099511627776]", ShapeError);
  CHECK_THROWS_AS((Tensor<float, 3>({Index{1} << 32U, Index{1} << 32U, 3})), ShapeError);  // 0 elements, modulo 2^64
  CHECK_THROWS_AS(  // bytes overflow; not filled here either
      (Tensor<double, 1>::uninitialized({std::numeric_limits<Index>::max() / 4})), ShapeError);
  CHECK_THROWS_AS((Tensor<float, 3>({large, large, 0})), ShapeError);  // rows() overflows
}

TEST_CASE("copies are values of their own") {
  Tensor<int, 2> original({1, 2}, {1, 2});
  Tensor<int, 2> copy = original;
  Tensor<int, 2> assigned({5, 5});
  assigned = original;
  original(0, 0) = 9;
  CHECK(copy == Tensor<int, 2>({1, 2}, {1, 2}));
  CHECK(assigned == copy);
  auto& itself = assigned;
  assigned = itself;
  CHECK(assigned == copy);
}

TEST_CASE("a tensor that was moved from is empty") {
  Tensor<int, 2> source({1, 2}, {1, 2});
  const int* const data = source.data();
  Tensor<int, 2> target = std::move(source);
  CHECK(target.data() == data);
  CHECK(source.shape() == Shape{0, 0});  // NOLINT(bugprone-use-after-move): what is left is the matter
  CHECK(source.empty());
  Tensor<int, 2> assigned({7, 7});
  assigned = std::move(target);
  CHECK(assigned.data() == data);
  CHECK(target.shape() == Shape{0, 0});  // NOLINT(bugprone-use-after-move)
  CHECK(target.empty());
  auto& itself = assigned;
  assigned = std::move(itself);
  CHECK(assigned == Tensor<int, 2>({1, 2}, {1, 2}));
}

TEST_CASE("assigning over a tensor gives its memory back") {
  const auto in_use = [] { return StoragePool::instance().statistics().bytes_in_use; };
  const auto before = in_use();
  {
    Tensor<float, 1> tensor({1000000});
    tensor = Tensor<float, 1>({10});
    CHECK(in_use() - before < 10000);
  }
  CHECK(in_use() == before);
}

TEST_CASE("reshaping keeps the values, and moves them from a temporary") {
  Tensor<int, 2> tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto copy = tensor.reshaped(Shape{3, 2});
  CHECK(copy == Tensor<int, 2>({3, 2}, {1, 2, 3, 4, 5, 6}));
  CHECK(tensor.shape() == Shape{2, 3});
  const int* const data = tensor.data();
  const auto moved = std::move(tensor).reshaped(Shape{1, 6, 1});
  CHECK(moved.data() == data);
  CHECK(moved.shape() == Shape{1, 6, 1});
  CHECK(tensor.shape() == Shape{0, 0});  // NOLINT(bugprone-use-after-move): what is left is the matter
}

TEST_CASE("reshaping to another number of elements is refused, and leaves the tensor whole") {
  Tensor<int, 2> tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_WITH_AS(std::move(tensor).reshaped(Shape{7}), "reshape: [2, 3] has not as many elements as [7]",
                       ShapeError);
  CHECK_THROWS_AS(std::move(tensor).reshaped(Shape{-2, -3}), ShapeError);
  CHECK_THROWS_AS(std::move(tensor).reshaped(Shape{Index{1} << 62U, 4, 6}), ShapeError);
  CHECK(tensor == Tensor<int, 2>({2, 3}, {1, 2, 3, 4, 5, 6}));
}

TEST_CASE("tensors are equal where shapes and values are") {
  const Tensor<int, 2> tensor({2, 1}, {1, 2});
  CHECK(tensor == Tensor<int, 2>({2, 1}, {1, 2}));
  CHECK(tensor != Tensor<int, 2>({2, 1}, {1, 3}));
  CHECK(tensor != Tensor<int, 2>({1, 2}, {1, 2}));
  CHECK(Tensor<int, 2>({0, 3}) != Tensor<int, 2>({3, 0}));
}

TEST_CASE("values come from a vector, an array or a span too") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  CHECK(Tensor<float, 2>({2, 3}, values) == Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(Tensor<float, 1>({2}, std::span(values).subspan(4)) == Tensor<float, 1>({2}, {5, 6}));
  CHECK(Tensor<int, 1>({2}, std::array{7, 8}) == Tensor<int, 1>({2}, {7, 8}));
  CHECK_THROWS_WITH_AS((Tensor<float, 2>({2, 2}, values)), "tensor: 6 values given for the shape [2, 2]", ShapeError);
}

TEST_CASE("a tensor is made of a matrix of Eigen's, and of what Eigen computes") {
  Eigen::MatrixXf matrix(2, 3);  // column by column in memory
  matrix << 1, 2, 3, 4, 5, 6;
  const Tensor<float, 2> x = matrix;
  CHECK(x == Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(Tensor<float, 2>(2 * matrix.transpose()) == Tensor<float, 2>({3, 2}, {2, 8, 4, 10, 6, 12}));
  CHECK(Tensor<float, 2>(matrix * matrix.transpose()) == Tensor<float, 2>({2, 2}, {14, 32, 32, 77}));
  CHECK(Tensor<float, 2>(matrix.array() + 1) == Tensor<float, 2>({2, 3}, {2, 3, 4, 5, 6, 7}));
}

TEST_CASE("a tensor is seen as a matrix and as an array of Eigen's, which share its numbers") {
  Tensor<float, 3> x({2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(x.matrix().rows() == 4);
  CHECK(x.matrix().cols() == 3);
  x.matrix()(3, 0) = -10;
  CHECK(x(1, 1, 0) == -10);
  x.array() = x.array().max(0);
  CHECK(x(1, 1, 0) == 0);
  CHECK(std::as_const(x).array().sum() == 68);
  CHECK(std::as_const(x).matrix().row(0).sum() == 6);
}

#ifndef NDEBUG
TEST_CASE("where asserts are on, an element that is not there is an error") {
  Tensor<float, 2> x({2, 3});
  CHECK_THROWS_WITH_AS(x(1, 3), "tensor: there is no element [1, 3] in the shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(-1, 0), "tensor: there is no element [-1, 0] in the shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x[6], "tensor: there is no element 6 in the shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(std::as_const(x)[-1], "tensor: there is no element -1 in the shape [2, 3]", IndexError);
}
#endif
