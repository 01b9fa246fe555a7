#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_arithmetic.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/any_branches.hpp>
#include <pupil/nn/any_sequential.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/gradient_check.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/nn/upsample2d.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/random_tensor.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

const Shape<4> joined_net_input{2, 4, 4, 2};

/// A network of types that the compiler knows, with layers that join others, and a Sequential in one of them.
template <class T>
auto joined_net(std::uint64_t seed) {
  Rng rng(seed);
  const Conv2dOptions same{.in_channels = 3, .out_channels = 3, .kernel_size = 3, .padding = 1};
  return Sequential{Concat{Identity(), Sequential{AvgPool2d<T>({.kernel_size = 2}), Upsample2d<T>({.scale_factor = 2}),
                                                  Conv2d<T>({.in_channels = 2, .out_channels = 1}, rng)}},
                    Residual{Sequential{Conv2d<T>(same, rng), Tanh<T>()}},
                    Residual{Conv2d<T>({.in_channels = 3, .out_channels = 2}, rng),
                             Conv2d<T>({.in_channels = 3, .out_channels = 2}, rng)},
                    Flatten<T>(),
                    Add{Dense<T>({.in_features = 32, .out_features = 4}, rng),
                        Sequential{Dense<T>({.in_features = 32, .out_features = 4}, rng), Tanh<T>()},
                        Dense<T>({.in_features = 32, .out_features = 4, .bias = false}, rng)}};
}

AnyLayer<float> dense_branch(Index in_features, Index out_features) {
  Rng rng(1);
  return Dense<float>({.in_features = in_features, .out_features = out_features}, rng);
}

}  // namespace

TEST_CASE("layers that join others compute and train at run time as those of types that the compiler knows") {
  Rng rng(1);
  auto net = joined_net<float>(2);
  AnySequential<float> any(net);
  Adam<float> adam, other_adam;
  for (int step = 0; step < 3; ++step) {
    const auto x = random_tensor<float>(joined_net_input, rng);
    const Tensor<std::int32_t, 1> labels({2}, {3, 1});
    decltype(net)::Context context;
    auto loss = softmax_cross_entropy(net.forward(x, context), labels);
    AnySequential<float>::Context any_context;
    auto any_loss = softmax_cross_entropy(any.forward(x, any_context).get<2>(), labels);
    CHECK(any_loss.value == loss.value);
    if (step < 2) {
      CHECK(any.backward(any_loss.gradient, any_context).get<4>() == net.backward(loss.gradient, context));
    } else {
      any.backward_parameters(any_loss.gradient, any_context);
      net.backward_parameters(loss.gradient, context);
    }
    adam.step(net);
    other_adam.step(any);
  }
  const auto x = random_tensor<float>(joined_net_input, rng);
  CHECK(any.forward(x).get<2>() == net.forward(x));
  CHECK(prepare(any).forward(x).get<2>() == prepare(net).forward(x));
  CHECK(message(summary(any, joined_net_input)) == message(summary(net, joined_net_input)));
  CHECK(any.output_shape(joined_net_input) == AnyShape(Shape{2, 4}));
}

TEST_CASE("layers joined at run time have the state dict of those of types that the compiler knows") {
  const TemporaryFolder folder;
  auto net = joined_net<float>(3);
  save_state_dict(folder / "net", net);
  AnySequential<float> any(joined_net<float>(4));
  CHECK(load_state_dict(folder / "net", any).empty());
  Rng rng(5);
  const auto x = random_tensor<float>(joined_net_input, rng);
  CHECK(any.forward(x).get<2>() == net.forward(x));
}

TEST_CASE("gradients of layers joined at run time agree with differences") {
  Rng rng(6);
  const auto x = random_tensor<double>(joined_net_input, rng);
  const Tensor<std::int32_t, 1> labels({2}, {0, 2});
  const auto result = gradient_check(
      AnySequential<double>(joined_net<double>(7)),
      [&](AnySequential<double>& model) {
        AnySequential<double>::Context context;
        const auto loss = softmax_cross_entropy(model.forward(x, context).get<2>(), labels);
        model.backward(loss.gradient, context);
      },
      [&](AnySequential<double>& model) {
        AnySequential<double>::Context context;
        return softmax_cross_entropy(model.forward(x, context).get<2>(), labels).value;
      });
  INFO(message(result));
  CHECK(result.passed());
}

