#include "word_vectors.hpp"

#include <pupil/core/hash.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/models/pretrained_embedding.hpp>

namespace captioner {

std::string fingerprint_of_word_vectors(const std::filesystem::path& file) {
  const pupil::MappedFile mapped(file);
  const auto bytes = mapped.bytes();
  return pupil::hash_digits(pupil::hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

std::string check_word_vectors(const TrainingSettings& settings) {
  pupil::captioning::WordVector first;
  const bool has_vectors =
      pupil::captioning::GloveReader(settings.word_vectors, pupil::captioning::MalformedWords::skip).next(first);
  pupil::require<pupil::FileError>(has_vectors, settings.word_vectors, ": has no word vectors");
  const auto size = static_cast<pupil::Index>(first.values.size());
  pupil::require<pupil::OptionError>(size == settings.embedding_size, "--word-vectors: ", settings.word_vectors,
                                     " has vectors of ", size, " numbers, --embedding-size is ",
                                     settings.embedding_size);
  return fingerprint_of_word_vectors(settings.word_vectors);
}

pupil::Index load_word_vectors(const TrainingSettings& settings, pupil::captioning::Captioner<float>& model) {
  const bool is_same = fingerprint_of_word_vectors(settings.word_vectors) == settings.word_vectors_fingerprint;
  pupil::require<pupil::FileError>(is_same, settings.word_vectors, ": has changed since the run began");
  return pupil::captioning::load_glove(settings.word_vectors, model.vocabulary(), model.decoder().embedding(),
                                       pupil::captioning::MalformedWords::skip);
}

}  // namespace captioner
