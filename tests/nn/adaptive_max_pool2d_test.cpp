#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/max_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("adaptive max pooling computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("adaptive_max_pooling");
  const auto check = [&](const char* name, const Size2d& size) {
    check_golden_layer<T, 4, 4>(file, name, AdaptiveMaxPool2d<T>({.output_size = size}));
  };
  check("one", 1);
  check("uneven", {3, 4});
  check("divided", 2);
  check("larger", {7, 3});
}

TEST_CASE("adaptive max pooling gradients agree with differences") {
  Rng rng(1);
  for (const Size2d size : {Size2d(1), Size2d(2), Size2d(3, 4), Size2d(7, 1)}) {
    CAPTURE(size);
    for (const Shape<4> shape : {Shape{1, 1, 1, 1}, Shape{2, 7, 5, 3}, Shape{1, 2, 4, 2}}) {
      CAPTURE(shape);
      check_gradients(AdaptiveMaxPool2d<double>({.output_size = size}), random_tensor<double>(shape, rng), rng);
    }
  }
}

TEST_CASE("adaptive max pooling by windows that do not overlap is max pooling") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{2, 6, 8, 3}, rng);
  CHECK(AdaptiveMaxPool2d<float>({.output_size = {3, 2}}).forward(x) ==
        MaxPool2d<float>({.kernel_size = {2, 4}}).forward(x));
}

TEST_CASE("of equal elements of an adaptive window the first gets the gradient, and a NaN is the largest") {
  constexpr auto nan = static_cast<float>(not_a_number);
  constexpr auto least = -std::numeric_limits<float>::infinity();
  const AdaptiveMaxPool2d<float> pool({.output_size = {1, 3}});
  AdaptiveMaxPool2d<float>::Context context;
  const auto y = pool.forward(Images({1, 2, 6, 1}, {2, 1, 3, nan, least, least, 0, 2, 1, 5, least, least}), context);
  CHECK(y[0] == 2);
  CHECK(std::isnan(y[1]));
  CHECK(y[2] == least);
  CHECK(pool.backward(Images({1, 1, 3, 1}, {1, 2, 4}), context) ==
        Images({1, 2, 6, 1}, {1, 0, 0, 2, 4, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_CASE("adaptive max pooling gives the same bits in training") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{3, 37, 29, 33}, rng);
  const AdaptiveMaxPool2d<float> pool({.output_size = {7, 5}});
  AdaptiveMaxPool2d<float>::Context context;
  CHECK(pool.forward(x) == pool.forward(x, context));
}

TEST_CASE("adaptive max pooling may be used twice in one model") {
  Rng rng(4);
  check_used_twice(AdaptiveMaxPool2d<float>({.output_size = 2}), random_tensor<float>(Shape{2, 7, 5, 3}, rng),
                   random_tensor<float>(Shape{1, 3, 4, 2}, rng));
}

TEST_CASE("adaptive max pooling names both sides of every error") {
  using Pool = AdaptiveMaxPool2d<float>;
  const Pool pool({.output_size = {2, 3}});
  check_errors({
      {"output height", made_with<Pool>(AdaptiveMaxPool2dOptions{.output_size = {0, 2}}), typeid(OptionError),
       "adaptive_max_pool2d: output_size is (0, 2), not at least 1"},
      {"output width", made_with<Pool>(AdaptiveMaxPool2dOptions{.output_size = {2, -1}}), typeid(OptionError),
       "adaptive_max_pool2d: output_size is (2, -1), not at least 1"},
      {"image without rows", every_pass(pool, Images({1, 0, 2, 4})), typeid(ShapeError),
       "adaptive_max_pool2d: the input [1, 0, 2, 4] has no pixels"},
      {"too large an image", every_pass(pool, Images({0, 65536, 32768, 4})), typeid(ShapeError),
       "adaptive_max_pool2d: the input [0, 65536, 32768, 4] has more pixels than can be numbered"},
      {"gradient", backward_of(pool, Images({1, 5, 5, 4}), Images({1, 3, 2, 4})), typeid(ShapeError),
       "adaptive_max_pool2d: the gradient [1, 3, 2, 4] does not fit the output [1, 2, 3, 4]"},
      {"empty context", backward_of_nothing(pool, Images({1, 2, 3, 4})), typeid(ContextError),
       "adaptive_max_pool2d: backward needs the context of a forward, and this one holds none"},
  });
}