TEST_CASE("branches can be reached, and are as many as their joining takes") {
  AnyResidual<float> residual({dense_branch(2, 2), Identity()});
  CHECK(residual.size() == 2);
  CHECK(residual[0].as<Dense<float>>() != nullptr);
  CHECK(std::as_const(residual)[1].as<Identity>() != nullptr);
  CHECK_THROWS_WITH_AS(residual[2], "residual: there is no layer 2 of 2", IndexError);
  CHECK_THROWS_WITH_AS(AnyResidual<float>({dense_branch(2, 2)}),
                       "residual: takes an inner layer and a shortcut, not 1 layers", OptionError);
  CHECK_THROWS_WITH_AS(AnyConcat<float>({}), "concat: there must be at least one layer", OptionError);
  CHECK_THROWS_WITH_AS(AnyAdd<float>({}), "add: there must be at least one layer", OptionError);
}

TEST_CASE("outputs that cannot be joined are an error with their shapes, and so is their shape") {
  const Tensor<float, 2> x({3, 2});
  const AnyAdd<float> sum({dense_branch(2, 2), dense_branch(2, 4)});
  constexpr const char* no_sum = "add: branch 0 gives [3, 2] and branch 1 [3, 4], which have no sum";
  CHECK_THROWS_WITH_AS(sum.forward(x), no_sum, ShapeError);
  CHECK_THROWS_WITH_AS(sum.output_shape(x.shape()), no_sum, ShapeError);
  CHECK_THROWS_WITH_AS(AnyResidual<float>({dense_branch(2, 4), Identity()}).forward(x),
                       "residual: branch 0 gives [3, 4] and branch 1 [3, 2], which have no sum", ShapeError);
  const AnyConcat<float> other_rank({Identity(), Flatten<float>()});
  CHECK_THROWS_WITH_AS(
      other_rank.forward(Tensor<float, 4>({2, 1, 1, 3})),
      "concat: branch 0 gives [2, 1, 1, 3] and branch 1 [2, 3], which differ in more than the last extent", ShapeError);
  CHECK_THROWS_WITH_AS(AnyAdd<float>({Identity()}).forward(Tensor<std::int32_t, 1>({2})),
                       "add: branch 0 gives whole numbers of rank 1, which cannot be joined", ShapeError);
}

TEST_CASE("a context of layers joined at run time is of one forward, and of an output that the gradient fits") {
  AnyConcat<float> concat({dense_branch(2, 2), dense_branch(2, 3)});
  const Tensor<float, 2> x({3, 2});
  AnyConcat<float>::Context context;
  CHECK_THROWS_WITH_AS(concat.backward(x, context),
                       "concat: backward needs the context of a forward, and this one holds none", ContextError);
  const auto y = concat.forward(x, context);
  CHECK(y.shape() == AnyShape(Shape{3, 5}));
  CHECK_THROWS_AS(concat.forward(x, context), ContextError);
  context = {};
  concat.forward(x, context);
  CHECK_THROWS_WITH_AS(concat.backward(x, context), "concat: the gradient [3, 2] does not fit the output [3, 5]",
                       ShapeError);
  CHECK(concat.backward(y, context).shape() == AnyShape(x.shape()));
}

TEST_CASE("a sum of embeddings has no gradient to give back") {
  Rng rng(8);
  const Embedding<float> words({.num_embeddings = 5, .embedding_dim = 2}, rng);
  AnyAdd<float> sum({words, words});
  const Tensor<std::int32_t, 1> tokens({3}, {4, 0, 4});
  AnyAdd<float>::Context context;
  const auto y = sum.forward(tokens, context);
  CHECK(y.get<2>() == 2 * words.forward(tokens));
  CHECK_FALSE(sum.backward(y, context).has_value());
}
