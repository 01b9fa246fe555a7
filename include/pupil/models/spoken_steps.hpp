#pragma once
// What beam search and sampling have in common: a decoder that says one word after another.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// What can be asked for captions: the part of a decoder (models/decoder.hpp) that speaks, or an ensemble of several.
/// It has a state of a row an image to begin with, whose rows can be chosen anew, and goes on from it a word a row:
/// `step(words, state)` gives the logits of the next words, [rows, words].
template <class Decoder, class Features>
concept SpeakingDecoder = requires(const Decoder& decoder, const Features& features,
                                   std::remove_cvref_t<decltype(decoder.start(features))>& state,
                                   const Tensor<std::int32_t, 1>& words, std::span<const Index> rows) {
  { state.rows() } -> std::convertible_to<Index>;
  state.select(rows);
  decoder.step(words, state).columns();
};

namespace detail {

/// How many words a caption may have: what was asked for, or what the decoder was made for; 30 where it does not say.
/// Throws OptionError, `caller: max_length is 0`, where that is none.
template <class Decoder>
Index caption_length(const Decoder& decoder, const std::optional<Index>& max_length, std::string_view caller) {
  const Index length = [&] {
    if (max_length) return *max_length;
    if constexpr (requires { decoder.options().max_caption_length; }) {
      return static_cast<Index>(decoder.options().max_caption_length);
    } else {
      return Index{30};
    }
  }();
  require<OptionError>(length >= 1, caller, ": max_length is ", length);
  return length;
}

/// The word that a decoder is to read next.
inline std::int32_t last_word(const std::vector<std::int32_t>& words) {
  return words.empty() ? Vocabulary::start : words.back();
}

/// Makes logits log probabilities. Throws NumericError where they are none.
template <class T>
void to_log_probabilities(std::span<T> row, std::string_view caller) {
  kernels::log_softmax_row(row.data(), static_cast<Index>(row.size()));
  // One score that is not a number makes them all so.
  require<NumericError>(!std::isnan(row[0]), caller, ": the decoder's scores are not numbers");
}

template <class T>
std::span<T> row_of(Tensor<T, 2>& tensor, Index row) {
  return {tensor.row(row), static_cast<std::size_t>(tensor.columns())};
}

/// Keeps these rows of a state; does nothing where they are all there are, in their order.
template <class State>
void keep_rows(State& state, const std::vector<Index>& rows) {
  bool as_they_are = static_cast<Index>(rows.size()) == state.rows();
  for (std::size_t i = 0; as_they_are && i < rows.size(); ++i) as_they_are = rows[i] == static_cast<Index>(i);
  if (!as_they_are) state.select(rows);
}

/// Every row of a state, `times` times.
template <class State>
void repeat_rows(State& state, Index times) {
  std::vector<Index> rows;
  for (Index row = 0; row < state.rows(); ++row) rows.insert(rows.end(), static_cast<std::size_t>(times), row);
  keep_rows(state, rows);
}

}  // namespace detail

}  // namespace pupil::captioning
