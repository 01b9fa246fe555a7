// A program that includes the one layer that it needs.

#include <cstdint>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/embedding.hpp>

int main() {
  pupil::Rng rng(1);
  const pupil::Embedding<float> embedding({.num_embeddings = 3, .embedding_dim = 2}, rng);
  const pupil::Tensor<std::int32_t, 1> tokens({4}, {0, 1, 2, 0});
  return embedding.forward(tokens).shape() == pupil::Shape{4, 2} ? 0 : 1;
}
