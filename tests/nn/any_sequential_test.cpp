#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/state_dict.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/all_steps.hpp>
#include <pupil/nn/any_sequential.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/gradient_check.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/last_step.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/random_tensor.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A network of types that the compiler knows, with a Sequential in it.
template <class T>
auto typed_net(std::uint64_t seed) {
  Rng rng(seed);
  return Sequential{Conv2d<T>({.in_channels = 2, .out_channels = 3, .kernel_size = 3, .padding = 1}, rng),
                    Sequential{BatchNorm2d<T>({.num_features = 3}), Relu<T>()}, Flatten<T>(),
                    Dense<T>({.in_features = 48, .out_features = 4}, rng)};
}

const Shape<4> typed_net_input{2, 4, 4, 2};

}  // namespace

TEST_CASE("an AnySequential of a Sequential computes and trains as it does") {
  Rng rng(1);
  auto net = typed_net<float>(2);
  AnySequential<float> any(net);
  CHECK(any.size() == 4);
  Adam<float> adam, other_adam;
  for (int step = 0; step < 3; ++step) {
    const auto x = random_tensor<float>(typed_net_input, rng);
    const Tensor<std::int32_t, 1> labels({2}, {3, 1});
    decltype(net)::Context context;
    auto loss = softmax_cross_entropy(net.forward(x, context), labels);
    const auto dx = net.backward(loss.gradient, context);
    AnySequential<float>::Context any_context;
    auto any_loss = softmax_cross_entropy(any.forward(x, any_context).get<2>(), labels);
    CHECK(any_loss.value == loss.value);
    CHECK(any.backward(any_loss.gradient, any_context).get<4>() == dx);
    adam.step(net);
    other_adam.step(any);
  }
  const auto x = random_tensor<float>(typed_net_input, rng);
  CHECK(any.forward(x).get<2>() == net.forward(x));
  CHECK(prepare(any).forward(x).get<2>() == prepare(net).forward(x));
  CHECK(message(summary(any, typed_net_input)) == message(summary(net, typed_net_input)));
  CHECK(any.output_shape(typed_net_input) == AnyShape(Shape{2, 4}));
}

TEST_CASE("an AnySequential has the state dict of its Sequential") {
  const TemporaryFolder folder;
  Rng rng(3);
  auto net = typed_net<float>(4);
  save_state_dict(folder / "net", net);
  AnySequential<float> any(typed_net<float>(5));
  CHECK(load_state_dict(folder / "net", any).empty());
  const auto x = random_tensor<float>(typed_net_input, rng);
  CHECK(any.forward(x).get<2>() == net.forward(x));
}

