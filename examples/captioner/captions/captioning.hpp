#pragma once
// From image files to captions, in batches; and from captions to scores.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/metrics/scores.hpp>
#include <pupil/text/tokenizer.hpp>

#include "caption_maker.hpp"

namespace captioner {

/// A caption as it is shown, and how probable the captioner finds it.
struct SaidCaption {
  std::string text;
  double log_probability = 0;
};

/// What became of one image file: its captions, the best first or as they were drawn, or why it has none.
struct CaptionResult {
  std::string path;
  std::optional<std::string> caption;  ///< the first of them
  std::string error;
  std::vector<SaidCaption> captions = {};
  std::optional<double> confidence = {};  ///< that the first is acceptable, where the captioner was calibrated
};

/// Captions the files in order, calling `use(result)` for each as soon as its batch is done.
inline void caption_files(const CaptionMaker& maker, const std::vector<std::string>& paths,
                          const std::function<void(const CaptionResult&)>& use) {
  for_each_image_batch(paths, maker.formats(), [&](const ImageBatch& batch) {
    const auto descriptions = maker.describe(batch.images, static_cast<Index>(batch.first));
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
      CaptionResult result{batch.paths[i], {}, batch.errors[i]};
      if (result.error.empty()) {
        result.confidence = descriptions[i].confidence;
        for (const pupil::FoundCaption& found : descriptions[i].captions) {
          result.captions.push_back({pupil::join(maker.vocabulary().decode(found.words)), found.log_probability});
        }
        result.caption = result.captions.front().text;
      }
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
