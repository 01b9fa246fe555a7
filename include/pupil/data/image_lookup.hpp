#pragma once
// The file of an image by the name that a list of captions gives it. Lists are made elsewhere, so names may be written
// in other ways than here: as a path (./a.jpg, Images/a.jpg, train/a.jpg, with the backslashes of Windows), or with
// accents in Unicode's other form, as macOS has them.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <pupil/core/utf8.hpp>
#include <pupil/data/layout_hints.hpp>
#include <pupil/text/unicode.hpp>

namespace pupil::captioning {

/// Finds images in a folder and the folders in it, never outside.
class ImageLookup {
 public:
  explicit ImageLookup(std::filesystem::path folder) : folder_(std::move(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.is_regular_file()) add(entry.path().filename().string(), by_form_);
    }
  }

  /// The path in the folder of the image that is written so, if it is there: as it is written where such a file is
  /// there, else what is the same path, else the part behind the folder's own name, else the same in another form of
  /// Unicode.
  std::optional<std::string> find(std::string_view written) const {
    const std::vector<std::string> spellings = spellings_of(written);
    for (const std::string& name : spellings) {
      if (is_file(name)) return name;
    }
    for (const std::string& name : spellings) {
      if (const auto found = in_another_form(name)) return found;
    }
    return std::nullopt;
  }

  /// Whether there is an image of this name, as it is written.
  bool contains(std::string_view written) const { return find(written).has_value(); }

  /// A file that may be meant by a name that is not found: the same but for case or ending. Empty where there is none.
  std::string near(std::string_view written) const {
    const std::filesystem::path wanted(ascii_lower(std::filesystem::path(written).filename().string()));
    std::string nearest;
    for (const std::string& name : names_) {
      const std::filesystem::path lower(ascii_lower(name));
      if (lower == wanted) return name;
      if (lower.stem() == wanted || lower.stem() == wanted.stem()) nearest = name;
    }
    return nearest;
  }

  const std::filesystem::path& folder() const { return folder_; }

  /// How many files lie in the folder itself, and one of them.
  std::size_t size() const { return names_.size(); }
  std::string any() const { return names_.empty() ? "" : *names_.begin(); }

 private:
  using NamesByForm = std::unordered_map<std::string, std::string>;

  static bool is_ascii(std::string_view name) {
    return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }

  void add(const std::string& name, NamesByForm& by_form) {
    names_.insert(name);
    if (!is_ascii(name)) by_form.try_emplace(nfc(name), name);
  }

  bool is_file(const std::string& name) const {
    if (name.find('/') == name.npos) return names_.contains(name);
    std::error_code absent;
    return std::filesystem::is_regular_file(folder_ / name, absent);
  }

  /// Ways to understand a name, all within the folder.
  std::vector<std::string> spellings_of(std::string_view written) const {
    std::string slashes(written);
    std::ranges::replace(slashes, '\\', '/');
    std::vector<std::string> spellings;
    for (const std::string& text : {std::string(written), slashes}) {
      const auto path = std::filesystem::path(text).lexically_normal();
      add_spelling(path, spellings);
      std::filesystem::path behind;  // the folder's own name
      for (const auto& part : path) behind = is_own_name(part) ? std::filesystem::path() : behind / part;
      add_spelling(behind, spellings);
    }
    return spellings;
  }

  bool is_own_name(const std::filesystem::path& part) const {
    return ascii_lower(part.string()) == ascii_lower(folder_.filename().string());
  }

  static void add_spelling(const std::filesystem::path& path, std::vector<std::string>& spellings) {
    std::string name = path.generic_string();
    const bool is_within = !name.empty() && path.is_relative() && *path.begin() != "..";
    if (is_within && std::ranges::find(spellings, name) == spellings.end()) spellings.push_back(std::move(name));
  }

  std::optional<std::string> in_another_form(const std::string& name) const {
    if (is_ascii(name)) return std::nullopt;
    const bool is_nested = name.find('/') != name.npos;
    if (is_nested && !nested_) nested_ = nested_names();
    const NamesByForm& names = is_nested ? *nested_ : by_form_;
    const auto found = names.find(nfc(name));
    if (found == names.end()) return std::nullopt;
    return found->second;
  }

  /// Of the files in folders of the folder, those that are not ASCII.
  NamesByForm nested_names() const {
    NamesByForm names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      const std::string name = entry.path().lexically_relative(folder_).generic_string();
      if (!is_ascii(name) && entry.is_regular_file()) names.try_emplace(nfc(name), name);
    }
    return names;
  }

  std::filesystem::path folder_;
  std::unordered_set<std::string> names_;
  NamesByForm by_form_;                        // of the folder's own files that are not ASCII
  mutable std::optional<NamesByForm> nested_;  // read when it is first wanted
};

}  // namespace pupil::captioning
