#include <cmath>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/positional_encoding.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("a positional encoding adds waves, the longer the further right") {
  const auto y = PositionalEncoding<double>({.d_model = 5, .max_len = 4}).forward(Tensor<double, 3>({3, 2, 5}));
  for (Index t = 0; t < 3; ++t) {
    CAPTURE(t);
    const double at = static_cast<double>(t);
    for (Index b = 0; b < 2; ++b) {
      CHECK(y(t, b, 0) == std::sin(at));
      CHECK(y(t, b, 1) == std::cos(at));
      CHECK(y(t, b, 3) == doctest::Approx(std::cos(at / std::pow(10000., 0.4))).epsilon(1e-15));
      CHECK(y(t, b, 4) == doctest::Approx(std::sin(at / std::pow(10000., 0.8))).epsilon(1e-15));
    }
  }
}

TEST_CASE_TEMPLATE("a positional encoding computes what PyTorch's tutorial computes", T, float, double) {
  const SafetensorsFile file = fixture("transformer");
  check_golden_layer<T, 3, 3>(file, "positions", PositionalEncoding<T>({.d_model = 8, .max_len = 7}));
  check_golden_layer<T, 3, 3>(file, "positions batch first",
                              PositionalEncoding<T>({.d_model = 6, .max_len = 20, .batch_first = true}));
}

TEST_CASE("positional encoding gradients agree with differences") {
  Rng rng(1);
  check_gradients(PositionalEncoding<double>({.d_model = 4, .max_len = 9}), random_tensor<double>(Shape{5, 2, 4}, rng),
                  rng);
}

TEST_CASE("a positional encoding gives the same bits in training, in the memory of what is moved in") {
  Rng rng(2);
  const PositionalEncoding<float> layer({.d_model = 33, .max_len = 100});
  PositionalEncoding<float>::Context context;
  auto x = random_tensor<float>(Shape{70, 19, 33}, rng);
  const auto inferred = layer.forward(x);
  const float* const memory = x.data();
  x = layer.forward(std::move(x), context);
  CHECK(x == inferred);
  CHECK(x.data() == memory);
  CHECK(layer.backward(std::move(x), context).data() == memory);
}

TEST_CASE("a positional encoding may be used twice in one model, has no parameters, and its work is no product") {
  Rng rng(3);
  const PositionalEncoding<float> layer({.d_model = 4, .max_len = 9});
  check_used_twice(layer, random_tensor<float>(Shape{5, 2, 4}, rng), random_tensor<float>(Shape{3, 1, 4}, rng));
  CHECK(count_parameters(layer) == 0);
  CHECK(summary(layer, Shape{5, 2, 4}).multiply_adds() == 0);
}

TEST_CASE("a positional encoding names what does not fit") {
  CHECK_THROWS_WITH_AS(PositionalEncoding<float>({.d_model = 0}),
                       "positional_encoding: cannot number 5000 steps of 0 features, each must be at least 1",
                       OptionError);
  const PositionalEncoding<float> layer({.d_model = 4, .max_len = 9});
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 3>({5, 2, 3})),
                       "positional_encoding: input has 3 features, the layer was made for 4 (input [5, 2, 3])",
                       ShapeError);
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 3>({10, 2, 4})),
                       "positional_encoding: the input has 10 steps, the layer was made for 9 (input [10, 2, 4])",
                       ShapeError);
  PositionalEncoding<float>::Context context;
  layer.forward(Tensor<float, 3>({5, 2, 4}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 3>({5, 1, 4}), context),
                       "positional_encoding: the gradient [5, 1, 4] does not fit the output [5, 2, 4]", ShapeError);
}
