#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/upsample2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr UpsampleMode bilinear = UpsampleMode::bilinear;

}  // namespace

TEST_CASE_TEMPLATE("upsampling computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("upsampling");
  const auto check = [&](const char* name, const Upsample2dOptions& options) {
    check_golden_layer<T, 4, 4>(file, name, Upsample2d<T>(options));
  };
  check("nearest", {.scale_factor = 2});
  check("nearest to a size", {.size = {5, 7}});
  check("nearest to a smaller size", {.size = {3, 4}});
  check("nearest by parts", {.scale_factor = {1.7, 0.6}});
  check("bilinear", {.scale_factor = 2, .mode = bilinear});
  check("bilinear to a size", {.size = {5, 7}, .mode = bilinear});
  check("bilinear to a smaller size", {.size = {3, 2}, .mode = bilinear});
  check("bilinear by parts", {.scale_factor = {1.7, 0.6}, .mode = bilinear});
  check("bilinear of one row", {.size = {3, 6}, .mode = bilinear});
  check("aligned", {.scale_factor = 2, .mode = bilinear, .align_corners = true});
  check("aligned to a size", {.size = {5, 2}, .mode = bilinear, .align_corners = true});
  check("aligned to one row", {.size = {1, 6}, .mode = bilinear, .align_corners = true});
}

TEST_CASE("upsampling by two repeats pixels, or has those between them") {
  const Tensor<float, 4> x({1, 1, 2, 1}, {0, 4});
  CHECK(Upsample2d<float>({.scale_factor = 2}).forward(x) == Tensor<float, 4>({1, 2, 4, 1}, {0, 0, 4, 4, 0, 0, 4, 4}));
  CHECK(Upsample2d<float>({.scale_factor = {1, 2}, .mode = bilinear}).forward(x) ==
        Tensor<float, 4>({1, 1, 4, 1}, {0, 1, 3, 4}));
  CHECK(Upsample2d<float>({.size = {1, 5}, .mode = bilinear, .align_corners = true}).forward(x) ==
        Tensor<float, 4>({1, 1, 5, 1}, {0, 1, 2, 3, 4}));
}

TEST_CASE("upsampling gradients agree with differences") {
  Rng rng(1);
  for (const Shape<4> shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 4, 3}, Shape{1, 7, 2, 2}}) {
    for (const Size2d size : {Size2d(1), Size2d(5, 9), Size2d(6, 3)}) {
      CAPTURE(shape);
      CAPTURE(size);
      const auto x = random_tensor<double>(shape, rng);
      check_gradients(Upsample2d<double>({.size = size}), x, rng);
      check_gradients(Upsample2d<double>({.size = size, .mode = bilinear}), x, rng);
      check_gradients(Upsample2d<double>({.size = size, .mode = bilinear, .align_corners = true}), x, rng);
    }
    check_gradients(Upsample2d<double>({.scale_factor = {2, 3.3}}), random_tensor<double>(shape, rng), rng);
  }
}

TEST_CASE("upsampling to as many pixels changes nothing") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{2, 5, 7, 3}, rng);
  CHECK(Upsample2d<float>({.size = {5, 7}}).forward(x) == x);
  CHECK(Upsample2d<float>({.scale_factor = 1}).forward(x) == x);
  CHECK(Upsample2d<float>({.size = {5, 7}, .mode = bilinear}).forward(x) == x);
  CHECK(Upsample2d<float>({.size = {5, 7}, .mode = bilinear, .align_corners = true}).forward(x) == x);
}

TEST_CASE("upsampling gives the same bits in training") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{3, 17, 13, 9}, rng);
  for (const UpsampleMode mode : {UpsampleMode::nearest, bilinear}) {
    Upsample2d<float> layer({.scale_factor = 2.5, .mode = mode});
    Upsample2d<float>::Context context;
    CHECK(layer.forward(x, context) == std::as_const(layer).forward(x));
    CHECK(layer.output_shape(x.shape()) == Shape{3, 42, 32, 9});
  }
}

TEST_CASE("upsampling may be used twice in one model") {
  Rng rng(4);
  check_used_twice(Upsample2d<float>({.scale_factor = 2, .mode = bilinear}),
                   random_tensor<float>(Shape{2, 3, 4, 2}, rng), random_tensor<float>(Shape{1, 5, 2, 2}, rng));
}

TEST_CASE("a batch without images, and images without channels, stay so") {
  const Upsample2d<float> layer({.scale_factor = 2, .mode = bilinear});
  CHECK(layer.forward(Images({0, 3, 4, 2})).shape() == Shape{0, 6, 8, 2});
  CHECK(layer.forward(Images({1, 3, 4, 0})).shape() == Shape{1, 6, 8, 0});
}

TEST_CASE("upsampling names both sides of every error") {
  using Up = Upsample2d<float>;
  using Options = Upsample2dOptions;
  const Up doubled({.scale_factor = 2});
  const Up halved({.scale_factor = {0.5, 1}});
  check_errors({
      {"no size", made_with<Up>(Options{}), typeid(OptionError), "upsample2d: neither size nor scale_factor is given"},
      {"two sizes", made_with<Up>(Options{.size = {4, 5}, .scale_factor = {2, 1.5}}), typeid(OptionError),
       "upsample2d: both size (4, 5) and scale_factor (2, 1.5) are given, one would do"},
      {"size down", made_with<Up>(Options{.size = {0, 5}}), typeid(OptionError),
       "upsample2d: size is (0, 5), not at least 1"},
      {"size across", made_with<Up>(Options{.size = {5, -1}}), typeid(OptionError),
       "upsample2d: size is (5, -1), not at least 1"},
      {"scale down", made_with<Up>(Options{.scale_factor = {-2, 1}}), typeid(OptionError),
       "upsample2d: scale_factor is (-2, 1), not positive"},
      {"scale across", made_with<Up>(Options{.scale_factor = {2, 0}}), typeid(OptionError),
       "upsample2d: scale_factor is (2, 0), not positive"},
      {"scale that is no number", made_with<Up>(Options{.scale_factor = {not_a_number, 2}}), typeid(OptionError),
       "upsample2d: scale_factor is (nan, 2), not positive"},
      {"corners of nearest pixels", made_with<Up>(Options{.scale_factor = 2, .align_corners = true}),
       typeid(OptionError), "upsample2d: corners can be aligned in the mode bilinear alone"},
      {"image without rows", every_pass(doubled, Images({1, 0, 2, 4})), typeid(ShapeError),
       "upsample2d: the input [1, 0, 2, 4] has no pixels"},
      {"image without columns", every_pass(doubled, Images({1, 2, 0, 4})), typeid(ShapeError),
       "upsample2d: the input [1, 2, 0, 4] has no pixels"},
      {"image that vanishes", every_pass(halved, Images({1, 1, 2, 4})), typeid(ShapeError),
       "upsample2d: of the input [1, 1, 2, 4] no pixels are left by scale_factor (0.5, 1)"},
      {"gradient", backward_of(doubled, Images({1, 2, 3, 4}), Images({1, 4, 5, 4})), typeid(ShapeError),
       "upsample2d: the gradient [1, 4, 5, 4] does not fit the output [1, 4, 6, 4]"},
      {"empty context", backward_of_nothing(doubled, Images({1, 2, 3, 4})), typeid(ContextError),
       "upsample2d: backward needs the context of a forward, and this one holds none"},
  });
}
