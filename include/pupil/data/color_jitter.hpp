#pragma once
// Colour jitter: the same picture in another light. torchvision's twin is transforms.ColorJitter, without its hue.
//
//   brightness  x = b x                       contrast  x = c x + (1 - c) m      m: the mean grey of the picture
//   saturation  x = s x + (1 - s) grey(x)     grey(x) = 0.2989 red + 0.587 green + 0.114 blue
//
// one after another in random order, each cut to [0, 1]. A strength j gives a factor in [max(0, 1 - j), 1 + j].

#include <algorithm>
#include <array>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>

namespace pupil::captioning {

struct ColorJitterOptions {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;

  bool is_on() const { return brightness != 0 || contrast != 0 || saturation != 0; }
};

/// What of the colours is changed.
enum class ColorProperty { brightness, contrast, saturation };

/// What is done to one picture.
struct ColorChange {
  float brightness = 1;
  float contrast = 1;
  float saturation = 1;
  std::array<ColorProperty, 3> order{ColorProperty::brightness, ColorProperty::contrast, ColorProperty::saturation};

  bool operator==(const ColorChange&) const = default;
};

/// Throws OptionError for a strength below 0.
inline ColorChange random_color_change(const ColorJitterOptions& options, Rng& rng) {
  const auto factor = [&](const char* name, double strength) {
    require<OptionError>(strength >= 0, "color_jitter: the ", name, ' ', strength, " is not a number from 0 on");
    return static_cast<float>(rng.uniform(std::max(0.0, 1 - strength), 1 + strength));
  };
  ColorChange change;
  rng.shuffle(change.order);
  change.brightness = factor("brightness", options.brightness);
  change.contrast = factor("contrast", options.contrast);
  change.saturation = factor("saturation", options.saturation);
  return change;
}

namespace detail {

inline float grey(const float* pixel) { return 0.2989f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2]; }

inline float mean_grey(const float* pixels, Index count) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(grey(pixels + 3 * i));
  return static_cast<float>(sum / static_cast<double>(count));
}

/// x = factor x + (1 - factor) other(pixel), cut to [0, 1].
template <class Other>
void blend_pixels(float factor, const Other& other, float* pixels, Index count) {
  for (Index i = 0; i < count; ++i, pixels += 3) {
    const float rest = (1 - factor) * other(pixels);
    for (int c = 0; c < 3; ++c) pixels[c] = std::clamp(factor * pixels[c] + rest, 0.0f, 1.0f);
  }
}

}  // namespace detail

/// pixels: [count, 3], from 0 to 1
inline void change_colors(const ColorChange& change, float* pixels, Index count) {
  const auto constant = [](float value) { return [value](const float*) { return value; }; };
  for (const ColorProperty property : change.order) {
    switch (property) {
      case ColorProperty::brightness:
        detail::blend_pixels(change.brightness, constant(0), pixels, count);
        break;
      case ColorProperty::contrast:
        detail::blend_pixels(change.contrast, constant(detail::mean_grey(pixels, count)), pixels, count);
        break;
      case ColorProperty::saturation:
        detail::blend_pixels(change.saturation, detail::grey, pixels, count);
        break;
    }
  }
}

}  // namespace pupil::captioning
