#pragma once
// Where a captioner looked, as little as a page needs to draw it.

#include <string>
#include <vector>

#include <pupil/io/pixels.hpp>

#include "../captions/caption_maker.hpp"

namespace captioner::report {

/// Where a captioner looked at each word of a caption.
struct WordAttention {
  std::string bytes;           ///< base64: a byte a position of the grid, word by word; 255 where a word looked most
  std::vector<double> shares;  ///< how much of each word's look was at the image: 1 but for a decoder with a sentinel
  double seen = 1;             ///< the part of the image's width and height, in its middle, that the grid covers
};

/// Of the words of a caption of this image. Without bytes where the captioner does not look at a grid.
WordAttention attention_of(const CaptionMaker& maker, const pupil::captioning::Image& image,
                           const std::vector<std::string>& words);

}  // namespace captioner::report
