#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/any_layer.hpp>
#include <pupil/nn/gradient_check.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/gradient_check.hpp"
#include "every_layer.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Of the layers in every_layer.hpp, those that take one tensor and give one.
template <class Layer, class X>
inline constexpr bool fits_any_layer =
    pupil::detail::is_tensor<X>&& pupil::detail::TakesTensor<Layer, X> && !pupil::detail::is_sequential<Layer>;

AnyLayer<float> some_dense(std::uint64_t seed) {
  Rng rng(seed);
  return Dense<float>({.in_features = 6, .out_features = 5}, rng);
}

template <class Model>
std::vector<std::string> item_names(Model& model) {
  std::vector<std::string> names;
  model.visit([&](const Name& name, auto&) { names.push_back(name.str()); });
  return names;
}

}  // namespace

TEST_CASE("a layer behind AnyLayer computes what it computes alone, in inference, training and backward") {
  int layers = 0;
  for_each_layer([&]<class Layer, class X>(const char* name, Layer layer, const X& x) {
    if constexpr (fits_any_layer<Layer, X>) {
      CAPTURE(name);
      ++layers;
      AnyLayer<float> any = layer;
      CHECK(any.name() == type_name<Layer>());
      CHECK(numbers_of(std::as_const(layer).forward(x)) == std::visit(
                                                               [](const auto& y) -> std::vector<float> {
                                                                 if constexpr (requires { y.shape(); })
                                                                   return {y.begin(), y.end()};
                                                                 return {};
                                                               },
                                                               std::as_const(any).forward(x).variant()));

      typename Layer::Context context;
      AnyLayer<float>::Context any_context;
      const auto y = layer.forward(x, context);
      const AnyTensor<float> any_y = any.forward(x, any_context);
      CHECK(any_y == AnyTensor<float>(pupil::detail::tensor_of(y)));
      const AnyTensor<float> any_dx = any.backward(any_y, any_context);
      if constexpr (requires { y.output; }) {
        CHECK(any_dx == AnyTensor<float>(layer.backward({y.output, {}}, context).input));
      } else if constexpr (std::is_void_v<decltype(layer.backward(y, context))>) {
        layer.backward(y, context);
        CHECK_FALSE(any_dx.has_value());
      } else {
        CHECK(any_dx == AnyTensor<float>(layer.backward(y, context)));
      }

      CHECK(item_names(any) == item_names(layer));
      std::vector<float> gradients, any_gradients;
      for_each_parameter(layer, [&](const Name&, auto& p) {
        gradients.insert(gradients.end(), p.gradient.begin(), p.gradient.end());
      });
      for_each_parameter(any, [&](const Name&, auto& p) {
        any_gradients.insert(any_gradients.end(), p.gradient.begin(), p.gradient.end());
      });
      CHECK(any_gradients == gradients);
      if constexpr (requires { layer.output_shape(x.shape()); }) {
        CHECK(any.output_shape(x.shape()) == AnyShape(layer.output_shape(x.shape())));
        CHECK(message(summary(any, x.shape())) == message(summary(layer, x.shape())));
      }
    }
  });
  CHECK(layers >= 30);
}

TEST_CASE("AnyLayer is a value: a copy is trained apart") {
  AnyLayer<float> any = some_dense(1);
  const AnyLayer<float> copy = any;
  const Tensor<float, 2> x = Tensor<float, 2>::full({1, 6}, 1);
  for_each_parameter(any, [](const Name&, auto& p) { p.value.fill(0); });
  CHECK(any.forward(x).get<2>() == Tensor<float, 2>({1, 5}));
  CHECK_FALSE(copy.forward(x).get<2>() == Tensor<float, 2>({1, 5}));
  any = copy;
  CHECK(any.forward(x) == copy.forward(x));
}

TEST_CASE("AnyLayer gives the layer back where it is asked for by its type") {
  AnyLayer<float> any = some_dense(2);
  REQUIRE(any.as<Dense<float>>() != nullptr);
  CHECK(any.as<Dense<float>>()->options().out_features == 5);
  CHECK(std::as_const(any).as<Relu<float>>() == nullptr);
  CHECK(any.name() == "Dense");
}

TEST_CASE("AnyLayer is trained by an optimizer, as the layer in it") {
  Rng rng(3);
  Dense<float> dense({.in_features = 6, .out_features = 5}, rng);
  AnyLayer<float> any = dense;
  const auto x = random_tensor<float>(Shape{4, 6}, rng), dy = random_tensor<float>(Shape{4, 5}, rng);
  Adam<float> adam, other_adam;
  for (int step = 0; step < 3; ++step) {
    Dense<float>::Context context;
    dense.forward(x, context);
    dense.backward(dy, context);
    adam.step(dense);
    AnyLayer<float>::Context any_context;
    any.forward(x, any_context);
    any.backward(dy, any_context);
    other_adam.step(any);
  }
  CHECK(any.forward(x).get<2>() == dense.forward(x));
}

TEST_CASE("AnyLayer can be prepared, and shares statistics as the layer in it") {
  Rng rng(4);
  const Dense<float> dense({.in_features = 64, .out_features = 64}, rng);
  const auto x = random_tensor<float>(Shape{1, 64}, rng);
  CHECK(prepare(AnyLayer<float>(dense)).forward(x).get<2>() == prepare(dense).forward(x));

  AnyLayer<float> norm = BatchNorm1d<float>({.num_features = 2});
  int sums = 0;
  share_statistics(norm, [&](std::span<double>) { ++sums; });
  AnyLayer<float>::Context context;
  norm.forward(random_tensor<float>(Shape{3, 2}, rng), context);
  CHECK(sums > 0);
}

