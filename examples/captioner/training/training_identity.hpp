#pragma once
// Whether a run that goes on finds the data that it began with: by what they hold, not by where they lie.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/data/captioned_images.hpp>
#include <pupil/io/image_identity.hpp>

#include "../common/run_folder.hpp"
#include "training_settings.hpp"

namespace captioner {

/// Hashes of all that a run learns from and chooses by; its checkpoints keep them.
struct DataIdentity {
  pupil::Index train_count = 0;
  std::string train_images;
  std::string train_captions;
  std::string dev_images;
  std::string dev_captions;
  std::string features;  ///< of the cache of features; empty where the encoder sees pixels

  bool operator==(const DataIdentity&) const = default;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DataIdentity, train_count, train_images, train_captions, dev_images, dev_captions,
                                   features)

/// The samples of a run, with the identities of their images.
struct IdentifiedData {
  std::vector<pupil::captioning::Sample> train;  ///< as many as the settings want
  std::vector<pupil::captioning::Sample> dev;
  std::vector<pupil::captioning::ImageIdentity> train_images = {};
  std::vector<pupil::captioning::ImageIdentity> dev_images = {};
  DataIdentity identity = {};
};

/// Reads all image files of both splits. Throws FileError where the train split is empty.
IdentifiedData identify_data(const TrainingSettings& settings, const pupil::captioning::CaptionedImages& data);

/// Throws FileError, saying what has changed, where the run's checkpoint is of other data. Those of earlier versions do
/// not say of which.
void require_same_data(const RunFolder& run, const std::string& folder, const IdentifiedData& data);

}  // namespace captioner
