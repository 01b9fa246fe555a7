#include <set>
#include <string>

#include <doctest/doctest.h>

#include <pupil/nn/basic_block.hpp>

#include "../support/files.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

std::set<std::string> parameter_names(BasicBlock<float>& block) {
  std::set<std::string> names;
  for_each_parameter(block, [&](const Name& name, auto&) { names.insert(name.str()); });
  return names;
}

}  // namespace

TEST_CASE("basic block gradients agree with differences where the shortcut is the input itself") {
  for (const Shape<4> shape : {Shape{2, 5, 4, 3}, Shape{4, 1, 1, 3}, Shape{1, 6, 7, 3}}) {
    CAPTURE(shape);
    Rng rng(1);
    const BasicBlock<double> block({.in_channels = 3, .out_channels = 3}, rng);
    check_gradients(block, random_tensor<double>(shape, rng), rng, {.step = 1e-6, .tolerance = 2e-6});
  }
}

TEST_CASE("basic block gradients agree with differences where the shortcut is a convolution") {
  for (const Index stride : {1, 2, 3}) {
    for (const Shape<4> shape : {Shape{2, 6, 6, 3}, Shape{2, 5, 7, 3}, Shape{4, 1, 2, 3}}) {
      CAPTURE(stride);
      CAPTURE(shape);
      Rng rng(2);
      const BasicBlock<double> block({.in_channels = 3, .out_channels = 4, .stride = stride}, rng);
      check_gradients(block, random_tensor<double>(shape, rng), rng, {.step = 1e-6, .tolerance = 2e-6});
    }
  }
}

TEST_CASE("a stride that does not divide the input rounds up") {
  Rng rng(3);
  const BasicBlock<float> block({.in_channels = 2, .out_channels = 5, .stride = 2}, rng);
  CHECK(block.forward(Tensor<float, 4>({1, 7, 8, 2})).shape() == Shape{1, 4, 4, 5});
  CHECK(block.forward(Tensor<float, 4>({1, 1, 1, 2})).shape() == Shape{1, 1, 1, 5});
}

TEST_CASE("a block whose second norm scales by zero is its shortcut, rectified") {
  Rng rng(4);
  BasicBlock<float> block({.in_channels = 3, .out_channels = 3}, rng);
  for_each_parameter(block, [](const Name& name, auto& parameter) {
    if (name.str() == "bn2.weight") parameter.value.fill(0);
  });
  const auto x = random_tensor<float>(Shape{2, 4, 4, 3}, rng);
  const auto y = block.forward(x);
  for (Index i = 0; i < x.size(); ++i) REQUIRE(y[i] == std::max(x[i], 0.0F));
}

TEST_CASE("a block has a downsample, with torchvision's names, only where size or channels change") {
  Rng rng(5);
  BasicBlock<float> same({.in_channels = 3, .out_channels = 3}, rng);
  CHECK(parameter_names(same) ==
        std::set<std::string>{"conv1.weight", "bn1.weight", "bn1.bias", "conv2.weight", "bn2.weight", "bn2.bias"});
  for (const BasicBlockOptions& options : {BasicBlockOptions{.in_channels = 3, .out_channels = 4},
                                           BasicBlockOptions{.in_channels = 3, .out_channels = 3, .stride = 2}}) {
    BasicBlock<float> other(options, rng);
    const auto names = parameter_names(other);
    CHECK(names.size() == 9);
    for (const char* const name : {"downsample.0.weight", "downsample.1.weight", "downsample.1.bias"}) {
      CHECK(names.contains(name));
    }
  }
}

TEST_CASE("a block refuses other channels than it was made for") {
  Rng rng(7);
  BasicBlock<float> block({.in_channels = 3, .out_channels = 4}, rng);
  BasicBlock<float>::Context context;
  CHECK(contains(error_of<ShapeError>([&] { block.forward(Tensor<float, 4>({1, 4, 4, 2})); }), "2 channels"));
  CHECK(contains(error_of<ShapeError>([&] { block.forward(Tensor<float, 4>({1, 4, 4, 2}), context); }), "2 channels"));
}