TEST_CASE("gradients of an AnySequential agree with differences") {
  Rng rng(6);
  const AnySequential<double> net(typed_net<double>(7));
  const auto x = random_tensor<double>(typed_net_input, rng);
  const Tensor<std::int32_t, 1> labels({2}, {0, 2});
  const auto result = gradient_check(
      net,
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

TEST_CASE("layers are added to an AnySequential one by one, and can be reached") {
  Rng rng(8);
  AnySequential<float> net;
  const Tensor<float, 2> x({1, 2}, {-1, 2});
  CHECK(net.forward(x).get<2>() == x);
  net.add(Relu<float>()).add(Dense<float>({.in_features = 2, .out_features = 2}, rng));
  net.add(AnySequential<float>().add(Tanh<float>()));
  CHECK(net.size() == 3);
  CHECK(net[0].forward(x).get<2>() == Tensor<float, 2>({1, 2}, {0, 2}));
  CHECK(net[1].as<Dense<float>>() != nullptr);
  CHECK(std::as_const(net)[2].name() == "AnySequential");
  CHECK_THROWS_WITH_AS(net[3], "any_sequential: there is no layer 3 of 3", IndexError);
  CHECK_THROWS_WITH_AS(net[-1], "any_sequential: there is no layer -1 of 3", IndexError);
}

TEST_CASE("an AnySequential that begins with tokens has no gradient to give back") {
  Rng rng(9);
  AnySequential<float> net;
  net.add(Embedding<float>({.num_embeddings = 5, .embedding_dim = 2}, rng)).add(Tanh<float>());
  AnySequential<float>::Context context;
  const auto y = net.forward(Tensor<std::int32_t, 2>({2, 1}, {4, 0}), context);
  CHECK(y.shape() == AnyShape(Shape{2, 1, 2}));
  CHECK_FALSE(net.backward(y, context).has_value());
}

TEST_CASE("recurrent layers, and what follows them, compute and train in an AnySequential as in a Sequential") {
  Rng rng(14);
  for (const bool batch_first : {false, true}) {
    CAPTURE(batch_first);
    Sequential net{
        Embedding<float>({.num_embeddings = 7, .embedding_dim = 3}, rng),
        Gru<float>({.input_size = 3, .hidden_size = 4, .batch_first = batch_first}, rng),
        AllSteps<float>(),
        Lstm<float>(
            {.input_size = 4, .hidden_size = 3, .num_layers = 2, .bidirectional = true, .batch_first = batch_first},
            rng),
        LastStep<float>({.batch_first = batch_first}),
        Dense<float>({.in_features = 6, .out_features = 2}, rng)};
    AnySequential<float> any(net);
    CHECK(any.size() == 6);
    const Tensor<std::int32_t, 2> tokens({5, 2}, {1, 2, 3, 4, 5, 6, 0, 1, 2, 3});
    const Tensor<std::int32_t, 1> labels = Tensor<std::int32_t, 1>::full({batch_first ? 5 : 2}, 1);
    Adam<float> adam, other_adam;
    for (int step = 0; step < 2; ++step) {
      decltype(net)::Context context;
      const auto loss = softmax_cross_entropy(net.forward(tokens, context), labels);
      net.backward(loss.gradient, context);
      AnySequential<float>::Context any_context;
      const auto any_loss = softmax_cross_entropy(any.forward(tokens, any_context).get<2>(), labels);
      any.backward(any_loss.gradient, any_context);
      CHECK(any_loss.value == loss.value);
      adam.step(net);
      other_adam.step(any);
    }
    CHECK(any.forward(tokens).get<2>() == net.forward(tokens));
    CHECK(any.output_shape(tokens.shape()) == AnyShape(net.forward(tokens).shape()));
    std::vector<std::string> names, any_names;
    for_each_parameter(net, [&](const Name& name, auto&) { names.emplace_back(name.str()); });
    for_each_parameter(any, [&](const Name& name, auto&) { any_names.emplace_back(name.str()); });
    CHECK(any_names == names);
  }
}

TEST_CASE("an AnySequential says which layers are finished, from the last to the first, also without dx") {
  Rng rng(10);
  AnySequential<float> net(typed_net<float>(11));
  const auto x = random_tensor<float>(typed_net_input, rng);
  std::vector<std::string> finished;
  const auto note = [&](const AnyLayer<float>& layer) { finished.emplace_back(layer.name()); };
  AnySequential<float>::Context context;
  net.backward_parameters(net.forward(x, context), context, note);
  CHECK(finished == std::vector<std::string>{"Dense", "Flatten", "AnySequential", "Conv2d"});
}

TEST_CASE("a context of an AnySequential is of one forward, and emptied where an exception ends it") {
  AnySequential<float> net(typed_net<float>(12));
  AnySequential<float>::Context context;
  CHECK_THROWS_WITH_AS(net.backward(Tensor<float, 2>({2, 4}), context),
                       "any_sequential: backward needs the context of a forward, and this one holds none",
                       ContextError);
  CHECK_THROWS_AS(net.forward(Tensor<float, 4>({2, 5, 5, 2}), context), ShapeError);  // Dense does not take it
  CHECK_NOTHROW(net.forward(Tensor<float, 4>(typed_net_input), context));
  CHECK_THROWS_AS(net.forward(Tensor<float, 4>(typed_net_input), context), ContextError);
}

TEST_CASE("an AnySequential names the layer that does not take what the one before it gives") {
  Rng rng(13);
  AnySequential<float> net;
  net.add(Flatten<float>()).add(Conv2d<float>({.in_channels = 1, .out_channels = 1}, rng));
  CHECK_THROWS_WITH_AS(net.forward(Tensor<float, 4>({1, 2, 2, 1})),
                       "any_layer: Conv2d takes tensors of rank 4, not rank 2 (input [1, 4])", ShapeError);
}
