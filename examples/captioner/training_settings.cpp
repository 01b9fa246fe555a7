#include "training_settings.hpp"

#include <pupil/io/atomic_file.hpp>
#include <pupil/io/text_file.hpp>

namespace captioner {

namespace {

/// Gives settings that earlier versions did not have the value that they then meant.
void add_what_is_new(nlohmann::json& settings) {
  const nlohmann::json defaults = TrainingSettings();
  for (const char* const name : {"precision", "features", "weights", "weights_fingerprint", "start_from",
                                 "finetune_from", "encoder_learning_rate", "freeze_statistics", "save_precision"}) {
    settings.emplace(name, defaults.at(name));
  }
}

}  // namespace

pupil::ParameterPrecision TrainingSettings::model_precision() const {
  if (save_precision == "fp32") return pupil::ParameterPrecision::fp32;
  if (save_precision == "bf16") return pupil::ParameterPrecision::bf16;
  throw pupil::OptionError(pupil::message("save_precision is \"", save_precision, "\"; it may be fp32 or bf16"));
}

TrainingWay TrainingSettings::way() const {
  if (!features.empty()) return TrainingWay::frozen;
  return start_from.empty() ? TrainingWay::from_scratch : TrainingWay::fine_tuned;
}

TrainingSettings read_settings(const std::filesystem::path& path) {
  const pupil::TextFile file(path);
  pupil::require_utf8(file.text(), file.name());
  try {
    nlohmann::json settings = nlohmann::json::parse(file.text());
    if (settings.is_object()) add_what_is_new(settings);
    return settings.get<TrainingSettings>();
  } catch (const nlohmann::json::exception& error) {
    throw pupil::FileError(pupil::message(path.string(), ": ", error.what()));
  }
}

void write_settings(const std::filesystem::path& path, const TrainingSettings& settings) {
  const std::string text =
      nlohmann::json(settings).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  pupil::write_file_atomically(path, text);
}

}  // namespace captioner
