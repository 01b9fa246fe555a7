#include "run_models.hpp"

#include <utility>

#include <pupil/io/safetensors.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/models/ensemble.hpp>

#include "../common/run_folder.hpp"
#include "box_model.hpp"

namespace captioner {

std::vector<RunModel> load_models(const std::vector<std::string>& runs) {
  std::vector<RunModel> models;
  for (const std::string& run : runs_or_box(runs)) {
    const pupil::SafetensorsFile file(RunFolder(run).model());
    pupil::CaptionerDescription description = pupil::read_captioner_description(file);
    if (!models.empty()) {
      pupil::require_same_words(models.front().info.run, models.front().model.vocabulary(), run,
                                description.vocabulary);
    }
    auto model = pupil::read_captioner<float>(file, description);
    RunInfo info{run, file.path().string(), std::move(description.training), pupil::read_decoding_settings(file),
                 pupil::read_word_forms(file)};
    models.push_back({std::move(info), std::move(model)});
  }
  return models;
}

}  // namespace captioner
