#include "run_models.hpp"

#include <utility>

#include <pupil/data/flickr8k.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/models/ensemble.hpp>

#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"
#include "box_model.hpp"

namespace captioner {

CLI::Option* add_run_option(CLI::App& command, std::vector<std::string>& runs) {
  return command
      .add_option("--run", runs,
                  "Folder of a trained run, or its model.safetensors; several, each with --run, speak as one. Not "
                  "given: the captioner of photographs that comes with the program")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // what follows is an image, and a -- is not this option's
}

std::vector<RunModel> load_models(const std::vector<std::string>& runs) {
  std::vector<RunModel> models;
  for (const std::string& run : runs.empty() ? std::vector{box_model().string()} : runs) {
    const pupil::SafetensorsFile file(RunFolder(run).model());
    pupil::CaptionerDescription description = pupil::read_captioner_description(file);
    if (!models.empty()) {
      pupil::require_same_words(models.front().run, models.front().model.vocabulary(), run, description.vocabulary);
    }
    auto model = pupil::read_captioner<float>(file, description);
    models.push_back({run, file.path().string(), std::move(description.training), pupil::read_decoding_settings(file),
                      std::move(model)});
  }
  return models;
}

pupil::CaptionedImages read_data_of_runs(std::span<const RunModel> models, const std::string& data,
                                         const std::optional<std::uint64_t>& asked) {
  std::optional<std::uint64_t> seed = asked;
  std::string whose = "--split-seed";
  for (const RunModel& each : models) {
    const auto of_run = split_seed_of(RunFolder(each.run), each.training);
    if (!of_run) continue;
    pupil::require<pupil::OptionError>(!seed || *seed == *of_run, whose, " is ", seed.value_or(0), ", but ", *of_run,
                                       " in ", each.run);
    if (!seed) whose = "the split seed of " + each.run;
    seed = of_run;
  }
  return pupil::read_flickr8k(data, seed.value_or(0));
}

}  // namespace captioner
