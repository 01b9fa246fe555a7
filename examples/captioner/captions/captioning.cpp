#include "captioning.hpp"

#include "../common/image_batches.hpp"
#include "sentence.hpp"

namespace captioner {

void caption_files(const CaptionMaker& maker, const std::vector<std::string>& paths,
                   const std::function<void(const CaptionResult&)>& use) {
  for_each_image_batch(paths, maker.formats(), [&](const ImageBatch& batch) {
    const auto descriptions = maker.describe(batch.images, static_cast<Index>(batch.first));
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
      CaptionResult result{batch.paths[i], {}, batch.errors[i]};
      if (result.error.empty()) {
        result.confidence = descriptions[i].confidence;
        for (const pupil::FoundCaption& found : descriptions[i].captions) {
          const auto words = maker.vocabulary().decode(found.words);
          result.captions.push_back({pupil::join(words), as_sentence(words), found.log_probability});
        }
        result.caption = result.captions.front().text;
      }
      use(result);
    }
  });
}

std::vector<pupil::Sentence> reference_words(const pupil::Sample& sample) {
  std::vector<pupil::Sentence> references;
  for (const std::string& caption : sample.captions) references.push_back(pupil::tokenize(caption));
  return references;
}

}  // namespace captioner
