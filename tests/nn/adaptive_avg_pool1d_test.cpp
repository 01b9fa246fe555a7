#include <doctest/doctest.h>

#include <pupil/nn/adaptive_avg_pool1d.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("adaptive average pooling of sequences computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("sequence_pooling");
  check_golden_layer<T, 3, 3>(file, "adaptive avg", AdaptiveAvgPool1d<T>({.output_size = 3}));
  check_golden_layer<T, 3, 3>(file, "adaptive avg larger", AdaptiveAvgPool1d<T>({.output_size = 5}));
}

TEST_CASE("adaptive average pooling of sequences has gradients that agree with differences") {
  Rng rng(1);
  for (const Index size : {1, 2, 5}) {
    CAPTURE(size);
    for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{2, 7, 3}}) {
      CAPTURE(shape);
      check_gradients(AdaptiveAvgPool1d<double>({.output_size = size}), random_tensor<double>(shape, rng), rng);
    }
  }
}

TEST_CASE("adaptive average pooling of a sequence is that of an image of one row, and the same bits in training") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 301, 24}, rng);
  const AdaptiveAvgPool1d<float> pool({.output_size = 7});
  const auto y = pool.forward(x);
  CHECK(y.reshaped(Shape{3, 1, 7, 24}) ==
        AdaptiveAvgPool2d<float>({.output_size = {1, 7}}).forward(x.reshaped(Shape{3, 1, 301, 24})));
  AdaptiveAvgPool1d<float>::Context context;
  CHECK(y == pool.forward(x, context));
  CHECK(pool.output_shape(x.shape()) == y.shape());
}

TEST_CASE("adaptive average pooling of sequences may be used twice in one model") {
  Rng rng(3);
  check_used_twice(AdaptiveAvgPool1d<float>({.output_size = 2}), random_tensor<float>(Shape{2, 7, 3}, rng),
                   random_tensor<float>(Shape{1, 3, 2}, rng));
}

TEST_CASE("adaptive average pooling of sequences names both sides of every error") {
  using Pool = AdaptiveAvgPool1d<float>;
  const Pool pool({.output_size = 3});
  check_errors({
      {"output size", made_with<Pool>(AdaptiveAvgPool1dOptions{.output_size = 0}), typeid(OptionError),
       "adaptive_avg_pool1d: output_size is 0, not at least 1"},
      {"sequence without steps", every_pass(pool, Sequences({1, 0, 4})), typeid(ShapeError),
       "adaptive_avg_pool1d: the input [1, 0, 4] has no steps"},
      {"gradient", backward_of(pool, Sequences({1, 5, 4}), Sequences({1, 2, 4})), typeid(ShapeError),
       "adaptive_avg_pool1d: the gradient [1, 2, 4] does not fit the output [1, 3, 4]"},
      {"empty context", backward_of_nothing(pool, Sequences({1, 3, 4})), typeid(ContextError),
       "adaptive_avg_pool1d: backward needs the context of a forward, and this one holds none"},
  });
}
