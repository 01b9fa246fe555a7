#pragma once
// Word vectors that were trained elsewhere, put into an Embedding.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/io/glove.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// Overwrites the row of every word of the vocabulary that has a vector in a file of GloVe's form (io/glove.hpp), and
/// returns how many these were. Words are compared byte by byte; where one stands there twice, its first vector counts.
/// Words without a vector, and the padding row, stay as they were. Throws FileError where the file is not of that form,
/// or a word not UTF-8, unless such are skipped; and ShapeError where it has other numbers of numbers than the
/// embedding, or the embedding fewer rows than there are words; rows may then have been filled already.
template <class T>
Index load_glove(const std::filesystem::path& path, const Vocabulary& vocabulary, Embedding<T>& embedding,
                 MalformedWords malformed = MalformedWords::refuse) {
  const EmbeddingOptions& options = embedding.options();
  require<ShapeError>(vocabulary.size() <= options.num_embeddings, "load_glove: the embedding has ",
                      options.num_embeddings, " rows for a vocabulary of ", vocabulary.size(), " words");
  Index found = 0;
  std::vector<bool> filled(static_cast<std::size_t>(vocabulary.size()));
  for_each_parameter(embedding, [&](const Name&, auto& weight) {
    GloveReader reader(path, malformed);
    WordVector vector;
    while (reader.next(vector)) {
      require<ShapeError>(static_cast<Index>(vector.values.size()) == options.embedding_dim, path.string(), ": line ",
                          vector.line, " has ", vector.values.size(), " numbers, a row of the embedding has ",
                          options.embedding_dim);
      const std::int32_t id = vocabulary.id(vector.word);
      const auto place = static_cast<std::size_t>(id);
      if (vocabulary.word(id) != vector.word || filled[place] || options.padding_index == id) continue;
      std::transform(vector.values.begin(), vector.values.end(), weight.value.row(id),
                     [](float value) { return static_cast<T>(value); });
      filled[place] = true;
      ++found;
    }
  });
  return found;
}

}  // namespace pupil::captioning
