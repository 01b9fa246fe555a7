#pragma once
// What a run learns from: images in the form in which the encoder reads them, captions as numbers, and what the dev
// images should be called.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/data/epoch_plan.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>
#include <pupil/text/word_forms.hpp>

#include "../common/progress_line.hpp"
#include "../ranks/ranks.hpp"
#include "encoder_inputs.hpp"
#include "training_identity.hpp"
#include "training_settings.hpp"

namespace captioner {

struct TrainingData {
  std::unique_ptr<const EncoderInputs> inputs;
  pupil::captioning::Vocabulary vocabulary;
  pupil::captioning::WordForms word_forms;        ///< how the train captions write its words
  std::vector<pupil::Index> train_rows;           ///< row in the inputs of each train image
  std::vector<pupil::Index> shard_of_train = {};  ///< of each, where shards keep to their own images; else empty
  pupil::captioning::EncodedCaptions captions;    ///< of each train image
  std::vector<pupil::Index> dev_rows;
  std::vector<std::vector<pupil::captioning::Sentence>> dev_references;
  DataIdentity identity;
  pupil::captioning::TrainingRecord record;  ///< what the captioner will have been trained on
};

/// Reads a data set as the settings want it, and tells `line` what it skips. The images are decoded into the file
/// `cache`, by rank 0 for all, or by each rank those of its shards, unless they are there, or features are in use. A
/// run that starts from another's captioner, `origin`, has its words and its normalisation, and no dev image that this
/// captioner was trained on. Throws FileError where nothing is left to train on, and Interrupted where an interruption
/// is noted.
TrainingData read_training_data(const TrainingSettings& settings, const std::filesystem::path& image_folder,
                                IdentifiedData data,
                                const std::optional<pupil::captioning::CaptionerDescription>& origin,
                                const std::filesystem::path& cache, const Ranks& ranks, ProgressLine& line);

}  // namespace captioner
