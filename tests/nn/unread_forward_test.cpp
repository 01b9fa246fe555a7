// One context given to two forwards, or to none.

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/unread_forward.hpp>

#include "every_layer.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A layer in front of one that takes no images of another size.
using TwoLayers = Sequential<Relu<float>, Dense<float>>;

TwoLayers two_layers(Rng& rng) {
  return TwoLayers(Relu<float>(), Dense<float>({.in_features = 3, .out_features = 2}, rng));
}

}  // namespace

TEST_CASE("every layer refuses a context of a forward that backward has not read, and takes any other") {
  for_each_layer([]<class Layer, class X>(const char* name, Layer layer, const X& x) {
    CAPTURE(name);
    typename Layer::Context context;
    layer.forward(x, context);
    CHECK_THROWS_AS(layer.forward(x, context), ContextError);

    context = {};  // emptied
    for (int i = 0; i < 3; ++i) {
      const auto y = layer.forward(x, context);  // from the second time on: read
      layer.backward(y, context);
      layer.backward(y, context);  // backward may come twice
    }

    layer.forward(x, context);
    auto kept = std::move(context);  // kept elsewhere
    CHECK_NOTHROW(layer.forward(x, context));
    CHECK_THROWS_AS(layer.forward(x, kept), ContextError);
  });
}

TEST_CASE("every layer's backward says that a context was given to no forward") {
  for_each_layer([]<class Layer, class X>(const char* name, Layer layer, const X& x) {
    CAPTURE(name);
    typename Layer::Context context;
    const auto dy = layer.forward(x, context);
    context = {};
    std::string said;
    try {
      layer.backward(dy, context);
    } catch (const ContextError& error) {
      said = error.what();
    }
    CHECK(said.find(": backward needs the context of a forward, and this one holds none") != std::string::npos);
  });
}

TEST_CASE("a copy of a context is read by a backward of its own") {
  Rng rng(1);
  Dense<float> dense({.in_features = 3, .out_features = 2}, rng);
  const Tensor<float, 2> x({4, 3});
  Dense<float>::Context context;
  const auto y = dense.forward(x, context);
  auto copy = context;
  dense.backward(y, context);
  CHECK_NOTHROW(dense.forward(x, context));
  CHECK_THROWS_AS(dense.forward(x, copy), ContextError);
}

TEST_CASE("the message says what to do") {
  Rng rng(2);
  Dense<float> dense({.in_features = 3, .out_features = 2}, rng);
  Dense<float>::Context context;
  dense.forward(Tensor<float, 2>({4, 3}), context);
  CHECK_THROWS_WITH_AS(dense.forward(Tensor<float, 2>({4, 3}), context),
                       "dense: the context is of an earlier forward that backward has not used; give each forward a "
                       "context of its own, or empty it where no backward will follow: context = {}",
                       ContextError);
}

TEST_CASE("a forward that is refused changes neither averages nor generators") {
  Rng rng(3);
  Sequential net{BatchNorm1d<float>({.num_features = 3}), Dropout<float>({}, rng)};
  decltype(net)::Context context;
  net.forward(random_tensor<float>(Shape{4, 3}, rng), context);
  const auto state_of = [](auto& model) {
    std::vector<double> state;
    for_each_buffer(model, [&](const Name&, const auto& buffer) {
      for (const auto number : buffer) state.push_back(static_cast<double>(number));
    });
    for_each_generator(model, [&](const Name&, const Rng& generator) {
      state.push_back(static_cast<double>(generator.state().position));
    });
    return state;
  };
  const auto before = state_of(net);
  CHECK_THROWS_AS(net.forward(random_tensor<float>(Shape{4, 3}, rng), context), ContextError);
  CHECK(state_of(net) == before);
}

TEST_CASE("an exception in the midst of a model's forward leaves an empty context") {
  Rng rng(4);
  TwoLayers net = two_layers(rng);
  TwoLayers::Context context;
  CHECK_THROWS_AS(net.forward(Tensor<float, 2>({4, 5}), context), ShapeError);
  const auto y = net.forward(Tensor<float, 2>({4, 3}), context);
  CHECK_NOTHROW(net.backward(y, context));
}

TEST_CASE("a model of which two forwards were refused can go on") {
  Rng rng(5);
  TwoLayers net = two_layers(rng);
  TwoLayers::Context context;
  const Tensor<float, 2> x({4, 3});
  net.forward(x, context);
  CHECK_THROWS_AS(net.forward(x, context), ContextError);
  const auto y = net.forward(x, context);
  CHECK_NOTHROW(net.backward(y, context));
}

