// The rows of all words of a batch of captions.

#include <cstdint>

#include <pupil/nn/embedding.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Embedding = pupil::Embedding<float>;

Embedding make_embedding(Rng& rng) {
  return Embedding({.num_embeddings = sizes::vocabulary, .embedding_dim = sizes::embedding}, rng);
}

Tensor<std::int32_t, 2> random_words(Index captions, Rng& rng) {
  auto words = Tensor<std::int32_t, 2>::uninitialized({sizes::words, captions});
  for (std::int32_t& word : words) word = static_cast<std::int32_t>(rng.below(sizes::vocabulary));
  return words;
}

}  // namespace

void add_embedding(Index batch) {
  const Shape<3> output{sizes::words, batch, sizes::embedding};
  const auto name = spelled(Shape{sizes::vocabulary, sizes::embedding}) + '/' + spelled(Shape{sizes::words, batch});
  const auto captions = static_cast<double>(batch);
  add("embedding/forward/" + name, [=](auto& state) {
    Rng rng(1);
    Embedding embedding = make_embedding(rng);
    const Work work{.bytes = 2 * bytes_of(output), .captions = captions};  // the table's rows, y
    time_forward(state, work, embedding, random_words(batch, rng));
  });
  add("embedding/backward/" + name, [=](auto& state) {
    Rng rng(1);
    Embedding embedding = make_embedding(rng);
    const Work work{.bytes = 3 * bytes_of(output), .captions = captions};  // dy, the gradient's rows read and written
    time_backward(state, work, embedding, random_words(batch, rng), rng);
  });
}

}  // namespace bench
