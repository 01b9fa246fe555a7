// What a layer that was moved from says of every use.

#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/summary.hpp>

#include "every_layer.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Checks that the layer, which was moved from, throws whatever is done with it. `context` and `y` are of a forward of
/// x from before.
template <class Layer, class X, class Y>
void check_has_nothing_left(Layer& layer, const X& x, const typename Layer::Context& context, const Y& y) {
  typename Layer::Context new_context;
  CHECK_THROWS_AS(std::as_const(layer).forward(x), ShapeError);
  CHECK_THROWS_AS(layer.forward(x, new_context), ShapeError);
  CHECK_THROWS_AS(layer.backward(y, context), ShapeError);
  CHECK_THROWS_AS(count_parameters(layer), ShapeError);
  CHECK_THROWS_AS(zero_gradients(layer), ShapeError);
  CHECK_THROWS_AS(prepare(std::as_const(layer)), ShapeError);
  if constexpr (requires { layer.output_shape(x.shape()); }) {
    CHECK_THROWS_AS(layer.output_shape(x.shape()), ShapeError);
    CHECK_THROWS_AS(summary(layer, x.shape()), ShapeError);
  }
  const Layer copy = layer;
  CHECK_THROWS_AS(copy.forward(x), ShapeError);
}

template <class Layer, class X>
auto output_of(const Layer& layer, const X& x) {
  return numbers_of(layer.forward(x));
}

}  // namespace

TEST_CASE(
    "a layer that was moved from throws, and so does one that was moved to itself; one that was assigned to works") {
  for_each_layer_with_weights([]<class Layer, class X>(const char* name, Layer layer, const X& x) {
    CAPTURE(name);
    typename Layer::Context context;
    const auto y = layer.forward(x, context);
    const auto expected = output_of(layer, x);

    Layer moved = std::move(layer);
    check_has_nothing_left(layer, x, context, y);
    CHECK(output_of(moved, x) == expected);
    CHECK_NOTHROW(moved.backward(y, context));

    layer = moved;
    CHECK(output_of(layer, x) == expected);
    layer = std::move(moved);
    CHECK(output_of(layer, x) == expected);
    check_has_nothing_left(moved, x, context, y);

    std::swap(layer, moved);
    check_has_nothing_left(layer, x, context, y);
    CHECK(output_of(moved, x) == expected);
    std::swap(moved, moved);
    CHECK(output_of(moved, x) == expected);

    Layer& same = moved;
    moved = std::move(same);
    check_has_nothing_left(moved, x, context, y);
  });
}

TEST_CASE("a layer without weights works as before, though it was moved from") {
  for_each_layer_without_weights([]<class Layer, class X>(const char* name, Layer layer, const X& x) {
    CAPTURE(name);
    const auto expected = output_of(layer, x);
    const Layer moved = std::move(layer);
    CHECK(output_of(layer, x) == expected);
    CHECK(output_of(moved, x) == expected);
  });
}

TEST_CASE("the message says whose weights are gone") {
  Rng rng(1);
  Dense<float> dense({.in_features = 2, .out_features = 2}, rng);
  const auto moved = std::move(dense);
  CHECK_THROWS_WITH_AS(dense.forward(Tensor<float, 2>({1, 2})),
                       "dense: this one was moved from and has nothing left; use the one it was moved to", ShapeError);
}

TEST_CASE("what a layer offers besides forward throws too, once it was moved from") {
  Rng rng(2);
  Embedding<float> embedding({.num_embeddings = 5, .embedding_dim = 3}, rng);
  const auto moved_embedding = std::move(embedding);
  CHECK_THROWS_AS(embedding.scores(Tensor<float, 2>({2, 3})), ShapeError);
  CHECK_THROWS_AS(embedding.backward_scores(Tensor<float, 2>({2, 5}), Tensor<float, 2>({2, 3})), ShapeError);
  CHECK_THROWS_AS(embedding.forward(Tensor<std::int32_t, 1>({0})), ShapeError);

  BatchNorm2d<float> norm({.num_features = 3});
  const auto moved_norm = std::move(norm);
  CHECK_THROWS_AS(norm.folded(), ShapeError);

  AdditiveAttention<float> attention({.query_size = 3, .key_size = 3, .attention_size = 2}, rng);
  const Tensor<float, 2> query({2, 3});
  const Tensor<float, 3> keys({2, 4, 3});
  AdditiveAttention<float>::Context context;
  const auto projected = attention.project_keys(keys);
  const auto y = attention.forward(query, projected, keys, {}, context);
  const auto moved_attention = std::move(attention);
  Tensor<float, 3> d_projected(projected.shape());
  Tensor<float, 3> d_values(keys.shape());
  CHECK_THROWS_AS(attention.project_keys(keys), ShapeError);
  CHECK_THROWS_AS(attention.forward(query, projected, keys), ShapeError);
  CHECK_THROWS_AS(attention.backward(y, projected, keys, context, d_projected, d_values), ShapeError);
  CHECK_THROWS_AS(count_parameters(attention), ShapeError);
  CHECK(moved_attention.forward(query, projected, keys).output == y.output);

  BlockChain<float, ConvolutionBlock<float>> chain;
  chain.add("0", ConvolutionBlock<float>({.layer = {.conv = {.in_channels = 3, .out_channels = 2}}}, rng));
  const auto moved_chain = std::move(chain);
  BlockChain<float, ConvolutionBlock<float>>::Context chain_context;
  const Tensor<float, 4> images({2, 4, 4, 3});
  CHECK_THROWS_AS(std::as_const(chain).forward(images), ShapeError);
  CHECK_THROWS_AS(chain.forward(images, chain_context), ShapeError);
  CHECK_THROWS_AS(chain.backward(images, chain_context), ShapeError);
  CHECK_THROWS_AS(chain.output_shape(images.shape()), ShapeError);
  CHECK_THROWS_AS(count_parameters(chain), ShapeError);
}

TEST_CASE("a tensor that was moved from is empty, and no layer takes it") {
  Rng rng(3);
  Tensor<float, 2> x({2, 3});
  const auto moved = std::move(x);
  CHECK(x.shape() == Shape<2>{});
  CHECK_THROWS_AS(Dense<float>({.in_features = 3, .out_features = 1}, rng).forward(x), ShapeError);
}
