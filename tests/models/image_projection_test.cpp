#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/image_projection.hpp>

#include "../support/files.hpp"
#include "../support/gradient_check.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("a projection is a dense layer and a batch norm, one after the other") {
  Rng rng(2);
  const ImageProjection<float> projection({.pooled_size = 7, .embedding_size = 11}, rng);
  Rng again(2);
  const Dense<float> dense({.in_features = 7, .out_features = 11}, again);
  const BatchNorm2d<float> norm({.num_features = 11});
  const auto pooled = random_tensor<float>(Shape{3, 7}, rng);
  CHECK(projection.forward(pooled) == norm.forward(dense.forward(pooled)));
}

TEST_CASE("parameters of a projection have the names that captioners' files have") {
  Rng rng(3);
  ImageProjection<float> projection({.pooled_size = 2, .embedding_size = 3}, rng);
  std::vector<std::string> names;
  for_each_parameter(projection, [&](const Name& name, auto&) { names.push_back(name.str()); });
  CHECK(names == std::vector<std::string>{"fc.weight", "fc.bias", "norm.weight", "norm.bias"});
}

TEST_CASE("a projection takes away what all images have in common") {
  Rng rng(4);
  ImageProjection<double> projection({.pooled_size = 3, .embedding_size = 2}, rng);
  auto pooled = random_tensor<double>(Shape{5, 3}, rng);
  ImageProjection<double>::Context context;
  const auto y = projection.forward(pooled, context);
  for (double& value : pooled) value += 100;
  context = {};
  CHECK(relative_difference(projection.forward(pooled, context), y) < 1e-9);
}

TEST_CASE("a projection is not trained on one image at a time") {
  Rng rng(6);
  ImageProjection<float> projection({.pooled_size = 4, .embedding_size = 2}, rng);
  ImageProjection<float>::Context context;
  CHECK(error_of<ShapeError>([&] {
          projection.forward(Tensor<float, 2>({1, 4}), context);
        }) == "image_projection: training needs two images or more at a time (input [1, 4])");
}
