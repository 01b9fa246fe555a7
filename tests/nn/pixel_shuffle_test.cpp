#include <doctest/doctest.h>

#include <pupil/nn/pixel_shuffle.hpp>
#include <pupil/nn/pixel_unshuffle.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("a pixel shuffle computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("pixel_shuffling");
  check_golden_layer<T, 4, 4>(file, "shuffled", PixelShuffle<T>({.upscale_factor = 2}));
  check_golden_layer<T, 4, 4>(file, "shuffled by three", PixelShuffle<T>({.upscale_factor = 3}));
}

TEST_CASE("a pixel shuffle makes channels pixels") {
  CHECK(PixelShuffle<float>({.upscale_factor = 2}).forward(Images({1, 1, 1, 8}, {0, 1, 2, 3, 4, 5, 6, 7})) ==
        Images({1, 2, 2, 2}, {0, 4, 1, 5, 2, 6, 3, 7}));
}

TEST_CASE("pixel shuffle gradients agree with differences") {
  Rng rng(1);
  check_gradients(PixelShuffle<double>({.upscale_factor = 1}), random_tensor<double>(Shape{1, 2, 3, 2}, rng), rng);
  check_gradients(PixelShuffle<double>({.upscale_factor = 2}), random_tensor<double>(Shape{2, 3, 1, 8}, rng), rng);
  check_gradients(PixelShuffle<double>({.upscale_factor = 3}), random_tensor<double>(Shape{1, 1, 2, 9}, rng), rng);
}

TEST_CASE("a pixel shuffle is undone by an unshuffle, and gives the same bits in training") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 37, 29, 36}, rng);
  const PixelShuffle<float> layer({.upscale_factor = 3});
  const auto y = layer.forward(x);
  CHECK(y.shape() == Shape{3, 111, 87, 4});
  CHECK(PixelUnshuffle<float>({.downscale_factor = 3}).forward(y) == x);
  PixelShuffle<float>::Context context;
  CHECK(layer.forward(x, context) == y);
  CHECK(layer.backward(y, context) == x);
}

TEST_CASE("a pixel shuffle may be used twice in one model") {
  Rng rng(3);
  check_used_twice(PixelShuffle<float>({.upscale_factor = 2}), random_tensor<float>(Shape{2, 3, 4, 8}, rng),
                   random_tensor<float>(Shape{1, 5, 2, 4}, rng));
}

TEST_CASE("a pixel shuffle names both sides of every error") {
  using Shuffle = PixelShuffle<float>;
  const Shuffle layer({.upscale_factor = 2});
  check_errors({
      {"factor", made_with<Shuffle>(PixelShuffleOptions{}), typeid(OptionError),
       "pixel_shuffle: upscale_factor is 0, not at least 1"},
      {"channels", every_pass(layer, Images({1, 2, 3, 6})), typeid(ShapeError),
       "pixel_shuffle: the channels of the input [1, 2, 3, 6] are no multiple of 4, the pixels that each is to become"},
      {"gradient", backward_of(layer, Images({1, 2, 3, 4}), Images({1, 4, 5, 1})), typeid(ShapeError),
       "pixel_shuffle: the gradient [1, 4, 5, 1] does not fit the output [1, 4, 6, 1]"},
      {"empty context", backward_of_nothing(layer, Images({1, 4, 6, 1})), typeid(ContextError),
       "pixel_shuffle: backward needs the context of a forward, and this one holds none"},
  });
}
