#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <pupil/models/captioner_file.hpp>
#include <pupil/models/decoding_settings.hpp>

#include "../support/files.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// A file with these two texts in it.
std::filesystem::path settings_file(const TemporaryFolder& folder, const std::string& beam,
                                    const std::string& length_penalty) {
  const auto path = folder / "settings.safetensors";
  SafetensorsWriter writer;
  writer.set_metadata("decoding_beam", beam);
  writer.set_metadata("decoding_length_penalty", length_penalty);
  writer.write(path);
  return path;
}

}  // namespace

TEST_CASE("settings for decoding are kept in a model's file, with all else as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  Rng rng(1);
  Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  TrainingRecord record{.split_seed = 3, .images = {}};
  save_captioner(path, captioner, ParameterPrecision::bf16, record);
  CHECK_FALSE(read_decoding_settings(SafetensorsFile(path)).has_value());
  const std::string before = file_text(path);
  for (const DecodingSettings& settings : {DecodingSettings{4, 0.7, true}, DecodingSettings{1, 0.1, false}}) {
    keep_decoding_settings(path, settings);
    CHECK(read_decoding_settings(SafetensorsFile(path)) == settings);
  }
  const SafetensorsFile file(path);
  CHECK(read_captioner_description(file).training == record);
  save_captioner(folder / "again.safetensors", captioner, ParameterPrecision::bf16, record);
  const SafetensorsFile again(folder / "again.safetensors");
  REQUIRE(file.names() == again.names());
  for (const std::string& name : again.names()) {
    CHECK(file.info(name).dtype == again.info(name).dtype);
    CHECK(std::ranges::equal(file.raw(name), again.raw(name)));
  }
  for (const auto& [key, text] : again.metadata()) CHECK(file.metadata(key) == text);
  CHECK(file.metadata().size() == again.metadata().size() + 3);
  CHECK((file_text(folder / "again.safetensors") == before));
}

TEST_CASE("settings for decoding that make no sense are refused, naming the file") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& beam, const std::string& length_penalty) {
    const auto path = settings_file(folder, beam, length_penalty);
    const std::string text = error_of<FileError>([&] { read_decoding_settings(SafetensorsFile(path)); });
    CHECK(text.starts_with(path.string() + ": "));
    return text.substr(path.string().size() + 2);
  };
  CHECK(read_decoding_settings(SafetensorsFile(settings_file(folder, "2", "0.5"))) == DecodingSettings{2, 0.5, false});
  CHECK(error("0", "0") == "decoding_beam is 0 in the metadata");
  CHECK(error("two", "0") == "decoding_beam is \"two\" in the metadata");
  CHECK(error("2", "-1") == "decoding_length_penalty is -1 in the metadata");
  CHECK(error("2", "nan") == "decoding_length_penalty is \"nan\" in the metadata");
}
