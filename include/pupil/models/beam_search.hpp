#pragma once
// Beam search: at every step each image keeps the `width` most probable beginnings of its caption, and the best that
// came to an end is its answer. A width of 1 is greedy search. The beam may be cut into groups that avoid each other's
// words: diverse beam search (models/beam.hpp).

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/beam.hpp>
#include <pupil/models/caption_constraints.hpp>
#include <pupil/models/found_caption.hpp>
#include <pupil/models/spoken_steps.hpp>

namespace pupil::captioning {

struct BeamSearchOptions {
  Index width = 1;
  std::optional<Index> max_length = {};  ///< in words; not given: what the decoder was made for
  double length_penalty = 0;  ///< captions compete by log probability / length^length_penalty; the end is a word
  Index captions = 1;         ///< how many beam_search_n_best gives of an image, where it finds so many
  Index groups = 1;           ///< of the beam; each has its part of the width
  double diversity = 0.5;     ///< what a word loses for each group before that chose it at the same step
  CaptionConstraints constraints = {};
};

namespace detail {

template <class Decoder>
BeamRules beam_rules(const Decoder& decoder, const BeamSearchOptions& options) {
  require<OptionError>(options.width >= 1, "beam_search: width is ", options.width);
  require<OptionError>(std::isfinite(options.length_penalty) && options.length_penalty >= 0,
                       "beam_search: length_penalty is ", options.length_penalty);
  require<OptionError>(options.captions >= 1, "beam_search: captions is ", options.captions);
  require<OptionError>(options.groups >= 1 && options.groups <= options.width, "beam_search: groups is ",
                       options.groups, ", not from 1 to width, ", options.width);
  require<OptionError>(std::isfinite(options.diversity) && options.diversity >= 0, "beam_search: diversity is ",
                       options.diversity);
  const Index max_length = caption_length(decoder, options.max_length, "beam_search");
  return {.width = options.width,
          .groups = options.groups,
          .captions = options.captions,
          .max_length = max_length,
          .length_penalty = options.length_penalty,
          .diversity = options.diversity,
          .next_words = NextWords(options.constraints, max_length)};
}

/// Asks the decoder for the next words until no beam has an open caption. State and beams are in the same order.
template <class Decoder, class State>
void search(const Decoder& decoder, State& state, std::vector<Beam>& beams) {
  std::vector<Index> first_rows(beams.size());
  while (state.rows() > 0) {
    auto words = Tensor<std::int32_t, 1>::uninitialized({state.rows()});
    std::int32_t* next_word = words.data();
    for (std::size_t i = 0; i < beams.size(); ++i) {
      first_rows[i] = next_word - words.data();
      next_word = beams[i].write_last_words(next_word);
    }
    auto logits = decoder.step(words, state);
    parallel_for(static_cast<Index>(beams.size()), [&](Index i) {
      const auto at = static_cast<std::size_t>(i);
      beams[at].advance(logits, first_rows[at]);
    });
    std::vector<Index> rows;
    for (const Beam& beam : beams) rows.insert(rows.end(), beam.parents().begin(), beam.parents().end());
    keep_rows(state, rows);
  }
}

}  // namespace detail

/// The best captions of every image, the best first, by a decoder that says a word a step; how many, options.captions
/// says, but there are fewer where the beam finds fewer. No caption is longer than was asked for or, where nothing was,
/// than options().max_caption_length of the decoder; 30 words where it has none. With groups, the best of each come
/// before the second of any. Throws OptionError for options that make no sense or that no caption fulfils, NumericError
/// where features or weights are such that no word has a score.
template <class Decoder, class Features>
requires SpeakingDecoder<Decoder, Features> std::vector<std::vector<FoundCaption>> beam_search_n_best(
    const Decoder& decoder, const Features& features, const BeamSearchOptions& options) {
  const detail::BeamRules rules = detail::beam_rules(decoder, options);
  auto state = decoder.start(features);
  std::vector<detail::Beam> beams(static_cast<std::size_t>(state.rows()), detail::Beam(rules));
  detail::repeat_rows(state, rules.groups);
  detail::search(decoder, state, beams);
  std::vector<std::vector<FoundCaption>> captions;
  for (detail::Beam& beam : beams) captions.push_back(beam.take_best());
  return captions;
}

/// The best caption of every image.
template <class Decoder, class Features>
requires SpeakingDecoder<Decoder, Features> std::vector<FoundCaption> beam_search(
    const Decoder& decoder, const Features& features, const BeamSearchOptions& options = {}) {
  BeamSearchOptions best_alone = options;
  best_alone.captions = 1;
  std::vector<FoundCaption> captions;
  for (auto& found : beam_search_n_best(decoder, features, best_alone)) captions.push_back(std::move(found.front()));
  return captions;
}

}  // namespace pupil::captioning
