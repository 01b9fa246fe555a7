#include <cstddef>
#include <type_traits>

#include <doctest/doctest.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/tensor.hpp>

using namespace pupil;

namespace {

/// Whether `Shape<Rank>{extents...}` compiles.
template <std::size_t Rank, class... Extents>
concept MakesShape = requires(Extents... extents) {
  Shape<Rank>{extents...};
};

/// Whether `Tensor<float, Rank>({extents...})` compiles.
template <std::size_t Rank, class... Extents>
concept MakesTensor = requires(Extents... extents) {
  Tensor<float, Rank>({extents...});
};

}  // namespace

TEST_CASE("a shape's size is the product of its extents") {
  CHECK(Shape{2, 3, 4}.size() == 24);
  CHECK(Shape{7}.size() == 7);
  CHECK(Shape{5, 0, 3}.size() == 0);
  CHECK(Shape<0>{}.size() == 1);
  static_assert(Shape{2, 3}.size() == 6);
}

TEST_CASE("a shape deduces its rank, and is all zeros by default") {
  static_assert(std::is_same_v<decltype(Shape{1, 2, 3, 4}), Shape<4>>);
  CHECK(Shape<3>{} == Shape{0, 0, 0});
}

TEST_CASE("shapes are equal where all extents are") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
}

TEST_CASE("shapes, sizes and paddings print as they are read") {
  CHECK(message(Shape{8, 32, 32, 4}) == "[8, 32, 32, 4]");
  CHECK(message(Shape{5}) == "[5]");
  CHECK(message(Size2d(3, 5)) == "(3, 5)");
  CHECK(message(Padding2d(1, 2, 3, 4)) == "(1, 2, 3, 4)");
}

TEST_CASE("one number stands for both sides of a window and for all four sides of a padding") {
  CHECK(Size2d(3) == Size2d(3, 3));
  CHECK(Padding2d(2) == Padding2d(2, 2, 2, 2));
  CHECK(Padding2d(1, 2) == Padding2d(1, 1, 2, 2));
}

TEST_CASE("a shape has one extent for each dimension, or it does not compile") {
  static_assert(MakesShape<4, int, Index, std::size_t, int>);
  static_assert(!MakesShape<4, int, int, int>);
  static_assert(!MakesShape<4, int, int>);
  static_assert(!MakesShape<4, int>);
  static_assert(!MakesShape<4, int, int, int, int, int>);
  static_assert(!MakesShape<2, int>);
  static_assert(!MakesShape<1, int, int>);
  static_assert(!MakesShape<0, int>);
  static_assert(MakesTensor<4, int, int, int, int>);
  static_assert(MakesTensor<1, Index>);
  static_assert(!MakesTensor<4, int, int, int>);
  static_assert(!MakesTensor<4, int, int>);
  static_assert(!MakesTensor<2, int>);
  static_assert(!MakesTensor<1, int, int>);
  static_assert(!MakesTensor<2, int, int, int>);
  CHECK(Shape<4>{} == Shape{0, 0, 0, 0});
  CHECK(Shape<2>{3, std::size_t{4}} == Shape{3, 4});
}

TEST_CASE("extents are whole numbers, and a number alone is no shape") {
  static_assert(!MakesShape<2, double, int>);
  static_assert(!MakesShape<1, float>);
  static_assert(!std::is_convertible_v<int, Shape<1>>);
  static_assert(!std::is_constructible_v<Tensor<float, 1>, int>);
}
