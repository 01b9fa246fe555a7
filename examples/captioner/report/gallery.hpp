#pragma once
// Photographs with what the captioner says of them, and what people wrote.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../scores/captioned_split.hpp"
#include "photograph.hpp"
#include "word_attention.hpp"

namespace captioner::report {

/// A photograph of the gallery and all that is said of it.
struct Card {
  const CaptionedSample& said;
  double cider_d;
  double rouge_l;
  std::string groups;  ///< as Example has them
  EmbeddedPhotograph photograph;
  std::vector<std::string> words;  ///< of the caption that is judged
  WordAttention attention;
};

/// What stands before the cards: what they can be sorted and filtered by.
std::string gallery_begin(bool has_confidence);

/// One card, an item of the list.
std::string to_html(const Card& card);

/// What stands behind the cards.
std::string gallery_end();

}  // namespace captioner::report
