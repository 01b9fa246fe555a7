#pragma once
// A decoder whose every next word depends on all words before it, by chance once and for all: small enough to list all
// captions that it can say, and how probable each is.

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <pupil/core/hash.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/found_caption.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::testing {

using WordIds = std::vector<std::int32_t>;

/// Features: a number an image.
class TableDecoder {
 public:
  struct Options {
    Index vocabulary_size = 7;  ///< the four special words and three others
    Index max_caption_length = 4;
    double spread = 2;  ///< of the logits
  };

  struct State {
    std::vector<WordIds> read;  ///< by each row, after its image's number

    Index rows() const { return static_cast<Index>(read.size()); }
    void select(std::span<const Index> rows) {
      std::vector<WordIds> selected;
      for (const Index row : rows) selected.push_back(read.at(static_cast<std::size_t>(row)));
      read = std::move(selected);
    }
  };

  explicit TableDecoder(std::uint64_t seed) : TableDecoder(seed, Options{}) {}
  TableDecoder(std::uint64_t seed, const Options& options) : seed_(seed), options_(options) {}

  const Options& options() const { return options_; }

  State start(const std::vector<std::int32_t>& images) const {
    State state;
    for (const std::int32_t image : images) state.read.push_back({image});
    return state;
  }

  Tensor<double, 2> step(const Tensor<std::int32_t, 1>& words, State& state) const {
    auto logits = Tensor<double, 2>::uninitialized({words.size(), options_.vocabulary_size});
    for (Index row = 0; row < words.size(); ++row) {
      WordIds& read = state.read.at(static_cast<std::size_t>(row));
      read.push_back(words[row]);
      std::uint64_t hash = seed_;
      for (const std::int32_t word : read) hash = hash_number(static_cast<std::uint64_t>(word), hash);
      Rng rng(hash);
      for (Index word = 0; word < options_.vocabulary_size; ++word) {
        logits(row, word) = options_.spread * rng.normal<double>();
      }
    }
    return logits;
  }

  /// The probability of every word after these.
  std::vector<double> probabilities(std::int32_t image, const WordIds& words) const {
    State state = start({image});
    Tensor<double, 2> logits = step(Tensor<std::int32_t, 1>({1}, {captioning::Vocabulary::start}), state);
    for (const std::int32_t word : words) logits = step(Tensor<std::int32_t, 1>({1}, {word}), state);
    std::vector<double> result;
    double sum = 0;
    for (const double logit : logits) result.push_back(std::exp(logit));
    for (const double each : result) sum += each;
    for (double& each : result) each /= sum;
    return result;
  }

  double log_probability(std::int32_t image, const captioning::FoundCaption& caption) const {
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(caption.steps()); ++i) {
      const WordIds before(caption.words.begin(), caption.words.begin() + static_cast<std::ptrdiff_t>(i));
      const auto word = i < caption.words.size() ? caption.words[i] : captioning::Vocabulary::end;
      sum += std::log(probabilities(image, before)[static_cast<std::size_t>(word)]);
    }
    return sum;
  }

 private:
  std::uint64_t seed_;
  Options options_;
};

/// Every caption of an image up to `max_length` words; those of that length have no end.
inline std::vector<captioning::FoundCaption> all_captions(const TableDecoder& decoder, std::int32_t image,
                                                          Index max_length) {
  std::vector<captioning::FoundCaption> captions;
  const auto visit = [&](const auto& self, const WordIds& words, double log_probability) -> void {
    if (static_cast<Index>(words.size()) == max_length) {
      captions.push_back({words, log_probability, false});
      return;
    }
    const std::vector<double> next = decoder.probabilities(image, words);
    captions.push_back({words, log_probability + std::log(next[captioning::Vocabulary::end]), true});
    for (std::int32_t word = captioning::Vocabulary::unknown + 1; word < decoder.options().vocabulary_size; ++word) {
      WordIds longer = words;
      longer.push_back(word);
      self(self, longer, log_probability + std::log(next[static_cast<std::size_t>(word)]));
    }
  };
  visit(visit, {}, 0.0);
  return captions;
}

}  // namespace pupil::testing
