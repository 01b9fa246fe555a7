#pragma once
// What an image's channels are shifted and scaled by before a network sees them.

#include <array>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// out = (byte / 255 - mean) / standard_deviation, a channel at a time.
struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> standard_deviation;
};

/// The statistics of ImageNet's photographs, which torchvision's models are fed with.
inline constexpr Normalization imagenet_normalization{{.485f, .456f, .406f}, {.229f, .224f, .225f}};

/// Values in [-1, 1], as the MobileNets of TensorFlow take them.
inline constexpr Normalization symmetric_normalization{{.5f, .5f, .5f}, {.5f, .5f, .5f}};

}  // namespace pupil
