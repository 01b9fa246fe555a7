#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/dropout.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("dropout drops its share and scales the rest") {
  Rng rng(1);
  Dropout<float> dropout({.probability = 0.2}, rng);
  Dropout<float>::Context context;
  const auto y = dropout.forward(Tensor<float, 2>::full({100, 500}, 4), context);
  const auto dropped = std::count(y.begin(), y.end(), 0.F);
  CHECK(dropped == doctest::Approx(10000).epsilon(0.04));
  CHECK(std::count(y.begin(), y.end(), 5.F) == y.size() - dropped);
}

TEST_CASE("dropout gradients agree with differences") {
  Rng rng(2);
  for (const double probability : {0., 0.3, 0.9}) {
    CAPTURE(probability);
    const Dropout<double> dropout({.probability = probability}, rng);
    check_gradients(dropout, random_tensor<double>(Shape{1}, rng), rng);
    check_gradients(dropout, random_tensor<double>(Shape{2, 3, 401}, rng), rng);
  }
}

TEST_CASE("dropout does nothing in inference, and keeps its generator") {
  Rng rng(3);
  Dropout<float> dropout({.probability = 0.5}, rng);
  const auto state = [&] {
    Rng::State found;
    for_each_generator(dropout, [&](const Name& name, Rng& generator) {
      CHECK(name.str() == "generator");
      found = generator.state();
    });
    return found;
  };
  const auto before = state();
  const auto x = random_tensor<float>(Shape{3, 4}, rng);
  CHECK(std::as_const(dropout).forward(x) == x);
  CHECK(state() == before);
  Dropout<float>::Context context;
  dropout.forward(x, context);
  CHECK(state() != before);
}

TEST_CASE("dropout draws anew at every pass, and the same again from the same generator") {
  Rng rng(4);
  Dropout<float> dropout({.probability = 0.5}, rng);
  auto restored = dropout;
  const auto pass = [](Dropout<float>& layer) {
    Dropout<float>::Context context;
    return layer.forward(Tensor<float, 2>::full({10, 10}, 1), context);
  };
  const auto first = pass(dropout);
  const auto second = pass(dropout);
  CHECK(first != second);
  CHECK(pass(restored) == first);
  CHECK(pass(restored) == second);
}

TEST_CASE("two dropouts of one generator drop different elements") {
  Rng rng(5);
  Dropout<float> one({.probability = 0.5}, rng);
  Dropout<float> other({.probability = 0.5}, rng);
  Dropout<float>::Context one_context;
  Dropout<float>::Context other_context;
  const auto ones = Tensor<float, 2>::full({10, 10}, 1);
  CHECK(one.forward(ones, one_context) != other.forward(ones, other_context));
}

TEST_CASE("dropout of two passes goes back through each pass's own mask") {
  Rng rng(6);
  Dropout<float> dropout({.probability = 0.5}, rng);
  Dropout<float>::Context first_context;
  Dropout<float>::Context second_context;
  const auto ones = Tensor<float, 1>::full({300}, 1);
  const auto first = dropout.forward(ones, first_context);
  const auto second = dropout.forward(ones, second_context);
  CHECK(dropout.backward(ones, first_context) == first);
  CHECK(dropout.backward(ones, second_context) == second);
}

TEST_CASE("dropout refuses a probability of 1, and a gradient that does not fit") {
  Rng rng(8);
  CHECK_THROWS_WITH_AS(Dropout<float>({.probability = 1}, rng), "dropout: the probability 1 is not in [0, 1)",
                       OptionError);
  CHECK_THROWS_WITH_AS(Dropout<float>({.probability = -0.5}, rng), "dropout: the probability -0.5 is not in [0, 1)",
                       OptionError);
  Dropout<float> dropout({}, rng);
  Dropout<float>::Context context;
  dropout.forward(Tensor<float, 2>({2, 3}), context);
  CHECK_THROWS_WITH_AS(dropout.backward(Tensor<float, 2>({3, 3}), context),
                       "dropout: the gradient [3, 3] does not fit the output of 6 elements", ShapeError);
}
