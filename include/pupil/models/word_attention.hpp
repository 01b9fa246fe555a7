#pragma once
// Where a decoder looked when it said each word of a caption.

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// The weights over the grid, [words, positions], by which a decoder (models/decoder.hpp) looks at an image before it
/// says each of these words, which it is made to say. A row sums up to 1 or, where the decoder has a sentinel, to less:
/// the rest of its look is at what it remembers. Empty for a decoder that does not look at a grid, and where there is
/// no word. `features` are of one image; throws ShapeError where they are of another number.
template <class Decoder, class Features>
auto word_attention(const Decoder& decoder, const Features& features, std::span<const std::int32_t> words) {
  auto state = decoder.start(features);
  require<ShapeError>(state.rows() == 1, "word_attention: the features are of ", state.rows(), " images, not of one");
  std::remove_cvref_t<decltype(state.attention())> attention;
  Tensor<std::int32_t, 1> read({Index{1}});
  read[0] = Vocabulary::start;
  for (std::size_t i = 0; i < words.size(); ++i) {
    decoder.step(read, state);
    const auto look = state.attention();
    if (look.size() == 0) return attention;
    if (i == 0) attention = decltype(attention)({static_cast<Index>(words.size()), look.columns()});
    std::copy_n(look.data(), look.columns(), attention.row(static_cast<Index>(i)));
    read[0] = words[i];
  }
  return attention;
}

}  // namespace pupil::captioning
