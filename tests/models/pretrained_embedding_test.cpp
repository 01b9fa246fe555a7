#include <string>

#include <doctest/doctest.h>

#include <pupil/models/pretrained_embedding.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Vocabulary vocabulary() { return Vocabulary::from_captions({{"cat", "dog", "fox"}}, 1); }

template <class T>
Tensor<T, 2> weight_of(Embedding<T>& embedding) {
  Tensor<T, 2> found;
  for_each_parameter(embedding, [&](const Name&, auto& parameter) { found = parameter.value; });
  return found;
}

}  // namespace

TEST_CASE_TEMPLATE("the rows of words with a vector are filled, and all others stay", T, float, double) {
  const TemporaryFolder folder;
  folder.write("glove.txt", "the 9 9\nfox 0.5 -1\nCat 7 7\n<unknown> 3 4\ndog 1 2\nfox 8 8\n<pad> 5 5\n");
  const Vocabulary words = vocabulary();
  Rng rng(1);
  Embedding<T> embedding({.num_embeddings = words.size() + 1, .embedding_dim = 2, .padding_index = Vocabulary::pad},
                         rng);
  auto expected = weight_of(embedding);
  const auto set = [&](std::int32_t id, T first, T second) {
    expected(id, 0) = first;
    expected(id, 1) = second;
  };
  set(words.id("fox"), T{0.5}, -1);
  set(words.id("dog"), 1, 2);
  set(Vocabulary::unknown, 3, 4);
  CHECK(load_glove(folder / "glove.txt", words, embedding) == 3);
  CHECK(weight_of(embedding) == expected);
}

TEST_CASE("vectors that do not fit the embedding are named") {
  const TemporaryFolder folder;
  folder.write("glove.txt", "the 9 9\nfox 0.5 -1\n");
  Rng rng(2);
  Embedding<float> wide({.num_embeddings = 7, .embedding_dim = 3}, rng);
  const std::string error = error_of<ShapeError>([&] { load_glove(folder / "glove.txt", vocabulary(), wide); });
  CHECK(contains(error, "glove.txt: line 1 has 2 numbers, a row of the embedding has 3"));
  Embedding<float> small({.num_embeddings = 6, .embedding_dim = 2}, rng);
  CHECK_THROWS_WITH_AS(load_glove(folder / "glove.txt", vocabulary(), small),
                       "load_glove: the embedding has 6 rows for a vocabulary of 7 words", ShapeError);
  Embedding<float> fitting({.num_embeddings = 7, .embedding_dim = 2}, rng);
  CHECK_THROWS_AS(load_glove(folder / "none.txt", vocabulary(), fitting), FileError);
}
