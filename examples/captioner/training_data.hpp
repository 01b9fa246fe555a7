#pragma once
// What a run learns from: images in the cache, captions as numbers, and what the dev images should be called.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <pupil/data/augment.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/epoch_plan.hpp>
#include <pupil/data/image_cache.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

#include "progress_line.hpp"
#include "training_settings.hpp"

namespace captioner {

struct TrainingData {
  std::unique_ptr<const pupil::ImageCache> images;
  pupil::Vocabulary vocabulary;
  std::vector<pupil::Index> train_rows;  ///< row in the cache of each train image
  pupil::EncodedCaptions captions;       ///< of each train image
  std::vector<pupil::Index> dev_rows;
  std::vector<std::vector<pupil::Sentence>> dev_references;
};

/// Decodes the images of a data set into the cache file, unless they are there, and tells `line` what it skips. Throws
/// FileError where nothing is left to train on.
TrainingData read_training_data(const TrainingSettings& settings, const pupil::CaptionedImages& data,
                                const std::filesystem::path& cache, ProgressLine& line);

}  // namespace captioner
