#pragma once
// How training varies an image by chance, so that it is never the same twice: a window of it, perhaps mirrored, in
// another light, with a part of it lost.

#include <optional>
#include <span>
#include <vector>

#include <pupil/data/augment.hpp>
#include <pupil/data/color_jitter.hpp>
#include <pupil/data/random_erasing.hpp>

namespace pupil::captioning {

struct ImageVariationOptions {
  bool mirror = true;  ///< whether half of the images are mirrored
  ColorJitterOptions color_jitter = {};
  RandomErasingOptions random_erasing = {};
};

/// What is done to one image.
struct ImageVariation {
  View view = {};
  std::optional<ColorChange> colors = {};
  std::optional<ErasedArea> erased = {};
};

/// Draws of `rng` for what is on alone: where nothing but views is, they are those of random_view. Throws as
/// random_view, random_color_change and random_erased_area do.
inline ImageVariation random_variation(Size2d image, Size2d window, const ImageVariationOptions& options, Rng& rng) {
  ImageVariation variation{.view = random_view(image, window, options.mirror, rng)};
  if (options.color_jitter.is_on()) variation.colors = random_color_change(options.color_jitter, rng);
  if (options.random_erasing.is_on()) variation.erased = random_erased_area(window, options.random_erasing, rng);
  return variation;
}

namespace detail {

/// Values from 0 to 1 -> normalised ones. pixels: [count, 3]
inline void normalize(const Normalization& normalization, float* pixels, Index count) {
  for (Index i = 0; i < count; ++i, pixels += 3) {
    for (std::size_t c = 0; c < 3; ++c)
      pixels[c] = (pixels[c] - normalization.mean[c]) / normalization.standard_deviation[c];
  }
}

}  // namespace detail

/// load_images of each image's view, with its colours changed and a part of it erased.
inline void load_images(const ImageCache& cache, std::span<const Index> rows,
                        std::span<const ImageVariation> variations, const Normalization& normalization,
                        Tensor<float, 4>& out) {
  std::vector<View> views;
  for (const ImageVariation& variation : variations) views.push_back(variation.view);
  detail::check_views(cache, rows, views, out);
  const Size2d window{out.dim(1), out.dim(2)};
  const Index pixels = window.height * window.width;
  const detail::NormalizedBytes normalized = detail::normalized_bytes(normalization);
  const detail::NormalizedBytes unit_range = detail::normalized_bytes({{0, 0, 0}, {1, 1, 1}});
  parallel_for(out.dim(0), [&](Index i) {
    const ImageVariation& variation = variations[static_cast<std::size_t>(i)];
    float* const image = out.data() + i * pixels * 3;
    const bool is_changed = variation.colors || variation.erased;
    detail::copy_view(cache.image(rows[static_cast<std::size_t>(i)]), cache.image_size(), variation.view,
                      is_changed ? unit_range : normalized, window, image);
    if (variation.colors) change_colors(*variation.colors, image, pixels);
    if (variation.erased) erase(*variation.erased, window, image);
    if (is_changed) detail::normalize(normalization, image, pixels);
  });
  cache.release_pages();  // an epoch reads all of the cache
}

}  // namespace pupil::captioning
