#include <doctest/doctest.h>

#include <pupil/nn/pixel_unshuffle.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("a pixel unshuffle computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("pixel_shuffling");
  check_golden_layer<T, 4, 4>(file, "unshuffled", PixelUnshuffle<T>({.downscale_factor = 2}));
  check_golden_layer<T, 4, 4>(file, "unshuffled by three", PixelUnshuffle<T>({.downscale_factor = 3}));
}

TEST_CASE("pixel unshuffle gradients agree with differences") {
  Rng rng(1);
  check_gradients(PixelUnshuffle<double>({.downscale_factor = 1}), random_tensor<double>(Shape{1, 2, 3, 2}, rng), rng);
  check_gradients(PixelUnshuffle<double>({.downscale_factor = 2}), random_tensor<double>(Shape{2, 4, 2, 3}, rng), rng);
}

TEST_CASE("a pixel unshuffle gives the same bits in training") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 36, 28, 9}, rng);
  const PixelUnshuffle<float> layer({.downscale_factor = 4});
  PixelUnshuffle<float>::Context context;
  const auto y = layer.forward(x, context);
  CHECK(y.shape() == Shape{3, 9, 7, 144});
  CHECK(layer.forward(x) == y);
  CHECK(layer.backward(y, context) == x);
}

TEST_CASE("a pixel unshuffle may be used twice in one model") {
  Rng rng(3);
  check_used_twice(PixelUnshuffle<float>({.downscale_factor = 2}), random_tensor<float>(Shape{2, 4, 6, 3}, rng),
                   random_tensor<float>(Shape{1, 2, 2, 1}, rng));
}

TEST_CASE("a pixel unshuffle names both sides of every error") {
  using Unshuffle = PixelUnshuffle<float>;
  const Unshuffle layer({.downscale_factor = 2});
  check_errors({
      {"factor", made_with<Unshuffle>(PixelUnshuffleOptions{.downscale_factor = -1}), typeid(OptionError),
       "pixel_unshuffle: downscale_factor is -1, not at least 1"},
      {"height", every_pass(layer, Images({1, 3, 2, 6})), typeid(ShapeError),
       "pixel_unshuffle: the input [1, 3, 2, 6] cannot be cut into squares of 2 by 2 pixels"},
      {"width", every_pass(layer, Images({1, 2, 3, 6})), typeid(ShapeError),
       "pixel_unshuffle: the input [1, 2, 3, 6] cannot be cut into squares of 2 by 2 pixels"},
      {"gradient", backward_of(layer, Images({1, 4, 6, 1}), Images({1, 3, 2, 4})), typeid(ShapeError),
       "pixel_unshuffle: the gradient [1, 3, 2, 4] does not fit the output [1, 2, 3, 4]"},
      {"empty context", backward_of_nothing(layer, Images({1, 2, 3, 4})), typeid(ContextError),
       "pixel_unshuffle: backward needs the context of a forward, and this one holds none"},
  });
}
