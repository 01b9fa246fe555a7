#pragma once
// Random erasing: a rectangle of the picture is lost, so that no single part of it may be relied on. Zhong, Zheng,
// Kang, Li, Yang, "Random erasing data augmentation", 2017: its algorithm 1, with random values (RE-R), which it found
// best.
//
// With the probability p, a rectangle of the height sqrt(a r) and the width sqrt(a / r) is filled, each value by
// itself: its area a is uniform in [min_area, max_area] of the picture's, its aspect r in [min_aspect, 1 / min_aspect].

#include <cmath>
#include <optional>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>

namespace pupil::captioning {

struct RandomErasingOptions {
  double probability = 0;
  double min_area = 0.02;
  double max_area = 0.4;
  double min_aspect = 0.3;

  bool is_on() const { return probability > 0; }
};

/// A rectangle of one picture, and the numbers that it is filled with.
struct ErasedArea {
  Index top = 0;
  Index left = 0;
  Index height = 0;
  Index width = 0;
  Rng fill{0};
};

namespace detail {

inline void check(const RandomErasingOptions& options) {
  const auto& [probability, min_area, max_area, min_aspect] = options;
  require<OptionError>(probability >= 0 && probability <= 1, "random_erasing: the probability ", probability,
                       " is not in [0, 1]");
  require<OptionError>(min_area > 0 && min_area <= max_area && max_area <= 1, "random_erasing: the areas ", min_area,
                       " to ", max_area, " are not within (0, 1]");
  require<OptionError>(min_aspect > 0 && min_aspect <= 1, "random_erasing: the aspect ", min_aspect,
                       " is not in (0, 1]");
}

}  // namespace detail

/// Nothing where the picture is to stay whole, or where no rectangle was found that fits into it. Throws OptionError
/// for a probability outside [0, 1], areas outside (0, 1] and an aspect outside (0, 1].
inline std::optional<ErasedArea> random_erased_area(Size2d image, const RandomErasingOptions& options, Rng& rng) {
  detail::check(options);
  if (rng.uniform<double>() >= options.probability) return std::nullopt;
  constexpr int attempts = 20;  // most fit: areas are small, and only the narrowest leave the picture
  for (int i = 0; i < attempts; ++i) {
    const double area = rng.uniform(options.min_area, options.max_area) * static_cast<double>(image.height) *
                        static_cast<double>(image.width);
    const double aspect = rng.uniform(options.min_aspect, 1 / options.min_aspect);
    const auto height = static_cast<Index>(std::lround(std::sqrt(area * aspect)));
    const auto width = static_cast<Index>(std::lround(std::sqrt(area / aspect)));
    if (height < 1 || width < 1 || height > image.height || width > image.width) continue;
    const Index top = rng.below(image.height - height + 1);
    const Index left = rng.below(image.width - width + 1);
    return ErasedArea{top, left, height, width, rng.fork()};
  }
  return std::nullopt;
}

/// Fills the area of a picture with uniform values from 0 to 1. pixels: [image.height, image.width, 3]
inline void erase(ErasedArea area, Size2d image, float* pixels) {
  for (Index y = area.top; y < area.top + area.height; ++y) {
    float* const row = pixels + (y * image.width + area.left) * 3;
    for (Index i = 0; i < area.width * 3; ++i) row[i] = area.fill.uniform<float>();
  }
}

}  // namespace pupil::captioning
