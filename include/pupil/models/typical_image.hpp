#pragma once
// What an encoder makes of images on the average, and how unlike that an image is. No caption was seen of images that
// are very unlike: whatever a captioner says of them is a guess, however probable it finds it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/models/image_features.hpp>

namespace pupil::captioning {

/// The mean features of some images, of the kinds that a decoder reads; a kind that it does not read is empty.
struct TypicalImage {
  Tensor<float, 1> pooled{};
  Tensor<float, 1> grid{};  ///< [channels]: the mean over the positions too

  bool operator==(const TypicalImage& other) const {
    return std::ranges::equal(pooled, other.pooled) && std::ranges::equal(grid, other.grid);
  }
};

namespace detail {

/// The mean of some rows of numbers.
inline std::vector<double> mean_row(const float* rows, Index count, Index columns) {
  std::vector<double> mean(static_cast<std::size_t>(columns));
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < columns; ++j) mean[static_cast<std::size_t>(j)] += static_cast<double>(rows[i * columns + j]);
  }
  for (double& number : mean) number /= static_cast<double>(count);
  return mean;
}

/// 1 less the cosine of the angle between two rows; 1 where one of them is 0.
inline double cosine_distance(std::span<const double> a, const Tensor<float, 1>& b) {
  double product = 0, a_squares = 0, b_squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto other = static_cast<double>(b[static_cast<Index>(i)]);
    product += a[i] * other;
    a_squares += a[i] * a[i];
    b_squares += other * other;
  }
  return a_squares == 0 || b_squares == 0 ? 1 : 1 - product / std::sqrt(a_squares * b_squares);
}

}  // namespace detail

/// Adds up the features of images, to their mean.
class TypicalImageSum {
 public:
  /// Adds image `i` of a batch.
  void add(const ImageFeatures<float>& features, Index i) {
    ++images_;
    const Index pooled = features.pooled.columns();
    add_to(pooled_, features.pooled.data() + i * pooled, 1, pooled);
    const Index positions = features.grid.dim(1);
    const Index channels = features.grid.dim(2);
    add_to(grid_, features.grid.data() + i * positions * channels, positions, channels);
  }

  /// Throws Error where no image was added.
  TypicalImage mean() const {
    require<Error>(images_ > 0, "typical image: there is no image");
    return {mean_of(pooled_), mean_of(grid_)};
  }

 private:
  static void add_to(std::vector<double>& sum, const float* rows, Index count, Index columns) {
    if (count * columns == 0) return;
    sum.resize(static_cast<std::size_t>(columns));
    const std::vector<double> mean = detail::mean_row(rows, count, columns);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += mean[j];
  }
  Tensor<float, 1> mean_of(const std::vector<double>& sum) const {
    Tensor<float, 1> mean({static_cast<Index>(sum.size())});
    std::ranges::transform(sum, mean.begin(),
                           [&](double number) { return static_cast<float>(number / static_cast<double>(images_)); });
    return mean;
  }

  std::vector<double> pooled_;
  std::vector<double> grid_;
  std::size_t images_ = 0;
};

/// Features of so many images that are all the typical one; its grid is the same everywhere.
inline ImageFeatures<float> repeat_typical(const TypicalImage& typical, Index images, Index positions) {
  ImageFeatures<float> features;
  const Index channels = typical.grid.size();
  if (channels > 0) features.grid = Tensor<float, 3>({images, positions, channels});
  for (Index row = 0; channels > 0 && row < images * positions; ++row) {
    std::ranges::copy(typical.grid, features.grid.data() + row * channels);
  }
  if (typical.pooled.size() > 0) features.pooled = Tensor<float, 2>({images, typical.pooled.size()});
  for (Index row = 0; row < features.pooled.rows(); ++row) {
    std::ranges::copy(typical.pooled, features.pooled.row(row));
  }
  return features;
}

/// How far image `i` is from the typical one: 0 to 2, by the angle between the mean of its grid and the typical one or,
/// where there is no grid, between the pooled features. The angle does not ask how bright or rich an image is. Throws
/// ShapeError where the features are of another size.
inline double distance_from_typical(const TypicalImage& typical, const ImageFeatures<float>& features, Index i) {
  const bool by_grid = features.grid.size() > 0;
  const Index positions = by_grid ? features.grid.dim(1) : 1;
  const Index channels = by_grid ? features.grid.dim(2) : features.pooled.columns();
  const Tensor<float, 1>& mean = by_grid ? typical.grid : typical.pooled;
  require<ShapeError>(mean.size() == channels, "typical image: it has ", mean.size(), " features, images have ",
                      channels);
  const float* const rows = (by_grid ? features.grid.data() : features.pooled.data()) + i * positions * channels;
  return detail::cosine_distance(detail::mean_row(rows, positions, channels), mean);
}

}  // namespace pupil::captioning
