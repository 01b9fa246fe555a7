#pragma once
// A CaptionConfidence in the metadata of a captioner's file.

#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include <pupil/io/metadata_rewrite.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/models/caption_confidence.hpp>
#include <pupil/models/metadata.hpp>

namespace pupil::captioning {

namespace detail {

inline constexpr std::string_view acceptable_key = "confidence_acceptable_cider_d";

inline std::string weight_key(std::string_view signal) { return "confidence_weight_" + std::string(signal); }

/// Calls `visitor(key, value)` for the single numbers of a CaptionConfidence, const or not.
template <class AnyConfidence, class Visitor>
void visit_confidence(AnyConfidence& confidence, Visitor&& visitor) {
  visitor(std::string(acceptable_key), confidence.acceptable_from);
  visitor(std::string("confidence_common_distance"), confidence.tail.common);
  visitor(std::string("confidence_mean_excess"), confidence.tail.mean_excess);
  visitor(std::string("confidence_bias"), confidence.regression.bias);
  for (std::size_t i = 0; i < CaptionSignals::count; ++i) {
    visitor(weight_key(caption_signal_names[i]), confidence.regression.weights[i]);
  }
}

inline std::string numbers_to_text(const Tensor<float, 1>& numbers) {
  std::ostringstream text;
  text.precision(9);
  for (const float number : numbers) text << number << ' ';
  return text.str();
}

inline Tensor<float, 1> numbers_from_text(const SafetensorsFile& file, std::string_view key) {
  std::istringstream text(file.metadata(key));
  std::vector<float> numbers;
  for (float number = 0; text >> number;) numbers.push_back(number);
  require<FileError>(text.eof(), file.path().string(), ": number ", numbers.size() + 1, " of ", key,
                     " is none in the metadata");
  Tensor<float, 1> tensor({static_cast<Index>(numbers.size())});
  std::ranges::copy(numbers, tensor.begin());
  return tensor;
}

}  // namespace detail

/// The confidence that is kept in a model's file; nothing where none is, or one of a version that knew fewer signals.
/// Throws FileError where it makes no sense.
inline std::optional<CaptionConfidence> read_caption_confidence(const SafetensorsFile& file) {
  if (!file.metadata().contains(detail::acceptable_key)) return std::nullopt;
  for (const std::string_view name : caption_signal_names) {
    if (!file.metadata().contains(detail::weight_key(name))) return std::nullopt;
  }
  CaptionConfidence confidence;
  confidence.regression.weights.resize(CaptionSignals::count);
  detail::visit_confidence(confidence, [&](const std::string& key, double& value) {
    pupil::detail::from_text(file, key, file.metadata(key), value);
    require<FileError>(std::isfinite(value), file.path().string(), ": ", key, " is ", value, " in the metadata");
  });
  require<FileError>(confidence.tail.mean_excess > 0, file.path().string(), ": confidence_mean_excess is ",
                     confidence.tail.mean_excess, " in the metadata");
  confidence.typical.pooled = detail::numbers_from_text(file, "confidence_typical_pooled");
  confidence.typical.grid = detail::numbers_from_text(file, "confidence_typical_grid");
  return confidence;
}

/// Writes a model's file anew with this confidence in it and all else as it was: all or nothing. Throws FileError, and
/// the older file stays.
inline void keep_caption_confidence(const std::filesystem::path& path, const CaptionConfidence& confidence) {
  std::map<std::string, std::string> texts;
  detail::visit_confidence(
      confidence, [&](const std::string& key, const double& value) { texts[key] = pupil::detail::to_text(value); });
  texts["confidence_typical_pooled"] = detail::numbers_to_text(confidence.typical.pooled);
  texts["confidence_typical_grid"] = detail::numbers_to_text(confidence.typical.grid);
  rewrite_metadata(path, texts);
}

}  // namespace pupil::captioning
