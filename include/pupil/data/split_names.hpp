#pragma once
// What data sets call their splits.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/captioned_images.hpp>

namespace pupil::captioning {

/// The split that a data set means by a word, in any case: `restval`, which COCO's users train on, is train, and what
/// is called val is dev here. Nothing for other words.
inline std::optional<Split> split_meant_by(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Split>, 11> meanings{{{"train", Split::train},
                                                                         {"training", Split::train},
                                                                         {"restval", Split::train},
                                                                         {"dev", Split::dev},
                                                                         {"val", Split::dev},
                                                                         {"valid", Split::dev},
                                                                         {"validate", Split::dev},
                                                                         {"validation", Split::dev},
                                                                         {"development", Split::dev},
                                                                         {"test", Split::test},
                                                                         {"testing", Split::test}}};
  const std::string lower = ascii_lower(word);
  for (const auto& [name, split] : meanings) {
    if (lower == name) return split;
  }
  return std::nullopt;
}

/// The same, where it has to be one. Throws FileError, `path: place: ...`, for other words.
inline Split required_split(std::string_view word, std::string_view path, std::string_view place) {
  const auto split = split_meant_by(word);
  require<FileError>(split.has_value(), path, ": ", place, ": the split '", visible(word),
                     "' is unknown; train, restval, val, dev and test are known");
  return *split;
}

}  // namespace pupil::captioning
