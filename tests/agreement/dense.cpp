#include <pupil/nn/dense.hpp>
#include <pupil/nn/embedding.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

template <class T>
void check_dense(Draw& draw) {
  const DenseOptions options{
      .in_features = draw.between(1, 40), .out_features = draw.between(1, 40), .bias = draw.coin()};
  Dense<T> layer(options, draw.rng());
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(1, 9), draw.between(1, 9), options.in_features}),
      [](const at::Tensor& input, const State& state) {
        return at::linear(input, state.at("weight"), optional(state, "bias"));
      },
      draw, false);
}

template <class T>
void check_embedding(Draw& draw) {
  EmbeddingOptions options{.num_embeddings = draw.between(1, 30), .embedding_dim = draw.between(1, 70)};
  const auto draw_token = [&] { return static_cast<std::int32_t>(draw.between(0, options.num_embeddings - 1)); };
  if (draw.coin()) options.padding_index = draw_token();
  Embedding<T> layer(options, draw.rng());
  Tensor<std::int32_t, 2> tokens({draw.between(1, 9), draw.between(1, 9)});
  for (auto& token : tokens) token = draw_token();
  const auto numbers = as_it_lies(tokens).to(at::kLong);

  typename Embedding<T>::Context context;
  const auto y = layer.forward(tokens, context);
  const auto cotangent = draw.tensor<T>(y.shape());
  layer.backward(cotangent, context);
  const Twin<T> twin(
      state_of(layer), {{"the output", as_it_lies(cotangent)}},
      [&](const State& state) {
        return State{{"the output", at::embedding(state.at("weight"), numbers, options.padding_index.value_or(-1))}};
      },
      draw.rng());
  twin.compare("the output", y);
  compare_gradients(layer, twin);
}

}  // namespace

void add_dense(Agreements& agreements) {
  agreements.push_back({"dense", check_dense<double>, check_dense<float>});
  agreements.push_back({"embedding", check_embedding<double>, check_embedding<float>});
}

}  // namespace pupil::agreement
