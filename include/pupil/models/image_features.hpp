#pragma once
// What an encoder makes of images, and a decoder reads.

#include <algorithm>
#include <type_traits>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>

namespace pupil {

/// Which features of an image are meant.
struct FeatureKinds {
  bool pooled = false;  ///< one row of numbers for the whole image
  bool grid = false;    ///< a row of numbers for every place of it

  bool operator==(const FeatureKinds&) const = default;
};

/// The features of some images, or the gradient of them. A kind that there is not is an empty tensor.
template <class T>
struct ImageFeatures {
  Tensor<T, 2> pooled{};  ///< [images, pooled size]
  Tensor<T, 3> grid{};    ///< [images, positions, channels]; positions go line by line

  Index images() const { return std::max(pooled.dim(0), grid.dim(0)); }
};

/// The features of some images, and behind them those of others. Throws ShapeError unless both have the same kinds, of
/// the same sizes.
template <class T>
ImageFeatures<T> joined_images(const ImageFeatures<T>& first, const ImageFeatures<T>& second) {
  const auto append = [](const auto& a, const auto& b) {
    auto shape = a.shape();
    shape[0] = b.dim(0);
    require<ShapeError>(shape == b.shape(), "joined_images: features ", a.shape(), " and ", b.shape());
    shape[0] += a.dim(0);
    std::remove_cvref_t<decltype(a)> both(shape);
    std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), both.begin()));
    return both;
  };
  return {append(first.pooled, second.pooled), append(first.grid, second.grid)};
}

/// A grid [images, height, width, channels] as the features that a decoder looks at.
template <class T>
Tensor<T, 3> positions_of_grid(Tensor<T, 4> grid) {
  const Shape<3> shape{grid.dim(0), grid.dim(1) * grid.dim(2), grid.dim(3)};
  return std::move(grid).reshaped(shape);
}

}  // namespace pupil
