#pragma once
// Values in the metadata of models' files, which holds texts by key.

#include <array>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/normalization.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil::detail {

template <class Value>
std::string to_text(const Value& value) {
  std::ostringstream text;
  text.precision(17);
  text << value;
  return text.str();
}

/// No model has a larger size in its options; products of a few such sizes are still numbers.
inline constexpr Index largest_size = Index{1} << 20;

/// Reads what to_text wrote. Throws FileError unless the whole text is a value of this type, and no size out of all
/// reason.
template <class Value>
void from_text(const SafetensorsFile& file, std::string_view key, const std::string& text, Value& value) {
  std::istringstream stream(text);
  stream >> value;
  bool sound = !stream.fail() && stream.peek() == std::istringstream::traits_type::eof();
  if constexpr (std::is_same_v<Value, Index>) sound = sound && value >= 0 && value <= largest_size;
  require<FileError>(sound, file.path().string(), ": ", key, " is \"", text, "\" in the metadata");
}

/// Calls `visitor(key, value)` for the numbers of a Normalization, const or not.
template <class AnyNormalization, class Visitor>
void visit_normalization(AnyNormalization& normalization, Visitor&& visitor) {
  constexpr std::array mean_names{"mean_red", "mean_green", "mean_blue"};
  constexpr std::array deviation_names{"deviation_red", "deviation_green", "deviation_blue"};
  for (std::size_t c = 0; c < 3; ++c) {
    visitor(mean_names[c], normalization.mean[c]);
    visitor(deviation_names[c], normalization.standard_deviation[c]);
  }
}

}  // namespace pupil::detail
