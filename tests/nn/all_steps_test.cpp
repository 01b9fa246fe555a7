#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/all_steps.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("all steps are the output of a recurrent layer, in its memory") {
  Rng rng(1);
  const Lstm<float> lstm({.input_size = 3, .hidden_size = 4}, rng);
  auto y = lstm.forward(random_tensor<float>(Shape{5, 2, 3}, rng));
  const auto expected = y.output;
  const float* const memory = y.output.data();
  AllSteps<float>::Context context;
  CHECK(AllSteps<float>().forward(y) == expected);
  const auto steps = AllSteps<float>().forward(std::move(y), context);
  CHECK(steps == expected);
  CHECK(steps.data() == memory);
}

TEST_CASE_TEMPLATE("gradients of all steps agree with differences", Layers, Lstm<double>, Gru<double>) {
  Rng rng(2);
  for (const bool batch_first : {false, true}) {
    const Sequential net{
        Dense<double>({.in_features = 2, .out_features = 3}, rng),
        Layers({.input_size = 3, .hidden_size = 2, .bidirectional = true, .batch_first = batch_first}, rng),
        AllSteps<double>(),
        Layers({.input_size = 4, .hidden_size = 3, .batch_first = batch_first}, rng),
        AllSteps<double>(),
        Dense<double>({.in_features = 3, .out_features = 2}, rng)};
    CHECK(summary(net, Shape{5, 3, 2}).layers()[4].output_shape == "[5, 3, 3]");
    check_gradients(net, random_tensor<double>(Shape{5, 3, 2}, rng), rng);
  }
}

TEST_CASE("all steps may be taken twice in one model") {
  Rng rng(3);
  check_used_twice(Sequential{Dense<float>({.in_features = 2, .out_features = 3}, rng),
                              Lstm<float>({.input_size = 3, .hidden_size = 4}, rng), AllSteps<float>()},
                   random_tensor<float>(Shape{4, 3, 2}, rng), random_tensor<float>(Shape{2, 5, 2}, rng));
}

TEST_CASE("all steps name what does not fit") {
  Rng rng(4);
  const Gru<float> gru({.input_size = 3, .hidden_size = 4}, rng);
  const auto y = gru.forward(random_tensor<float>(Shape{5, 2, 3}, rng));
  AllSteps<float>::Context context;
  const AllSteps<float> all;
  all.forward(y, context);
  CHECK_THROWS_AS(all.forward(y, context), ContextError);
  CHECK_THROWS_WITH_AS(all.backward(Tensor<float, 3>({5, 2, 3}), context),
                       "all_steps: the gradient [5, 2, 3] does not fit the output [5, 2, 4]", ShapeError);
}
