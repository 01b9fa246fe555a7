#pragma once
// The sizes of the captioner that is trained on Flickr8k, on which its layers are timed.

#include <pupil/core/shape.hpp>

namespace bench::sizes {

inline constexpr pupil::Index image = 224;
inline constexpr pupil::Index embedding = 512;
inline constexpr pupil::Index hidden = 512;
inline constexpr pupil::Index vocabulary = 2540;
inline constexpr pupil::Index words = 16;         ///< steps with a target
inline constexpr pupil::Index steps = words + 1;  ///< the image's features are read before the words

}  // namespace bench::sizes
