#pragma once
// How a captioner's captions are best made, which can be chosen once it is trained, and is kept in its file.

#include <filesystem>
#include <optional>
#include <string>

#include <pupil/io/metadata_rewrite.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/models/metadata.hpp>

namespace pupil::captioning {

/// As in BeamSearchOptions and its CaptionConstraints.
struct DecodingSettings {
  Index beam = 1;
  double length_penalty = 0;
  bool no_repetition = false;

  bool operator==(const DecodingSettings&) const = default;
};

namespace detail {

inline constexpr const char* beam_key = "decoding_beam";
inline constexpr const char* length_penalty_key = "decoding_length_penalty";
inline constexpr const char* no_repetition_key = "decoding_no_repetition";

}  // namespace detail

/// The settings in the metadata of a model's file; nothing where none were chosen. Throws FileError where they make no
/// sense.
inline std::optional<DecodingSettings> read_decoding_settings(const SafetensorsFile& file) {
  if (!file.metadata().contains(detail::beam_key)) return std::nullopt;
  DecodingSettings settings;
  pupil::detail::from_text(file, detail::beam_key, file.metadata(detail::beam_key), settings.beam);
  pupil::detail::from_text(file, detail::length_penalty_key, file.metadata(detail::length_penalty_key),
                           settings.length_penalty);
  if (file.metadata().contains(detail::no_repetition_key)) {  // earlier versions had none
    pupil::detail::from_text(file, detail::no_repetition_key, file.metadata(detail::no_repetition_key),
                             settings.no_repetition);
  }
  require<FileError>(settings.beam >= 1, file.path().string(), ": ", detail::beam_key, " is ", settings.beam,
                     " in the metadata");
  require<FileError>(settings.length_penalty >= 0 && settings.length_penalty <= 1000, file.path().string(), ": ",
                     detail::length_penalty_key, " is ", settings.length_penalty, " in the metadata");
  return settings;
}

/// Writes a model's file anew with these settings in it and all else as it was: all or nothing. But a confidence that
/// is kept there (caption_confidence_file.hpp) was fitted to captions by other settings, and goes. Throws FileError,
/// and the older file stays.
inline void keep_decoding_settings(const std::filesystem::path& path, const DecodingSettings& settings) {
  rewrite_metadata(path,
                   {{detail::beam_key, pupil::detail::to_text(settings.beam)},
                    {detail::length_penalty_key, pupil::detail::to_text(settings.length_penalty)},
                    {detail::no_repetition_key, pupil::detail::to_text(settings.no_repetition)}},
                   "confidence_");
}

}  // namespace pupil::captioning
