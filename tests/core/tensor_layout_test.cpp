#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_layout.hpp>

#include "../support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// 0, 1, 2, ...
template <std::size_t Rank>
Tensor<float, Rank> counted(const Shape<Rank>& shape) {
  Tensor<float, Rank> tensor(shape);
  for (Index i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<float>(i);
  return tensor;
}

}  // namespace

TEST_CASE("a slice has a range of indices along a dimension") {
  const auto x = counted(Shape{2, 3, 4});
  for (std::size_t d = 0; d < 3; ++d) {
    CAPTURE(d);
    const auto y = slice(x, d, 1, 2);
    REQUIRE(y.dim(d) == 1);
    for (Index i = 0; i < y.dim(0); ++i) {
      for (Index j = 0; j < y.dim(1); ++j) {
        for (Index k = 0; k < y.dim(2); ++k) {
          CHECK(y(i, j, k) == x(i + (d == 0 ? 1 : 0), j + (d == 1 ? 1 : 0), k + (d == 2 ? 1 : 0)));
        }
      }
    }
  }
  CHECK(slice(x, 1, 0, 3) == x);
  CHECK(slice(x, 1, 2, 2).shape() == Shape{2, 0, 4});
}

TEST_CASE("a slice of what is not there is refused") {
  const auto x = counted(Shape{2, 3});
  CHECK(error_of<IndexError>([&] { slice(x, 1, 1, 4); }) == "slice: [1, 4) is not in dimension 1 of [2, 3]");
  CHECK(error_of<IndexError>([&] { slice(x, 0, -1, 1); }) == "slice: [-1, 1) is not in dimension 0 of [2, 3]");
  CHECK(error_of<IndexError>([&] { slice(x, 2, 0, 1); }) == "slice: the shape [2, 3] has no dimension 2");
}

TEST_CASE("slices that are joined give the whole, along every dimension") {
  const auto x = counted(Shape{3, 4, 5});
  for (std::size_t d = 0; d < 3; ++d) {
    CHECK(concatenate({slice(x, d, 0, 1), slice(x, d, 1, 3), slice(x, d, 3, x.dim(d))}, d) == x);
  }
  const std::vector<Tensor<float, 3>> parts{slice(x, 1, 0, 3), slice(x, 1, 3, 4)};
  CHECK(concatenate(parts, 1) == x);
}

TEST_CASE("tensors that do not fit are not joined") {
  const Tensor<float, 2> x({2, 3}), y({3, 2});
  CHECK(error_of<ShapeError>([&] {
          concatenate({x, y}, 0);
        }) == "concatenate: [3, 2] does not fit [2, 3] but for dimension 0");
  CHECK(error_of<ShapeError>([&] { concatenate(std::vector<Tensor<float, 2>>(), 0); }) ==
        "concatenate: there is nothing to join");
  CHECK(error_of<ShapeError>([&] { stack({x, y}); }) == "stack: [3, 2] is not of the shape [2, 3]");
  CHECK(error_of<IndexError>([&] { stack({x, x}, 3); }) == "stack: tensors [2, 3] have no place for a dimension 3");
}

TEST_CASE("tensors are stacked in a new dimension, wherever it is") {
  const auto x = counted(Shape{2, 3});
  auto y = x;
  for (float& number : y) number += 100;
  const auto first = stack({x, y});
  const auto middle = stack({x, y}, 1);
  const auto last = stack(std::vector<Tensor<float, 2>>{x, y}, 2);
  CHECK(first.shape() == Shape{2, 2, 3});
  CHECK(middle.shape() == Shape{2, 2, 3});
  CHECK(last.shape() == Shape{2, 3, 2});
  for (Index p = 0; p < 2; ++p) {
    for (Index i = 0; i < 2; ++i) {
      for (Index j = 0; j < 3; ++j) {
        const float expected = x(i, j) + static_cast<float>(100 * p);
        CHECK(first(p, i, j) == expected);
        CHECK(middle(i, p, j) == expected);
        CHECK(last(i, j, p) == expected);
      }
    }
  }
}

