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
#include <pupil/data/augment.hpp>
#include <pupil/io/image.hpp>

#include "image_arguments.hpp"

namespace captioner {

using pupil::Index;

/// How a network wants its images.
struct ImageFormat {
  Index resize_to = 224;   ///< what images are squashed to before their centre is cut out
  Index image_size = 224;  ///< of the centre
  pupil::Normalization normalization = pupil::imagenet_normalization;
};

struct ImageBatch {
  std::span<const std::string> paths;
  pupil::Tensor<float, 4> images;   ///< zeros where one cannot be read
  std::vector<std::string> errors;  ///< why it cannot; empty for a good one
};

/// How many images go through a network together.
inline constexpr Index image_batch = 32;

/// Reads the files in order, calling `use(batch)` for every batch.
inline void for_each_image_batch(const std::vector<std::string>& paths, const ImageFormat& format,
                                 const std::function<void(const ImageBatch&)>& use) {
  for (std::size_t first = 0; first < paths.size(); first += image_batch) {
    const std::size_t count = std::min<std::size_t>(image_batch, paths.size() - first);
    ImageBatch batch{std::span(paths).subspan(first, count),
                     pupil::Tensor<float, 4>({static_cast<Index>(count), format.image_size, format.image_size, 3}),
                     std::vector<std::string>(count)};
    pupil::parallel_for(static_cast<Index>(count), [&](Index i) {
      const auto at = static_cast<std::size_t>(i);
      try {
        require_image_file(batch.paths[at]);
        const auto image = pupil::single_image(pupil::read_image(batch.paths[at]), format.resize_to, format.image_size,
                                               format.normalization);
        std::copy(image.begin(), image.end(), batch.images.data() + i * image.size());
      } catch (const pupil::Error& error) {
        batch.errors[at] = error.what();
      }
    });
    use(batch);
  }
}

}  // namespace captioner
