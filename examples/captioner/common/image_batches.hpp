#pragma once
// From image files to batches of what a network is given.

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_view.hpp>

#include "image_arguments.hpp"
#include "image_format.hpp"

namespace captioner {

struct ImageBatch {
  std::size_t first = 0;  ///< the place of the first among all paths
  std::span<const std::string> paths;
  std::vector<pupil::Tensor<float, 4>> images;  ///< in each of the formats; zeros where one cannot be read
  std::vector<std::string> errors;              ///< why it cannot; empty for a good one
};

/// How many images go through a network together.
inline constexpr Index image_batch = 32;

/// Reads one file into row `row` of the batch, in every format.
inline void read_into(ImageBatch& batch, std::size_t row, const std::vector<ImageFormat>& formats) {
  require_image_file(batch.paths[row]);
  const pupil::captioning::Image image = pupil::captioning::read_image(batch.paths[row]);
  for (std::size_t f = 0; f < formats.size(); ++f) {
    const auto& [resize_to, image_size, normalization, mirrored] = formats[f];
    const auto one = pupil::captioning::single_image(image, resize_to, image_size, normalization, mirrored);
    std::copy(one.begin(), one.end(), batch.images[f].data() + static_cast<Index>(row) * one.size());
  }
}

/// Reads these files, each once however many formats there are; the first of them has this place among all.
inline ImageBatch read_image_batch(std::size_t first, std::span<const std::string> paths,
                                   const std::vector<ImageFormat>& formats) {
  const auto count = static_cast<Index>(paths.size());
  ImageBatch batch{first, paths, {}, std::vector<std::string>(paths.size())};
  for (const ImageFormat& format : formats) {
    batch.images.emplace_back(pupil::Shape<4>{count, format.image_size, format.image_size, Index{3}});
  }
  pupil::parallel_for(count, [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    try {
      read_into(batch, at, formats);
    } catch (const pupil::Error& error) {
      batch.errors[at] = error.what();
    }
  });
  return batch;
}

/// Reads the files in order, calling `use(batch)` for every batch.
inline void for_each_image_batch(const std::vector<std::string>& paths, const std::vector<ImageFormat>& formats,
                                 const std::function<void(const ImageBatch&)>& use) {
  for (std::size_t first = 0; first < paths.size(); first += image_batch) {
    const std::size_t count = std::min<std::size_t>(image_batch, paths.size() - first);
    use(read_image_batch(first, std::span(paths).subspan(first, count), formats));
  }
}

}  // namespace captioner
