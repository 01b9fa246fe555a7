#pragma once
// The sizes of the captioner that is timed: one that is trained on photographs of Flickr8k.

#include <pupil/core/shape.hpp>

namespace captioner::sizes {

inline constexpr pupil::Index image = 224;
inline constexpr pupil::Index embedding = 512;
inline constexpr pupil::Index hidden = 512;
inline constexpr pupil::Index vocabulary = 2540;
inline constexpr pupil::Index words = 16;         ///< steps with a target
inline constexpr pupil::Index steps = words + 1;  ///< the image's features are read before the words
inline constexpr pupil::Index beam = 3;
inline constexpr pupil::Index grid_side = 7;  ///< of the features of an image of 224 pixels
inline constexpr pupil::Index grid_channels = 1280;
inline constexpr pupil::Index attention = 512;
inline constexpr pupil::Index decoder_batch = 64;  ///< captions, each of an image of its own
inline constexpr pupil::Index metric_images = 50;
inline constexpr pupil::Index metric_samples = 5;  ///< captions of each image, of `words` words

}  // namespace captioner::sizes
