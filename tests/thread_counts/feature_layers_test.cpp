// Layers of features give the same bits for 1, 2 and 7 threads: output, dx, gradients, and inference.
// Inputs are large enough that the work is cut into several parts, and of sizes that leave a smaller one at the end.

#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/gelu.hpp>
#include <pupil/nn/group_norm.hpp>
#include <pupil/nn/hard_swish.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/instance_norm2d.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/prelu.hpp>
#include <pupil/nn/rms_norm.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softplus.hpp>

#include "../support/random_tensor.hpp"
#include "same_bits.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("normalization gives the same bits for any number of threads") {
  Rng rng(3);
  const auto images = random_tensor<float>(Shape{5, 41, 53, 24}, rng);
  const auto image = random_tensor<float>(Shape{1, 71, 53, 24}, rng);
  const auto sequences = random_tensor<float>(Shape{31, 53, 70}, rng);
  const auto rows = random_tensor<float>(Shape{2113, 70}, rng);
  check_same_bits({
      {"BatchNorm2d", step_of(BatchNorm2d<float>({.num_features = 24}), images)},
      {"BatchNorm1d", step_of(BatchNorm1d<float>({.num_features = 70}), rows)},
      {"BatchNorm1d of sequences", step_of(BatchNorm1d<float>({.num_features = 70}), sequences)},
      {"LayerNorm", step_of(LayerNorm<float>({.normalized_shape = 70}), sequences)},
      {"RmsNorm", step_of(RmsNorm<float>({.normalized_shape = 70}), sequences)},
      {"GroupNorm", step_of(GroupNorm<float>({.num_groups = 4, .num_channels = 24}), images)},
      {"InstanceNorm2d", step_of(InstanceNorm2d<float>({.num_features = 24, .affine = true}), images)},
      {"GroupNorm of one image", step_of(GroupNorm<float>({.num_groups = 4, .num_channels = 24}), image)},
  });
}

TEST_CASE("activations give the same bits for any number of threads") {
  Rng rng(4);
  const auto x = random_tensor<float>(Shape{130003}, rng);
  const auto rows = random_tensor<float>(Shape{130, 1001}, rng);
  check_same_bits({
      {"Relu", step_of(Relu<float>(), x)},
      {"Relu6", step_of(Relu6<float>(), x)},
      {"LeakyRelu", step_of(LeakyRelu<float>(), x)},
      {"Elu", step_of(Elu<float>(), x)},
      {"Gelu", step_of(Gelu<float>(), x)},
      {"Gelu by tanh", step_of(Gelu<float>({.approximate = GeluApproximation::tanh}), x)},
      {"HardSwish", step_of(HardSwish<float>(), x)},
      {"Softplus", step_of(Softplus<float>(), x)},
      {"PRelu", step_of(PRelu<float>(), x)},
      {"PRelu of many weights", step_of(PRelu<float>({.num_parameters = 1001}), rows)},
      {"Silu", step_of(Silu<float>(), x)},
      {"Sigmoid", step_of(Sigmoid<float>(), x)},
      {"Tanh", step_of(Tanh<float>(), x)},
      {"Softmax", step_of(Softmax<float>(), rows)},
      {"LogSoftmax", step_of(LogSoftmax<float>(), rows)},
      {"Dropout", step_of(Dropout<float>({.probability = 0.5}, rng), x)},
      {"Identity", step_of(Identity(), x)},
  });
}

TEST_CASE("dense layers and embeddings give the same bits for any number of threads") {
  Rng rng(5);
  const auto rows = random_tensor<float>(Shape{1501, 130}, rng);
  const auto few_rows = random_tensor<float>(Shape{3, 130}, rng);
  Tensor<std::int32_t, 2> tokens({60, 20});
  for (auto& token : tokens) token = static_cast<std::int32_t>(rng.below(11));
  const Embedding<float> embedding({.num_embeddings = 11, .embedding_dim = 300, .padding_index = 3}, rng);
  const Embedding<float> vocabulary({.num_embeddings = 701, .embedding_dim = 130}, rng);
  check_same_bits({
      {"Dense", step_of(Dense<float>({.in_features = 130, .out_features = 170}, rng), rows)},
      {"Dense of few rows", step_of(Dense<float>({.in_features = 130, .out_features = 1701}, rng), few_rows)},
      {"Embedding", step_of(embedding, tokens)},
      {"scores of an Embedding",
       [&] {
         Bits bits;
         Embedding<float> copy = vocabulary;
         const auto scores = copy.scores(rows);
         bits.add("scores", scores);
         bits.add("dx", copy.backward_scores(gradient_for(scores), rows));
         bits.add_parts_of(copy);
         return bits;
       }},
  });
}
