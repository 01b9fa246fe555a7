#pragma once
// A caption that a decoder has said.

#include <cmath>
#include <cstdint>
#include <vector>

#include <pupil/core/shape.hpp>

namespace pupil::captioning {

/// A caption, as word ids, and how probable it is by the decoder's own account: whatever was forbidden, however words
/// were drawn, and with the words that it had to begin with counted like all others.
struct FoundCaption {
  std::vector<std::int32_t> words;  ///< without start and end
  double log_probability = 0;       ///< of all words and of the end, if it came
  bool ended = false;               ///< whether the end was said: a caption of the greatest length is cut without it

  /// How many steps of a decoder the caption took: its words, and the end, if it came.
  Index steps() const { return static_cast<Index>(words.size()) + (ended ? 1 : 0); }

  bool operator==(const FoundCaption&) const = default;
};

/// What captions compete by: log probability / steps^length_penalty.
inline double caption_score(double log_probability, Index steps, double length_penalty) {
  return log_probability / std::pow(static_cast<double>(steps), length_penalty);
}
/// The same, of a caption.
inline double caption_score(const FoundCaption& caption, double length_penalty) {
  return caption_score(caption.log_probability, caption.steps(), length_penalty);
}

}  // namespace pupil::captioning
