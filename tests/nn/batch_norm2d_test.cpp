#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/batch_norm2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/state_dicts.hpp"
#include "../support/used_twice.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer with weights and biases other than 1 and 0.
template <class T>
BatchNorm2d<T> random_batch_norm2d(Index features, Rng& rng) {
  BatchNorm2d<T> layer({.num_features = features});
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = random_tensor<T>(p.value.shape(), rng); });
  return layer;
}

/// The parameter's gradient or the buffer of this name.
Tensor<double, 1> gradient_or_buffer(BatchNorm2d<double>& layer, const std::string& wanted) {
  Tensor<double, 1> result;
  for_each_parameter(layer, [&](const Name& name, auto& p) { result = name.str() == wanted ? p.gradient : result; });
  for_each_buffer(layer, [&](const Name& name, auto& buffer) {
    if constexpr (std::is_same_v<decltype(buffer), decltype(result)&>) {
      result = name.str() == wanted ? buffer : result;
    }
  });
  return result;
}

}  // namespace

TEST_CASE("batch norm computes what PyTorch computes, by hand") {
  BatchNorm2d<double> layer({.num_features = 2});
  for_each_parameter(layer, [](const Name& name, auto& p) {
    p.value = name.str() == "weight" ? Tensor<double, 1>({2}, {2, -1}) : Tensor<double, 1>({2}, {0.5, 1});
  });
  BatchNorm2d<double>::Context context;
  const Tensor<double, 4> x({1, 2, 2, 2}, {1, -2, 2, 0, 4, 1, 7, 3});
  const auto y = layer.forward(x, context);
  const auto dx = layer.backward(Tensor<double, 4>({1, 2, 2, 2}, {1, 2, -1, .5, 0, 3, 2, -2}), context);

  // values from PyTorch
  CHECK(relative_difference(y, Tensor<double, 4>({1, 2, 2, 2}, {-1.682176824, 2.386748357, -0.809306094, 1.277349671,
                                                                0.936435365, 0.722650329, 3.555047554, -0.386748357})) <
        1e-9);
  CHECK(relative_difference(
            dx, Tensor<double, 4>({1, 2, 2, 2}, {1.059913270, 0.309348685, -0.935219351, 0.394689343, -0.561130946,
                                                 -1.365413193, 0.436437027, 0.661375165})) < 1e-9);
  const auto expect = [&](const std::string& name, const Tensor<double, 1>& expected) {
    CAPTURE(name);
    CHECK(relative_difference(gradient_or_buffer(layer, name), expected) < 1e-9);
  };
  expect("weight", Tensor<double, 1>({2}, {2.618612189, -4.853619250}));
  expect("bias", Tensor<double, 1>({2}, {2, 3.5}));
  expect("running_mean", Tensor<double, 1>({2}, {0.35, 0.05}));
  expect("running_var", Tensor<double, 1>({2}, {1.6, 1.333333333}));
  CHECK(relative_difference(std::as_const(layer).forward(x),
                            Tensor<double, 4>({1, 2, 2, 2}, {1.527737028, 2.775345420, 3.108870917, 1.043301108,
                                                             6.271138695, 0.177278952, 11.014540362, -1.554765361})) <
        1e-9);
}

TEST_CASE_TEMPLATE("batch norm computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("normalization");
  const auto check = [&](const std::string& name, const BatchNorm2dOptions& options) {
    check_golden_layer<T, 4, 4>(file, name, BatchNorm2d<T>(options));
  };
  check("batch 2d", {.num_features = 3});
  check("batch 2d options", {.num_features = 2, .epsilon = 0.1, .momentum = 0.3});
}

TEST_CASE("a batch norm of PyTorch's is saved as it was loaded") {
  check_state_dict_returns(fixture("normalization"), "batch 2d/state/", BatchNorm2d<double>({.num_features = 3}));
}

TEST_CASE("batch norm counts the batches that it was trained on") {
  BatchNorm2d<float> layer({.num_features = 2});
  const auto batches = [&] {
    std::int64_t count = -1;
    for_each_buffer(layer, [&](const Name& name, auto& buffer) {
      if (name.str() == "num_batches_tracked") count = static_cast<std::int64_t>(buffer[0]);
    });
    return count;
  };
  CHECK(batches() == 0);
  BatchNorm2d<float>::Context context;
  const Tensor<float, 4> x({1, 2, 2, 2});
  layer.forward(x, context);
  context = {};
  layer.forward(x, context);
  std::as_const(layer).forward(x);
  CHECK(batches() == 2);
}

