#pragma once
// From image files to captions, in batches; and from captions to scores.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pupil/core/parallel.hpp>
#include <pupil/data/augment.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/io/image.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner.hpp>

namespace captioner {

using pupil::Index;
using Model = pupil::Captioner<float>;

/// What became of one image file: its caption, or why it has none.
struct CaptionResult {
  std::string path;
  std::optional<std::string> caption;
  std::string error;
};

/// How many images go through the encoder together.
inline constexpr Index caption_batch = 32;

namespace detail {

/// Reads one file as the model wants it into row i of the batch. Returns why it could not, or nothing.
inline std::string load_image(const Model& model, const std::string& path, Index i, pupil::Tensor<float, 4>& batch) {
  const auto& options = model.options();
  try {
    const auto image =
        pupil::single_image(pupil::read_image(path), options.resize_to, options.image_size, options.normalization);
    std::copy(image.begin(), image.end(), batch.data() + i * image.size());
    return {};
  } catch (const pupil::Error& error) {
    return error.what();
  }
}

}  // namespace detail

/// Captions the files in order, calling `use(result)` for each as soon as its batch is done.
inline void caption_files(const Model& model, const std::vector<std::string>& paths,
                          const pupil::BeamSearchOptions& search,
                          const std::function<void(const CaptionResult&)>& use) {
  const auto total = static_cast<Index>(paths.size());
  const Index size = model.options().image_size;
  for (Index first = 0; first < total; first += caption_batch) {
    const Index count = std::min(caption_batch, total - first);
    pupil::Tensor<float, 4> images({count, size, size, 3});
    std::vector<CaptionResult> results(static_cast<std::size_t>(count));
    pupil::parallel_for(count, [&](Index i) {
      CaptionResult& result = results[static_cast<std::size_t>(i)];
      result.path = paths[static_cast<std::size_t>(first + i)];
      result.error = detail::load_image(model, result.path, i, images);
    });
    const auto captions = model.caption(images, search);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].error.empty()) results[i].caption = pupil::join(captions[i]);
      use(results[i]);
    }
  }
}

/// All captions of a sample, as words.
inline std::vector<pupil::Sentence> reference_words(const pupil::Sample& sample) {
  std::vector<pupil::Sentence> references;
  for (const std::string& caption : sample.captions) references.push_back(pupil::tokenize(caption));
  return references;
}

}  // namespace captioner
