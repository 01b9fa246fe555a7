#pragma once
// What decoders with attention do with the grid of images, [images, positions, channels].

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/additive_attention.hpp>
#include <pupil/kernels/pointwise/item_sums.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/select_rows.hpp>

namespace pupil::captioning {

/// What decoders that look at a grid are made by.
struct GridDecoderOptions {
  Index vocabulary_size = 0;
  Index grid_channels = 0;
  Index embedding_size = 512;  ///< of words
  Index hidden_size = 512;     ///< of every LSTM
  Index attention_size = 512;
  double dropout = 0.5;
  Index max_caption_length = 30;  ///< in words: how long captions are said to be where nothing else is asked for
  bool projected = false;         ///< whether what words are said from is projected before the logits, and
  bool tied = false;              ///< whether these are of the words' embeddings: see WordOutputOptions
};

/// Throws ShapeError, in the decoder's name, where there is no grid of so many channels.
template <class T>
void check_grid(std::string_view decoder, const ImageFeatures<T>& features, Index channels) {
  const Shape<3>& grid = features.grid.shape();
  require<ShapeError>(grid[2] == channels && grid[1] >= 1, decoder, ": the grid ", grid,
                      " is not one of images, positions and ", channels, " channels");
}

/// The mean over the positions of each image, [images, channels].
template <class T>
Tensor<T, 2> mean_of_positions(const Tensor<T, 3>& grid) {
  Tensor<T, 2> mean({grid.dim(0), grid.dim(2)});
  parallel_for(grid.dim(0), grid.dim(1) * grid.dim(2), [&](Index image) {
    T* const row = mean.row(image);
    for (Index p = 0; p < grid.dim(1); ++p) {
      kernels::detail::add_row(grid.row(image * grid.dim(1) + p), grid.dim(2), row);
    }
    for (Index i = 0; i < grid.dim(2); ++i) row[i] /= static_cast<T>(grid.dim(1));
  });
  return mean;
}

/// Adds what the gradient of the mean gives to that of the grid.
template <class T>
void add_mean_gradient(Tensor<T, 2> d_mean, Tensor<T, 3>& d_grid) {
  for (T& value : d_mean) value /= static_cast<T>(d_grid.dim(1));
  parallel_for(d_grid.dim(0), d_grid.dim(1) * d_grid.dim(2), [&](Index image) {
    for (Index p = 0; p < d_grid.dim(1); ++p) {
      kernels::detail::add_row(d_mean.row(image), d_grid.dim(2), d_grid.row(image * d_grid.dim(1) + p));
    }
  });
}

/// Images that have been prepared for looking at them: what all hypotheses of an image share.
template <class T>
struct PreparedImages {
  Tensor<T, 3> keys;            ///< projected: [images, positions, attention_size]
  Tensor<T, 3> values;          ///< [images, positions, value_size]
  Tensor<T, 2> gates;           ///< what the images give to every step of an LSTM, [images, 4 hidden_size]
  Tensor<T, 2> second_gates{};  ///< the same of a second LSTM, where there are two
};

/// Which of the prepared images each row of a decoder's state looks at, and how it looked at it last. Copies share the
/// images.
template <class T>
class LookedAt {
 public:
  /// One row an image.
  explicit LookedAt(PreparedImages<T> images) : images_(std::make_shared<const PreparedImages<T>>(std::move(images))) {
    for (Index i = 0; i < images_->keys.dim(0); ++i) image_of_row_.push_back(i);
  }

  Index rows() const { return static_cast<Index>(image_of_row_.size()); }

  /// Keeps these images, in this order.
  void select(std::span<const Index> kept) {
    std::vector<Index> selected;
    selected.reserve(kept.size());
    for (const Index row : kept) selected.push_back(image_of_row_[static_cast<std::size_t>(row)]);
    image_of_row_ = std::move(selected);
    if (!weights.empty()) weights = select_items(weights, kept);
  }

  const PreparedImages<T>& images() const { return *images_; }
  std::span<const Index> image_of_row() const { return image_of_row_; }

  kernels::AttendedItems<T> attended() const { return {images_->keys, images_->values, image_of_row_.data()}; }

  Tensor<T, 2> weights{};  ///< of the last step, [rows, positions]

 private:
  std::shared_ptr<const PreparedImages<T>> images_;
  std::vector<Index> image_of_row_;
};

}  // namespace pupil::captioning
