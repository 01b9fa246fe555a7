#pragma once
// Blocks of captions for tests of decoders, without a data set.

#include <cstdint>
#include <vector>

#include <pupil/text/caption_block.hpp>

namespace pupil::testing {

/// A caption of an image: its words, without start and end.
struct TestCaption {
  Index image;
  std::vector<std::int32_t> words;
};

/// The captions, longest first, as a block. As in vocabularies, pad is 0, start 1 and end 2.
inline captioning::CaptionBlock caption_block(const std::vector<TestCaption>& captions) {
  const auto count = static_cast<Index>(captions.size());
  const auto time = static_cast<Index>(captions.front().words.size()) + 1;
  captioning::CaptionBlock block{Tensor<std::int32_t, 2>({time, count}),
                                 Tensor<std::int32_t, 2>::full({time, count}, captioning::CaptionBlock::ignored_target),
                                 {},
                                 {}};
  for (Index c = 0; c < count; ++c) {
    const auto& [image, words] = captions[static_cast<std::size_t>(c)];
    const auto length = static_cast<Index>(words.size());
    for (Index t = 0; t <= length; ++t) {
      block.inputs(t, c) = t == 0 ? 1 : words[static_cast<std::size_t>(t - 1)];
      block.targets(t, c) = t == length ? 2 : words[static_cast<std::size_t>(t)];
    }
    block.lengths.push_back(length + 1);
    block.image_rows.push_back(image);
  }
  return block;
}

/// Two blocks with padding in both, of four images: one with three captions, one with none. tools/fixtures/decoders.py
/// has the same.
inline std::vector<captioning::CaptionBlock> tiny_blocks() {
  return {caption_block({{1, {4, 5, 7, 4, 8}}, {0, {4, 5, 8, 4, 6}}, {1, {4, 6, 7, 3}}}),
          caption_block({{0, {5, 7}}, {3, {6, 7}}, {1, {8}}})};
}

}  // namespace pupil::testing
