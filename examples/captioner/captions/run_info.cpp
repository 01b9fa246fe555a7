#include "run_info.hpp"

#include <pupil/data/data_forms.hpp>

#include "../common/run_folder.hpp"
#include "../common/run_split.hpp"

namespace captioner {

void add_run_option(CLI::App& command, std::vector<std::string>& runs) {
  command
      .add_option("--run", runs,
                  "Folder of a trained run, or its model.safetensors; several, each with --run, speak as one. Not "
                  "given: the captioner of photographs that comes with the program")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);  // what follows is an image, and a -- is not this option's
}

namespace {

/// How the first run that kept it read its data, if these can be read so too.
pupil::captioning::FormOptions form_of_runs(std::span<const RunInfo> runs, const std::string& data) {
  for (const RunInfo& each : runs) {
    const auto form = form_of(RunFolder(each.run));
    if (form && pupil::captioning::fits_folder(data, *form)) return *form;
  }
  return {};
}

}  // namespace

pupil::captioning::CaptionedImages read_data_of_runs(std::span<const RunInfo> runs, const std::string& data,
                                                     const std::optional<std::uint64_t>& asked,
                                                     const pupil::captioning::FormOptions& form) {
  std::optional<std::uint64_t> seed = asked;
  std::string whose = "--split-seed";
  for (const RunInfo& each : runs) {
    const auto of_run = split_seed_of(RunFolder(each.run), each.training);
    if (!of_run) continue;
    pupil::require<pupil::OptionError>(!seed || *seed == *of_run, whose, " is ", seed.value_or(0), ", but ", *of_run,
                                       " in ", each.run);
    if (!seed) whose = "the split seed of " + each.run;
    seed = of_run;
  }
  return pupil::captioning::read_captioned_images(
      data, form == pupil::captioning::FormOptions{} ? form_of_runs(runs, data) : form, seed.value_or(0));
}

}  // namespace captioner
