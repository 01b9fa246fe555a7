#pragma once
// A data set for captioning: a folder of images, and which of them, with which captions, train, dev and test have.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/utf8.hpp>

namespace pupil::captioning {

/// An image and what people said of it.
struct Sample {
  std::string image;  ///< the name of its file in the image folder
  std::vector<std::string> captions;

  bool operator==(const Sample&) const = default;
};

/// The three parts of a data set: to learn from, to choose by, and to report on.
enum class Split : std::uint8_t { train, dev, test };

/// train, dev and test.
inline constexpr std::array all_splits{Split::train, Split::dev, Split::test};

/// "train", "dev" or "test".
constexpr std::string_view split_name(Split split) {
  constexpr std::array<std::string_view, 3> names{"train", "dev", "test"};
  return names[static_cast<std::size_t>(split)];
}

/// The split of that name. Throws OptionError for any other word.
inline Split split_named(std::string_view name) {
  for (const Split split : all_splits) {
    if (split_name(split) == name) return split;
  }
  throw OptionError(message("split: '", name, "' is none of train, dev, test"));
}

/// Images that were left out for one reason: how many, and the first few by name.
struct LeftOut {
  static constexpr std::size_t names_kept = 3;

  Index count = 0;
  std::vector<std::string> first_names;

  /// Notes one that was left out.
  void add(std::string_view name) {
    ++count;
    if (first_names.size() < names_kept) first_names.emplace_back(name);
  }

  /// "a.jpg, b.jpg, c.jpg, ...", with what cannot be seen in a name shown.
  std::string names() const {
    return joined(first_names, ", ", visible) + (count > static_cast<Index>(first_names.size()) ? ", ..." : "");
  }
};

/// A data set. Each split is sorted by the images' names, so the same files give the same order from any source.
struct CaptionedImages {
  std::filesystem::path folder;        ///< what the user named
  std::filesystem::path image_folder;  ///< where the samples' files are
  std::string form = {};               ///< the name of the form that it is in (data/data_forms.hpp)
  bool has_own_splits = false;         ///< whether its files decide the splits, not a hash of the images' names
  std::array<std::vector<Sample>, 3> samples;

  LeftOut listed_but_absent;       ///< named by a split list, but no such file
  LeftOut listed_but_uncaptioned;  ///< named by a split list, but without a caption
  LeftOut captioned_but_absent;    ///< captioned, but no such file
  LeftOut captioned_but_unlisted;  ///< captioned, but in no split list where there are lists
  LeftOut uncaptioned;             ///< named by a file of captions, but without one
  Index wordless_captions = 0;     ///< captions without a word, which are not among the samples

  std::vector<std::string> remarks;  ///< what else was left out or may be meant otherwise, a line each

  std::vector<Sample>& operator[](Split split) { return samples[static_cast<std::size_t>(split)]; }
  const std::vector<Sample>& operator[](Split split) const { return samples[static_cast<std::size_t>(split)]; }

  /// A split that must have something in it. Throws FileError, naming the folder and the split, where it is empty.
  const std::vector<Sample>& at(Split split) const {
    require<FileError>(!(*this)[split].empty(), folder.string(), ": the ", split_name(split), " split is empty");
    return (*this)[split];
  }

  /// The remarks and what was left out, one line a reason, for a program to show. Empty where all is well.
  std::vector<std::string> warnings() const {
    std::vector<std::string> lines = remarks;
    const auto warn = [&](const LeftOut& left_out, std::string_view reason) {
      if (left_out.count == 0) return;
      lines.push_back(message(folder.string(), ": skipped ", left_out.count, left_out.count == 1 ? " image" : " images",
                              " ", reason, " (", left_out.names(), ")"));
    };
    warn(listed_but_absent, "named in a split list but absent");
    warn(listed_but_uncaptioned, "named in a split list but without captions");
    warn(captioned_but_absent, "with captions but absent");
    warn(captioned_but_unlisted, "with captions but in no split list");
    warn(uncaptioned, "without captions");
    return lines;
  }
};

}  // namespace pupil::captioning
