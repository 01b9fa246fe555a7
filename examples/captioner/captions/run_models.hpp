#pragma once
// The captioners of one or several runs, as captions are made by them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/data/captioned_images.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/decoding_settings.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/training_record.hpp>

namespace captioner {

using Model = pupil::Captioner<float>;
using Features = pupil::ImageFeatures<float>;

/// A captioner, and what its file says besides.
struct RunModel {
  std::string run;   ///< as it was given
  std::string file;  ///< of the model
  std::optional<pupil::TrainingRecord> training;
  std::optional<pupil::DecodingSettings> decoding;
  Model model;
};

/// What a captioner's decoder reads of images that are as its encoder wants them.
inline Features features_of(const Model& model, const pupil::Tensor<float, 4>& images) {
  return model.encoder().features(images, model.decoder().reads());
}

/// Adds --run, which may come several times: an ensemble. Where none is given, it is the captioner in the box
/// (box_model.hpp).
CLI::Option* add_run_option(CLI::App& command, std::vector<std::string>& runs);

/// The captioners of these runs; that in the box where there is none. Throws FileError where one holds no captioner,
/// and OptionError, naming both, where two know other words.
std::vector<RunModel> load_models(const std::vector<std::string>& runs);

/// The data, cut into splits as they were for these runs; by `asked`, or 0, where none says how that was. Throws
/// OptionError where two of them, or what is asked for, differ.
pupil::CaptionedImages read_data_of_runs(std::span<const RunModel> models, const std::string& data,
                                         const std::optional<std::uint64_t>& asked);

}  // namespace captioner