TEST_CASE("AnyLayer goes back without dx where the layer can do without") {
  Rng rng(5);
  AnyLayer<float> any = Conv2d<float>({.in_channels = 2, .out_channels = 3}, rng);
  AnyLayer<float> same = any;
  const auto x = random_tensor<float>(Shape{1, 3, 3, 2}, rng), dy = random_tensor<float>(Shape{1, 3, 3, 3}, rng);
  AnyLayer<float>::Context context, other_context;
  any.forward(x, context);
  any.backward_parameters(dy, context);
  same.forward(x, other_context);
  same.backward(dy, other_context);
  std::vector<float> gradients;
  for_each_parameter(
      any, [&](const Name&, auto& p) { gradients.insert(gradients.end(), p.gradient.begin(), p.gradient.end()); });
  std::size_t i = 0;
  for_each_parameter(same, [&](const Name&, auto& p) {
    for (const float value : p.gradient) CHECK(value == gradients[i++]);
  });
}

TEST_CASE("a context of AnyLayer is of one forward of its layer") {
  AnyLayer<float> dense = some_dense(6), relu = Relu<float>();
  const Tensor<float, 2> x({1, 6});
  AnyLayer<float>::Context context;
  CHECK_THROWS_WITH_AS(dense.backward(Tensor<float, 2>({1, 5}), context),
                       "any_layer: the context is not of a forward of this Dense", ContextError);
  dense.forward(x, context);
  CHECK_THROWS_AS(dense.forward(x, context), ContextError);
  CHECK_THROWS_WITH_AS(relu.forward(x, context),
                       "any_layer: the context is of another layer than this Relu; give each layer a context of its "
                       "own, or empty it: context = {}",
                       ContextError);
  context = {};
  CHECK_NOTHROW(relu.forward(x, context));
}

TEST_CASE("AnyLayer names the layer and the ranks that do not fit") {
  Rng rng(7);
  AnyLayer<float> conv = Conv2d<float>({.in_channels = 2, .out_channels = 3}, rng);
  CHECK_THROWS_WITH_AS(conv.forward(Tensor<float, 2>({8, 10})),
                       "any_layer: Conv2d takes tensors of rank 4, not rank 2 (input [8, 10])", ShapeError);
  CHECK_THROWS_WITH_AS(conv.forward(AnyTensor<float>()),
                       "any_layer: Conv2d takes tensors of rank 4, not no tensor (input [])", ShapeError);
  CHECK_THROWS_WITH_AS(conv.forward(Tensor<std::int32_t, 1>({3})),
                       "any_layer: Conv2d takes tensors of rank 4, not whole numbers of rank 1 (input [3])",
                       ShapeError);
  const AnyLayer<float> embedding = Embedding<float>({.num_embeddings = 9, .embedding_dim = 3}, rng);
  CHECK_THROWS_WITH_AS(embedding.forward(Tensor<float, 1>({3})),
                       "any_layer: Embedding takes whole numbers of rank 1, 2, 3, not rank 1 (input [3])", ShapeError);
  AnyLayer<float>::Context context;
  conv.forward(Tensor<float, 4>({1, 2, 2, 2}), context);
  CHECK_THROWS_WITH_AS(conv.backward(Tensor<float, 2>({4, 3}), context),
                       "any_layer: the gradient for Conv2d is rank 2 [4, 3], which is not what it gives", ShapeError);
  CHECK_THROWS_WITH_AS(conv.output_shape(Shape{4, 3}),
                       "any_layer: Conv2d knows no output for an input of rank 2 [4, 3]", ShapeError);
  CHECK_THROWS_WITH_AS(conv.forward(Tensor<float, 4>({1, 2, 2, 5})),
                       "conv2d: input has 5 channels, the layer was made for 2 (input [1, 2, 2, 5])", ShapeError);
}

TEST_CASE("AnyLayer that was moved from throws") {
  AnyLayer<float> any = some_dense(8);
  const AnyLayer<float> moved = std::move(any);
  const std::string error = "any_layer: this one was moved from and has nothing left; use the one it was moved to";
  CHECK_THROWS_WITH_AS(any.forward(Tensor<float, 2>({1, 6})), error.c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(count_parameters(any), error.c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(any.name(), error.c_str(), ShapeError);
  const AnyLayer<float> copy = any;
  CHECK_THROWS_WITH_AS(copy.output_shape(Shape{1, 6}), error.c_str(), ShapeError);
  any = moved;
  CHECK(any.forward(Tensor<float, 2>({1, 6})).has_value());
}

TEST_CASE("tensors and shapes of any rank give themselves back at their rank alone") {
  AnyTensor<float> any = Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(any.get<2>() == Tensor<float, 2>({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(any.shape() == AnyShape(Shape{2, 3}));
  CHECK(message(any.shape()) == "[2, 3]");
  CHECK(any.shape().get<2>() == Shape{2, 3});
  CHECK_THROWS_WITH_AS(any.get<3>(), "any_tensor: asked for rank 3, it is rank 2 [2, 3]", ShapeError);
  CHECK_THROWS_WITH_AS(AnyTensor<float>().get<1>(), "any_tensor: asked for rank 1, it is no tensor []", ShapeError);
  CHECK_THROWS_WITH_AS(AnyTensor<float>(Tensor<std::int32_t, 1>({4})).get<1>(),
                       "any_tensor: asked for rank 1, it is whole numbers of rank 1 [4]", ShapeError);
  CHECK_THROWS_WITH_AS(any.shape().get<4>(), "any_shape: [2, 3] has the rank 2, not 4", ShapeError);
  const float* const memory = any.get<2>().data();
  CHECK(std::move(any).get<2>().data() == memory);
}
