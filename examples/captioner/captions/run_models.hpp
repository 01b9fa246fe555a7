#pragma once
// The captioners of one or several runs.

#include <optional>
#include <string>
#include <vector>

#include <pupil/models/caption_confidence.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/image_features.hpp>

#include "run_info.hpp"

namespace captioner {

using Model = pupil::captioning::Captioner<float>;
using Features = pupil::ImageFeatures<float>;

/// A captioner, and what its file says besides.
struct RunModel {
  RunInfo info;
  Model model;
  std::optional<pupil::captioning::CaptionConfidence> confidence = {};  ///< learned by `captioner tune`
};

/// What a captioner's decoder reads of images that are as its encoder wants them.
inline Features features_of(const Model& model, const pupil::Tensor<float, 4>& images) {
  return model.encoder().features(images, model.decoder().reads());
}

/// The captioners of these runs; that in the box where there is none. Throws FileError where one holds no captioner,
/// and OptionError, naming both, where two know other words.
std::vector<RunModel> load_models(const std::vector<std::string>& runs);

}  // namespace captioner
