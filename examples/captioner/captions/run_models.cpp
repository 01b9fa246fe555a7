#include "run_models.hpp"

#include <utility>

#include <pupil/io/safetensors.hpp>
#include <pupil/models/caption_confidence_file.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/models/ensemble.hpp>

#include "../common/run_folder.hpp"
#include "box_model.hpp"

namespace captioner {

namespace {

/// The confidence in the file, which must be of features as this model's.
std::optional<pupil::captioning::CaptionConfidence> read_confidence(const pupil::SafetensorsFile& file,
                                                                    const Model& model) {
  auto confidence = pupil::captioning::read_caption_confidence(file);
  if (!confidence) return confidence;
  const auto reads = model.decoder().reads();
  const auto check = [&](pupil::Index has, pupil::Index wanted, const char* which) {
    pupil::require<pupil::FileError>(has == wanted, file.path().string(), ": its confidence is of ", has, ' ', which,
                                     " features, but the model has ", wanted);
  };
  check(confidence->typical.pooled.size(), reads.pooled ? model.encoder().pooled_size() : 0, "pooled");
  check(confidence->typical.grid.size(), reads.grid ? model.encoder().grid_channels() : 0, "grid");
  return confidence;
}

}  // namespace

std::vector<RunModel> load_models(const std::vector<std::string>& runs) {
  std::vector<RunModel> models;
  for (const std::string& run : runs_or_box(runs)) {
    const pupil::SafetensorsFile file(RunFolder(run).model());
    pupil::captioning::CaptionerDescription description = pupil::captioning::read_captioner_description(file);
    if (!models.empty()) {
      pupil::captioning::require_same_words(models.front().info.run, models.front().model.vocabulary(), run,
                                            description.vocabulary);
    }
    auto model = pupil::captioning::read_captioner<float>(file, description);
    RunInfo info{run, file.path().string(), std::move(description.training),
                 pupil::captioning::read_decoding_settings(file), pupil::captioning::read_word_forms(file)};
    auto confidence = read_confidence(file, model);
    models.push_back({std::move(info), std::move(model), std::move(confidence)});
  }
  return models;
}

}  // namespace captioner
