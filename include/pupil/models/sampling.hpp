#pragma once
// Captions drawn by chance: each next word by the probabilities that the decoder gives. Several of an image are drawn
// together, a row of the decoder's state each; those that came to an end take no further part.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/caption_constraints.hpp>
#include <pupil/models/found_caption.hpp>
#include <pupil/models/spoken_steps.hpp>
#include <pupil/models/word_draw.hpp>

namespace pupil::captioning {

struct SamplingOptions {
  Index samples = 1;                     ///< of each image
  std::optional<Index> max_length = {};  ///< in words; not given: what the decoder was made for
  WordDraw draw = {};
  std::uint64_t seed = 0;
  Index first_image =
      0;  ///< the number of the first image here, where images come in batches: numbers have their chance
  CaptionConstraints constraints = {};
};

namespace detail {

/// A caption while it is drawn. Its random numbers depend on the seed, its image and its number among that image's
/// captions alone, so neither threads nor batches change it.
struct DrawnCaption {
  FoundCaption caption;
  Rng rng;
  bool is_open = true;

  /// Takes the next word. Logits and scratch, of the same size, are used up.
  template <class T>
  void go_on(std::span<T> logits, std::span<T> scratch, const WordDraw& draw, const NextWords& next_words,
             Index max_length) {
    to_log_probabilities(logits, "sample_captions");
    std::ranges::copy(logits, scratch.begin());
    next_words.forbid<T>(caption.words, scratch);
    const std::int32_t word = draw_word(scratch, draw, rng.uniform<double>());
    caption.log_probability += static_cast<double>(logits[static_cast<std::size_t>(word)]);
    caption.ended = word == Vocabulary::end;
    if (!caption.ended) caption.words.push_back(word);
    is_open = !caption.ended && static_cast<Index>(caption.words.size()) < max_length;
  }
};

}  // namespace detail

/// Captions of every image, options.samples each, in the order in which they were drawn; the same may come again. The
/// length is as beam_search has it. Log probabilities are the decoder's, whatever temperature and truncation made of
/// them. The same seed gives the same captions on any number of threads. Throws OptionError for options that make no
/// sense or that no caption fulfils, NumericError where features or weights are such that no word has a score.
template <class Decoder, class Features>
requires SpeakingDecoder<Decoder, Features> std::vector<std::vector<FoundCaption>> sample_captions(
    const Decoder& decoder, const Features& features, const SamplingOptions& options) {
  require<OptionError>(options.samples >= 1, "sample_captions: samples is ", options.samples);
  detail::check(options.draw, "sample_captions");
  const Index max_length = detail::caption_length(decoder, options.max_length, "sample_captions");
  const detail::NextWords next_words(options.constraints, max_length);

  auto state = decoder.start(features);
  const Index images = state.rows();
  detail::repeat_rows(state, options.samples);
  std::vector<detail::DrawnCaption> drawn;
  for (Index row = 0; row < images * options.samples; ++row) {
    const auto image = static_cast<std::uint64_t>(options.first_image + row / options.samples);
    const auto sample = static_cast<std::uint64_t>(row % options.samples);
    drawn.push_back({.caption = {}, .rng = Rng(options.seed, image << 32U | sample)});
  }

  std::vector<std::size_t> open(drawn.size());  // which caption each row of the state is of
  std::iota(open.begin(), open.end(), std::size_t{0});
  while (!open.empty()) {
    auto words = Tensor<std::int32_t, 1>::uninitialized({state.rows()});
    std::ranges::transform(open, words.begin(),
                           [&](std::size_t i) { return detail::last_word(drawn[i].caption.words); });
    auto logits = decoder.step(words, state);
    auto scratch = decltype(logits)::uninitialized(logits.shape());
    parallel_for(logits.rows(), [&](Index row) {
      drawn[open[static_cast<std::size_t>(row)]].go_on(detail::row_of(logits, row), detail::row_of(scratch, row),
                                                       options.draw, next_words, max_length);
    });
    std::vector<Index> rows;
    std::vector<std::size_t> still_open;
    for (std::size_t row = 0; row < open.size(); ++row) {
      if (!drawn[open[row]].is_open) continue;
      rows.push_back(static_cast<Index>(row));
      still_open.push_back(open[row]);
    }
    detail::keep_rows(state, rows);
    open = std::move(still_open);
  }

  std::vector<std::vector<FoundCaption>> captions(static_cast<std::size_t>(images));
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    captions[i / static_cast<std::size_t>(options.samples)].push_back(std::move(drawn[i].caption));
  }
  return captions;
}

}  // namespace pupil::captioning
