#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/collate.hpp>

using namespace pupil;

TEST_CASE("collate stacks tensors") {
  const std::vector<Tensor<float, 1>> samples{Tensor<float, 1>({2}, {1, 2}), Tensor<float, 1>({2}, {3, 4})};
  CHECK(collate(samples) == Tensor<float, 2>({2, 2}, {1, 2, 3, 4}));
}

TEST_CASE("collate makes a tensor of numbers") {
  const Tensor<std::int32_t, 1> labels = collate(std::vector<int>{3, 1, 2});
  CHECK(labels == Tensor<std::int32_t, 1>({3}, {3, 1, 2}));
  CHECK(collate(std::vector<bool>{true, false}) == Tensor<bool, 1>({2}, {true, false}));
}

TEST_CASE("collate takes pairs and tuples apart") {
  const Tensor<float, 1> one({1}, {1}), two({1}, {2});
  const auto [images, labels] = collate(std::vector{std::pair(one, 7), std::pair(two, 8)});
  CHECK(images == Tensor<float, 2>({2, 1}, {1, 2}));
  CHECK(labels == Tensor<std::int32_t, 1>({2}, {7, 8}));
  const auto [weights, pairs] =
      collate(std::vector{std::tuple(0.5, std::pair(1, 2)), std::tuple(1.5, std::pair(3, 4))});
  CHECK(weights == Tensor<double, 1>({2}, {0.5, 1.5}));
  CHECK(pairs.first == Tensor<std::int32_t, 1>({2}, {1, 3}));
  CHECK(pairs.second == Tensor<std::int32_t, 1>({2}, {2, 4}));
}

TEST_CASE("collate leaves what it does not know as it is") {
  const std::vector<std::string> names{"a", "b"};
  CHECK(collate(names) == names);
}

TEST_CASE("collate names tensors of different shapes") {
  const std::vector<Tensor<float, 1>> samples{Tensor<float, 1>({2}), Tensor<float, 1>({3})};
  CHECK_THROWS_WITH_AS(collate(samples), "stack: [3] is not of the shape [2]", ShapeError);
}