TEST_CASE("a layer's forward that fits nothing does not use up its context") {
  Rng rng(6);
  const auto check = [](auto layer, const auto& wrong, const auto& right) {
    typename decltype(layer)::Context context;
    CHECK_THROWS_AS(layer.forward(wrong, context), Error);
    CHECK_NOTHROW(layer.forward(right, context));
  };
  check(Dense<float>({.in_features = 3, .out_features = 2}, rng), Tensor<float, 2>({4, 5}), Tensor<float, 2>({4, 3}));
  check(Conv2d<float>({.in_channels = 3, .out_channels = 2}, rng), Tensor<float, 4>({1, 2, 2, 1}),
        Tensor<float, 4>({1, 2, 2, 3}));
  check(BatchNorm1d<float>({.num_features = 3}), Tensor<float, 2>({1, 3}), Tensor<float, 2>({2, 3}));
  check(LayerNorm<float>({.normalized_shape = 3}), Tensor<float, 2>({1, 2}), Tensor<float, 2>({2, 3}));
  check(GroupNorm<float>({.num_groups = 1, .num_channels = 3}), Tensor<float, 2>({1, 2}), Tensor<float, 2>({2, 3}));
  check(MaxPool2d<float>({.kernel_size = 2}), Tensor<float, 4>({1, 1, 1, 3}), Tensor<float, 4>({1, 2, 2, 3}));
  check(AvgPool2d<float>({.kernel_size = 2}), Tensor<float, 4>({1, 1, 1, 3}), Tensor<float, 4>({1, 2, 2, 3}));
  check(AdaptiveAvgPool2d<float>({.output_size = 2}), Tensor<float, 4>({1, 0, 0, 3}), Tensor<float, 4>({1, 2, 2, 3}));
  check(GlobalAvgPool2d<float>(), Tensor<float, 4>({1, 0, 0, 3}), Tensor<float, 4>({1, 2, 2, 3}));
  check(Embedding<float>({.num_embeddings = 3, .embedding_dim = 2}, rng), Tensor<std::int32_t, 1>({1}, {3}),
        Tensor<std::int32_t, 1>({1}, {2}));
  check(Lstm<float>({.input_size = 3, .hidden_size = 2}, rng), Tensor<float, 3>({1, 2, 4}),
        Tensor<float, 3>({1, 2, 3}));
  check(GruCell<float>({.input_size = 3, .hidden_size = 2}, rng), Tensor<float, 2>({2, 4}), Tensor<float, 2>({2, 3}));
  check(ScaledDotProductAttention<float>(), AttentionInput<float>{}, [] {
    const Tensor<float, 3> x({1, 2, 3});
    return AttentionInput<float>{x, x, x};
  }());
}

TEST_CASE("attention needs a context for each step") {
  Rng rng(7);
  AdditiveAttention<float> attention({.query_size = 3, .key_size = 3, .attention_size = 2}, rng);
  const Tensor<float, 2> query({2, 3});
  const Tensor<float, 3> keys({2, 4, 3});
  AdditiveAttention<float>::Context context;
  AdditiveAttention<float>::KeysContext keys_context;
  const auto projected = attention.project_keys(keys, keys_context);
  CHECK_THROWS_AS(attention.project_keys(keys, keys_context), ContextError);
  attention.forward(query, projected, keys, {}, context);
  CHECK_THROWS_AS(attention.forward(query, projected, keys, {}, context), ContextError);
}

TEST_CASE("a chain notices, too, and one of which nothing is trained has nothing to notice") {
  Rng rng(8);
  BlockChain<float, ConvolutionBlock<float>> chain;
  for (const char* name : {"0", "1"}) {
    chain.add(name, ConvolutionBlock<float>({.layer = {.conv = {.in_channels = 3, .out_channels = 3}}}, rng));
  }
  BlockChain<float, ConvolutionBlock<float>>::Context context;
  const Tensor<float, 4> images({2, 4, 4, 3});
  for (int i = 0; i < 2; ++i) CHECK_NOTHROW(chain.forward(images, context, 2));
  CHECK_THROWS_AS(chain.backward(images, {}), ContextError);
  chain.forward(images, context, 1);
  CHECK_THROWS_AS(chain.forward(images, context, 0), ContextError);
  const auto y = chain.forward(images, context, 0);
  chain.backward(y, context);
  CHECK_NOTHROW(chain.forward(images, context, 1));
}
