#include "run_split.hpp"

#include <filesystem>

#include "../training/training_settings.hpp"

namespace captioner {

std::optional<std::uint64_t> split_seed_of(const RunFolder& run,
                                           const std::optional<pupil::captioning::TrainingRecord>& training) {
  if (training) return training->split_seed;
  const auto settings = RunFolder(run.model().parent_path()).settings();
  if (!std::filesystem::exists(settings)) return std::nullopt;
  return read_settings(settings).split_seed;
}

std::optional<pupil::captioning::FormOptions> form_of(const RunFolder& run) {
  const auto settings = RunFolder(run.model().parent_path()).settings();
  if (!std::filesystem::exists(settings)) return std::nullopt;
  return read_settings(settings);
}

pupil::captioning::LeftOut names_at(const std::vector<std::size_t>& places,
                                    const std::vector<pupil::captioning::Sample>& samples) {
  pupil::captioning::LeftOut names;
  for (const std::size_t place : places) names.add(samples[place].image);
  return names;
}

void check_untrained(const std::optional<pupil::captioning::TrainingRecord>& training, const std::string& model,
                     const pupil::captioning::CaptionedImages& data, pupil::captioning::Split split, bool allowed,
                     ProgressLine& line) {
  if (split == pupil::captioning::Split::train) return;
  if (!training) {
    line.print("captioner: " + model + ": does not say what it was trained on; it may know some of these images");
    return;
  }
  const auto& samples = data[split];
  std::vector<std::string> names;
  for (const pupil::captioning::Sample& sample : samples) names.push_back(sample.image);
  const pupil::captioning::TrainedImages found =
      pupil::captioning::find_trained(*training, pupil::captioning::identify_images(data.image_folder, names));
  const auto describe = [&](const std::vector<std::size_t>& places, const char* what) {
    const pupil::captioning::LeftOut images = names_at(places, samples);
    return pupil::message(data.folder.string(), ": ", images.count, " of ", samples.size(), ' ',
                          pupil::captioning::split_name(split), " images ", what, ' ', model, " was trained on (",
                          images.names(), ')');
  };
  if (!found.same.empty()) {
    const std::string same = describe(found.same, "are images that");
    pupil::require<pupil::FileError>(allowed, same, "; --allow-trained scores them all the same");
    line.print("captioner: " + same);
  }
  if (!found.renamed.empty()) {
    line.print("captioner: " + describe(found.renamed, "have, under other names, the bytes of images that"));
  }
  if (!found.changed.empty()) {
    line.print("captioner: " + describe(found.changed, "have, with other bytes, the names of images that"));
  }
}

}  // namespace captioner