TEST_CASE("batch norm may be used twice in one model") {
  Rng rng(5);
  check_used_twice(random_batch_norm2d<float>(3, rng), random_tensor<float>(Shape{2, 4, 5, 3}, rng),
                   random_tensor<float>(Shape{1, 2, 2, 3}, rng));
}

TEST_CASE("batch norm gradients agree with differences") {
  Rng rng(1);
  for (const Shape<4> shape : {Shape{2, 1, 1, 1}, Shape{1, 1, 3, 4}, Shape{3, 4, 5, 2}}) {
    CAPTURE(shape);
    check_gradients(random_batch_norm2d<double>(shape[3], rng), random_tensor<double>(shape, rng), rng);
  }
  check_gradients(random_batch_norm2d<double>(3, rng), random_tensor<double>(Shape{7, 3}, rng), rng);
}

TEST_CASE("a batch that the running averages have seen often enough is normalized alike in inference") {
  Rng rng(2);
  auto layer = random_batch_norm2d<float>(5, rng);
  const auto x = random_tensor<float>(Shape{40, 7, 7, 5}, rng);
  Tensor<float, 4> trained;
  for (int pass = 0; pass < 200; ++pass) {
    BatchNorm2d<float>::Context context;
    trained = layer.forward(x, context);
  }
  CHECK(relative_difference(std::as_const(layer).forward(x), trained) < 1e-3);  // n - 1 in place of n
}

TEST_CASE("batch norm takes no memory of the system from the third step on") {
  Rng rng(4);
  auto layer = random_batch_norm2d<float>(6, rng);
  const auto x = random_tensor<float>(Shape{3, 41, 53, 6}, rng);
  BatchNorm2d<float>::Context context;
  const auto step = [&] { return layer.backward(layer.forward(x, context), context); };
  step();
  step();  // the context held the last input when this one's came
  const auto before = StoragePool::instance().statistics();
  step();
  step();
  const auto after = StoragePool::instance().statistics();
  CHECK(after.system_allocations == before.system_allocations);
  CHECK(after.bytes_in_use == before.bytes_in_use);
}

TEST_CASE("batch norm visits what PyTorch's twin has") {
  BatchNorm2d<float> layer({.num_features = 2});
  std::vector<std::string> names;
  layer.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
  CHECK(names == std::vector<std::string>{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
  CHECK(count_parameters(layer) == 4);
}

TEST_CASE("batch norm names what does not fit") {
  CHECK_THROWS_WITH_AS(BatchNorm2d<float>({}), "batch_norm2d: cannot normalize 0 features, there must be at least 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(BatchNorm2d<float>({.num_features = 2, .epsilon = 0}),
                       "batch_norm2d: the epsilon 0 is not positive", OptionError);
  CHECK_THROWS_WITH_AS(BatchNorm2d<float>({.num_features = 2, .momentum = 1.5}),
                       "batch_norm2d: the momentum 1.5 is not between 0 and 1", OptionError);
  BatchNorm2d<float> layer({.num_features = 2});
  CHECK_THROWS_WITH_AS(std::as_const(layer).forward(Tensor<float, 4>({1, 2, 2, 3})),
                       "batch_norm2d: input has 3 channels, the layer was made for 2 (input [1, 2, 2, 3])", ShapeError);
  BatchNorm2d<float>::Context context;
  CHECK_THROWS_WITH_AS(layer.forward(Tensor<float, 4>({1, 1, 1, 2}), context),
                       "batch_norm2d: training needs more than one value a channel (input [1, 1, 1, 2])", ShapeError);
  layer.forward(Tensor<float, 4>({1, 2, 2, 2}), context);
  CHECK_THROWS_WITH_AS(layer.backward(Tensor<float, 4>({1, 2, 1, 2}), context),
                       "batch_norm2d: the gradient [1, 2, 1, 2] does not fit the output [4, 2]", ShapeError);
}
