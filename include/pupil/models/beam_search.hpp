#pragma once
// Beam search: at every step each image keeps the `width` most probable beginnings of its caption, and the best that
// came to an end is its answer. A width of 1 is greedy search.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/softmax.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil {

struct BeamSearchOptions {
  Index width = 1;
  std::optional<Index> max_length = {};  ///< in words; not given: what the decoder was made for
  double length_penalty = 0;  ///< captions compete by log probability / length^length_penalty; the end is a word
};

/// The caption found for one image.
struct FoundCaption {
  std::vector<std::int32_t> words;  ///< without start and end
  double log_probability = 0;       ///< of all words and of the end, if it came
};

namespace detail {

/// One caption so far.
struct Hypothesis {
  std::vector<std::int32_t> words;
  double log_probability = 0;
};

/// A way to go on: which hypothesis, with which word, and how probable the whole is then.
struct Continuation {
  Index parent = 0;
  std::int32_t word = 0;
  double log_probability = 0;
};

/// What one image's search has come to.
struct Beam {
  std::vector<Hypothesis> open{Hypothesis{}};
  FoundCaption best;
  double best_score = -std::numeric_limits<double>::infinity();
};

inline double score(double log_probability, std::size_t words, const BeamSearchOptions& options) {
  return log_probability / std::pow(static_cast<double>(words), options.length_penalty);
}

/// The `width` most probable ways to go on from all open hypotheses; ties go to the earlier hypothesis and lower word.
/// Row r of log_probabilities, from first_row on, belongs to hypothesis r.
template <class T>
std::vector<Continuation> best_continuations(const Beam& beam, const Tensor<T, 2>& log_probabilities, Index first_row,
                                             Index width) {
  std::vector<Continuation> best;
  const auto better = [](const Continuation& a, const Continuation& b) {
    return a.log_probability > b.log_probability;
  };
  for (std::size_t h = 0; h < beam.open.size(); ++h) {
    const T* const row = log_probabilities.row(first_row + static_cast<Index>(h));
    // One score that is not a number makes them all so.
    require<NumericError>(!std::isnan(row[0]), "beam_search: the decoder's scores are not numbers");
    for (std::int32_t word = 0; word < static_cast<std::int32_t>(log_probabilities.columns()); ++word) {
      if (word == Vocabulary::pad || word == Vocabulary::start || word == Vocabulary::unknown) continue;
      const Continuation next{static_cast<Index>(h), word,
                              beam.open[h].log_probability + static_cast<double>(row[word])};
      if (static_cast<Index>(best.size()) == width && !better(next, best.back())) continue;
      if (static_cast<Index>(best.size()) == width) best.pop_back();
      best.insert(std::upper_bound(best.begin(), best.end(), next, better), next);
    }
  }
  return best;
}

/// How many words a caption may have: what was asked for, or what the decoder was made for; 30 where it does not say.
template <class Decoder>
Index caption_length(const Decoder& decoder, const BeamSearchOptions& options) {
  if (options.max_length) return *options.max_length;
  if constexpr (requires { decoder.options().max_caption_length; }) {
    return decoder.options().max_caption_length;
  } else {
    return 30;
  }
}

/// Takes one step: ends what ends, keeps the rest open. Returns, for each open hypothesis, the one it came from.
inline std::vector<Index> advance(Beam& beam, const std::vector<Continuation>& continuations,
                                  const BeamSearchOptions& options, Index max_length) {
  std::vector<Hypothesis> open;
  std::vector<Index> parents;
  for (const Continuation& next : continuations) {
    Hypothesis hypothesis = beam.open[static_cast<std::size_t>(next.parent)];
    hypothesis.log_probability = next.log_probability;
    const bool ended = next.word == Vocabulary::end;
    if (!ended) hypothesis.words.push_back(next.word);
    if (ended || static_cast<Index>(hypothesis.words.size()) == max_length) {
      const double reached = score(next.log_probability, hypothesis.words.size() + (ended ? 1 : 0), options);
      if (reached > beam.best_score) {
        beam.best_score = reached;
        beam.best = {std::move(hypothesis.words), next.log_probability};
      }
    } else {
      open.push_back(std::move(hypothesis));
      parents.push_back(next.parent);
    }
  }
  beam.open = std::move(open);
  // Without a length penalty a probability only falls: what is behind the best can never overtake it.
  const bool hopeless =
      options.length_penalty == 0 && !beam.open.empty() && beam.open.front().log_probability <= beam.best_score;
  if (hopeless) {
    beam.open.clear();
    parents.clear();
  }
  return parents;
}

}  // namespace detail

/// The caption of every image, from what `decoder.start` takes: the features of images; see models/decoder.hpp for what
/// a decoder is. No caption is longer than was asked for or, where nothing was, than options().max_caption_length of
/// the decoder; 30 words where it has none. Pad, start and unknown are never said. Throws OptionError where width or
/// max_length is below 1, NumericError where features or weights are such that no word has a score.
template <class Decoder, class Features>
std::vector<FoundCaption> beam_search(const Decoder& decoder, const Features& features,
                                      const BeamSearchOptions& options = {}) {
  require<OptionError>(options.width >= 1, "beam_search: width is ", options.width);
  const Index max_length = detail::caption_length(decoder, options);
  require<OptionError>(max_length >= 1, "beam_search: max_length is ", max_length);
  auto state = decoder.start(features);
  Index open = state.rows();
  std::vector<detail::Beam> beams(static_cast<std::size_t>(open));
  while (open > 0) {
    auto words = Tensor<std::int32_t, 1>::uninitialized({open});
    Index row = 0;
    for (const detail::Beam& beam : beams) {
      for (const detail::Hypothesis& hypothesis : beam.open) {
        words[row++] = hypothesis.words.empty() ? Vocabulary::start : hypothesis.words.back();
      }
    }
    auto log_probabilities = decoder.step(words, state);
    kernels::log_softmax_rows(log_probabilities);

    std::vector<Index> parents;  // of every open hypothesis: its row in the state
    Index first_row = 0;
    for (detail::Beam& beam : beams) {
      const auto rows = static_cast<Index>(beam.open.size());
      const auto continuations = detail::best_continuations(beam, log_probabilities, first_row, options.width);
      for (const Index parent : detail::advance(beam, continuations, options, max_length))
        parents.push_back(first_row + parent);
      first_row += rows;
    }
    state.select(parents);
    open = static_cast<Index>(parents.size());
  }
  std::vector<FoundCaption> captions;
  for (detail::Beam& beam : beams) captions.push_back(std::move(beam.best));
  return captions;
}

}  // namespace pupil