TEST_CASE("dimensions are put into another order") {
  const auto x = counted(Shape{2, 3, 4});
  const auto y = permute(x, {2, 0, 1});
  REQUIRE(y.shape() == Shape{4, 2, 3});
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 3; ++j) {
      for (Index k = 0; k < 4; ++k) CHECK(y(k, i, j) == x(i, j, k));
    }
  }
  CHECK(permute(y, {1, 2, 0}) == x);
  CHECK(permute(Tensor<float, 2>({0, 3}), {1, 0}).shape() == Shape{3, 0});
  CHECK(error_of<IndexError>([&] {
          permute(x, {0, 1, 1});
        }) == "permute: the order does not name dimension 1 of [2, 3, 4] once");
}

TEST_CASE("rows become columns") {
  CHECK(transpose(Tensor<int, 2>({2, 3}, {1, 2, 3, 4, 5, 6})) == Tensor<int, 2>({3, 2}, {1, 4, 2, 5, 3, 6}));
}

TEST_CASE("images go from PyTorch's order to pupil's and back") {
  const auto images = counted(Shape{2, 3, 4, 5});  // [N, C, H, W]
  const auto ours = nchw_to_nhwc(images);
  REQUIRE(ours.shape() == Shape{2, 4, 5, 3});
  CHECK(ours(1, 2, 3, 0) == images(1, 0, 2, 3));
  CHECK(nhwc_to_nchw(ours) == images);
}

TEST_CASE("argmax is the first of the largest features, and a NaN is larger than all") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(argmax(Tensor<float, 2>({3, 3}, {1, 5, 5, -1, -2, -3, 7, nan, nan})) ==
        Tensor<std::int32_t, 1>({3}, {1, 0, 1}));
  CHECK(argmax(Tensor<float, 3>({1, 2, 2}, {1, 2, 4, 3})) == Tensor<std::int32_t, 2>({1, 2}, {1, 0}));
  CHECK(argmax(Tensor<float, 2>({0, 3})).shape() == Shape{0});
  CHECK(error_of<ShapeError>([] { argmax(Tensor<float, 2>({2, 0})); }) == "argmax: rows of [2, 0] have no features");
}

TEST_CASE("flip turns a dimension around") {
  const Tensor<int, 3> x({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(flip(x, 0) == Tensor<int, 3>({2, 3, 2}, {7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6}));
  CHECK(flip(x, 1) == Tensor<int, 3>({2, 3, 2}, {5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}));
  CHECK(flip(x, 2) == Tensor<int, 3>({2, 3, 2}, {2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11}));
  CHECK(flip(Tensor<int, 2>({0, 3}), 0).shape() == Shape{0, 3});
  CHECK_THROWS_WITH_AS(flip(x, 3), "flip: the shape [2, 3, 2] has no dimension 3", IndexError);
}

TEST_CASE("index_select takes what has some indices, in their order") {
  const Tensor<int, 2> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(index_select(x, 1, Tensor<std::int32_t, 1>({4}, {2, 0, 0, 1})) ==
        Tensor<int, 2>({2, 4}, {3, 1, 1, 2, 6, 4, 4, 5}));
  CHECK(index_select(x, 0, Tensor<Index, 1>({1}, {1})) == Tensor<int, 2>({1, 3}, {4, 5, 6}));
  CHECK(index_select(x, 0, Tensor<std::int32_t, 1>({0})).shape() == Shape{0, 3});
  CHECK_THROWS_WITH_AS(index_select(x, 1, Tensor<std::int32_t, 1>({1}, {3})),
                       "index_select: 3 is not in dimension 1 of [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(index_select(x, 1, Tensor<std::int32_t, 1>({1}, {-1})),
                       "index_select: -1 is not in dimension 1 of [2, 3]", IndexError);
}
