#include <algorithm>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/spatial_dropout2d.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("spatial dropout drops its share of whole channels and scales the rest") {
  Rng rng(1);
  SpatialDropout2d<float> dropout({.probability = 0.2}, rng);
  SpatialDropout2d<float>::Context context;
  const auto y = dropout.forward(Tensor<float, 4>::full({20, 2, 3, 500}, 4), context);
  Index dropped = 0;
  for (Index n = 0; n < 20; ++n) {
    for (Index c = 0; c < 500; ++c) {
      const float first = y(n, 0, 0, c);
      REQUIRE((first == 0 || first == 5));
      dropped += first == 0 ? 1 : 0;
      for (Index h = 0; h < 2; ++h) {
        for (Index w = 0; w < 3; ++w) REQUIRE(y(n, h, w, c) == first);
      }
    }
  }
  CHECK(dropped == doctest::Approx(2000).epsilon(0.1));
}

TEST_CASE("spatial dropout gradients agree with differences") {
  Rng rng(2);
  for (const double probability : {0., 0.4}) {
    const SpatialDropout2d<double> dropout({.probability = probability}, rng);
    check_gradients(dropout, random_tensor<double>(Shape{1, 1, 1, 1}, rng), rng);
    check_gradients(dropout, random_tensor<double>(Shape{3, 2, 3, 5}, rng), rng);
  }
}

TEST_CASE("spatial dropout does nothing in inference, and keeps its generator") {
  Rng rng(3);
  SpatialDropout2d<float> dropout({.probability = 0.5}, rng);
  const auto x = random_tensor<float>(Shape{2, 3, 3, 4}, rng);
  CHECK(std::as_const(dropout).forward(x) == x);
  int generators = 0;
  for_each_generator(dropout, [&](const Name& name, Rng&) {
    CHECK(name.str() == "generator");
    ++generators;
  });
  CHECK(generators == 1);
}

TEST_CASE("spatial dropout draws anew at every pass, the same again from the same generator, and keeps passes apart") {
  Rng rng(4);
  SpatialDropout2d<float> dropout({.probability = 0.5}, rng);
  auto restored = dropout;
  SpatialDropout2d<float>::Context first_context;
  SpatialDropout2d<float>::Context second_context;
  const auto ones = Tensor<float, 4>::full({3, 2, 2, 40}, 1);
  const auto first = dropout.forward(ones, first_context);
  const auto second = dropout.forward(ones, second_context);
  CHECK(first != second);
  CHECK(dropout.backward(ones, first_context) == first);
  CHECK(dropout.backward(ones, second_context) == second);
  CHECK(restored.forward(ones, first_context) == first);
}

TEST_CASE("a dropped channel is 0 whatever was in it") {
  Rng rng(5);
  SpatialDropout2d<float> dropout({.probability = 0.5}, rng);
  SpatialDropout2d<float>::Context context;
  const auto x = Tensor<float, 4>::full({1, 2, 2, 40}, std::numeric_limits<float>::infinity());
  const auto y = dropout.forward(x, context);
  CHECK(std::count(y.begin(), y.end(), 0.F) > 0);
  CHECK(std::count(y.begin(), y.end(), 0.F) + std::count(y.begin(), y.end(), x[0]) == y.size());
}

TEST_CASE("spatial dropout refuses a probability of 1, and a gradient that does not fit") {
  Rng rng(7);
  CHECK_THROWS_WITH_AS(SpatialDropout2d<float>({.probability = 1}, rng),
                       "spatial_dropout2d: the probability 1 is not in [0, 1)", OptionError);
  SpatialDropout2d<float> dropout({}, rng);
  SpatialDropout2d<float>::Context context;
  dropout.forward(Tensor<float, 4>({1, 2, 3, 4}), context);
  CHECK_THROWS_WITH_AS(dropout.backward(Tensor<float, 4>({1, 3, 2, 4}), context),
                       "spatial_dropout2d: the gradient [1, 3, 2, 4] does not fit the output [1, 2, 3, 4]", ShapeError);
}
