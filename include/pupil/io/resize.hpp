#pragma once
// Resizing images: bilinear with antialiasing, bit for bit what Pillow's `image.resize(size, Image.BILINEAR)` does (and
// within one step of torchvision's `resize(..., antialias=True)`).
//
// Along one axis, `scale` = input extent / output extent. Output pixel i sees the input around (i + 1/2) scale through
// the triangle max(0, 1 - |distance| / max(scale, 1)): between two pixels when enlarging, over all that it covers when
// shrinking. Rows first, then columns, rounding to bytes after each; weights are whole numbers of 2^-22, so that the
// result does not depend on the machine.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/pixels.hpp>

namespace pupil::captioning {

namespace detail {

/// For each output pixel of an axis, the first input pixel that it sees and the weights from there on.
class ResizeWeights {
 public:
  static constexpr int fraction_bits = 22;
  static constexpr std::int32_t half = std::int32_t{1} << (fraction_bits - 1);

  ResizeWeights(Index input, Index output) {
    const double scale = static_cast<double>(input) / static_cast<double>(output);
    const double support = std::max(scale, 1.0);
    taps_.reserve(static_cast<std::size_t>(output) + 1);
    std::vector<double> triangle;
    for (Index i = 0; i < output; ++i) {
      const double center = (static_cast<double>(i) + 0.5) * scale;
      const auto first = std::max(static_cast<Index>(center - support + 0.5), Index{0});
      const auto last = std::min(static_cast<Index>(center + support + 0.5), input);
      triangle.clear();
      double sum = 0;
      for (Index j = first; j < last; ++j) {
        const double distance = std::abs((static_cast<double>(j) - center + 0.5) * (1.0 / support));
        triangle.push_back(distance < 1.0 ? 1.0 - distance : 0.0);
        sum += triangle.back();
      }
      taps_.push_back({first, weights_.size()});
      for (const double weight : triangle) weights_.push_back(fixed_point(weight / sum));
    }
    taps_.push_back({input, weights_.size()});
  }

  Index first(Index i) const { return taps_[static_cast<std::size_t>(i)].first; }
  Index count(Index i) const { return static_cast<Index>(taps_[static_cast<std::size_t>(i) + 1].weights - at(i)); }
  const std::int32_t* weights(Index i) const { return weights_.data() + at(i); }

  /// A weighted sum of bytes, begun with `half`, as a byte.
  static std::uint8_t rounded(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255));
  }

 private:
  struct Tap {
    Index first;
    std::size_t weights;  // where they begin
  };

  static std::int32_t fixed_point(double weight) {
    return static_cast<std::int32_t>(0.5 + weight * static_cast<double>(std::int32_t{1} << fraction_bits));
  }
  std::size_t at(Index i) const { return taps_[static_cast<std::size_t>(i)].weights; }

  std::vector<Tap> taps_;
  std::vector<std::int32_t> weights_;
};

inline Image resize_width(const Image& image, Index width) {
  const Index height = image.dim(0), row_size = image.dim(1) * 3;
  const ResizeWeights axis(image.dim(1), width);
  auto result = Image::uninitialized({height, width, 3});
  std::uint8_t* output = result.data();
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x, output += 3) {
      const std::uint8_t* input = image.data() + y * row_size + axis.first(x) * 3;
      const std::int32_t* const weights = axis.weights(x);
      std::int32_t red = ResizeWeights::half, green = red, blue = red;
      for (Index i = 0; i < axis.count(x); ++i, input += 3) {
        red += weights[i] * input[0];
        green += weights[i] * input[1];
        blue += weights[i] * input[2];
      }
      output[0] = ResizeWeights::rounded(red);
      output[1] = ResizeWeights::rounded(green);
      output[2] = ResizeWeights::rounded(blue);
    }
  }
  return result;
}

inline Image resize_height(const Image& image, Index height) {
  const Index row_size = image.dim(1) * 3;
  const ResizeWeights axis(image.dim(0), height);
  auto result = Image::uninitialized({height, image.dim(1), 3});
  std::vector<std::int32_t> sums(static_cast<std::size_t>(row_size));
  for (Index y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), ResizeWeights::half);
    for (Index i = 0; i < axis.count(y); ++i) {
      const std::uint8_t* const input = image.data() + (axis.first(y) + i) * row_size;
      const std::int32_t weight = axis.weights(y)[i];
      for (Index c = 0; c < row_size; ++c) sums[static_cast<std::size_t>(c)] += weight * input[c];
    }
    std::transform(sums.begin(), sums.end(), result.data() + y * row_size, ResizeWeights::rounded);
  }
  return result;
}

}  // namespace detail

/// The image at another size, its aspect ratio as it comes out. Throws ShapeError for an image without pixels or a size
/// that is not positive.
inline Image resize_bilinear(const Image& image, Size2d size) {
  require<ShapeError>(image.size() > 0 && image.dim(2) == 3, "resize_bilinear: an image is [height, width, 3], not ",
                      image.shape());
  require<ShapeError>(size.height > 0 && size.width > 0, "resize_bilinear: cannot resize to ", size);
  if (size == Size2d(image.dim(0), image.dim(1))) return image;
  if (size.width == image.dim(1)) return detail::resize_height(image, size.height);
  Image narrow = detail::resize_width(image, size.width);
  return size.height == image.dim(0) ? narrow : detail::resize_height(narrow, size.height);
}

}  // namespace pupil::captioning
