#pragma once
// From image files to captions, in batches; and from captions to scores.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner.hpp>

#include "image_batches.hpp"

namespace captioner {

using Model = pupil::Captioner<float>;

/// What became of one image file: its caption, or why it has none.
struct CaptionResult {
  std::string path;
  std::optional<std::string> caption;
  std::string error;
};

/// Captions the files in order, calling `use(result)` for each as soon as its batch is done.
inline void caption_files(const Model& model, const std::vector<std::string>& paths,
                          const pupil::BeamSearchOptions& search,
                          const std::function<void(const CaptionResult&)>& use) {
  const auto& options = model.options();
  const ImageFormat format{options.resize_to, options.image_size, options.normalization};
  for_each_image_batch(paths, format, [&](const ImageBatch& batch) {
    const auto captions = model.caption(batch.images, search);
    for (std::size_t i = 0; i < captions.size(); ++i) {
      CaptionResult result{batch.paths[i], {}, batch.errors[i]};
      if (result.error.empty()) result.caption = pupil::join(captions[i]);
      use(result);
    }
  });
}

/// All captions of a sample, as words.
inline std::vector<pupil::Sentence> reference_words(const pupil::Sample& sample) {
  std::vector<pupil::Sentence> references;
  for (const std::string& caption : sample.captions) references.push_back(pupil::tokenize(caption));
  return references;
}

}  // namespace captioner
