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
  const EmbeddingOptions options{.num_embeddings = draw.between(1, 30), .embedding_dim = draw.between(1, 70)};
  Embedding<T> layer(options, draw.rng());
  Tensor<std::int32_t, 2> tokens({draw.between(1, 9), draw.between(1, 9)});
  for (auto& token : tokens) token = static_cast<std::int32_t>(draw.between(0, options.num_embeddings - 1));
  const auto numbers = as_it_lies(tokens).to(at::kLong);
  const State state = state_of(layer);
  const auto expected = at::embedding(state.at("weight"), numbers);

  typename Embedding<T>::Context context;
  const auto y = layer.forward(tokens, context);
  compare_tensor("the output", y, expected);
  const auto cotangent = draw.tensor<T>(y.shape());
  expected.backward(as_it_lies(cotangent));
  layer.backward(cotangent, context);
  compare_gradients(layer, state);
}

}  // namespace

void add_dense(Agreements& agreements) {
  agreements.push_back({"dense", check_dense<double>, check_dense<float>});
  agreements.push_back({"embedding", check_embedding<double>, check_embedding<float>});
}

}  // namespace pupil::agreement
