#include "training_settings.hpp"

#include <fstream>

#include <pupil/io/atomic_file.hpp>

namespace captioner {

TrainingSettings read_settings(const std::filesystem::path& path) {
  std::ifstream file(path);
  pupil::require<pupil::FileError>(file.is_open(), path.string(), ": cannot be read");
  try {
    nlohmann::json settings = nlohmann::json::parse(file);
    if (settings.is_object()) settings.emplace("precision", "highest");  // runs of before do not name it
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
