#pragma once
// Where in a folder the files of Flickr8k lie: people unpack and rename them in more than one way.

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/layout_hints.hpp>

namespace pupil::captioning::detail {

/// What a folder calls this name, if it has it: itself, or the same in another case.
inline std::optional<std::filesystem::path> present_as(const std::filesystem::path& folder, const std::string& name) {
  namespace fs = std::filesystem;
  if (fs::exists(folder / name)) return folder / name;
  const fs::path parent = (folder / name).parent_path();
  if (!fs::is_directory(parent)) return std::nullopt;
  const std::string wanted = ascii_lower(fs::path(name).filename().string());
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (ascii_lower(entry.path().filename().string()) == wanted) return entry.path();
  }
  return std::nullopt;
}

/// The first of the names that the folder has, if any.
template <class Names>
std::optional<std::filesystem::path> first_present(const std::filesystem::path& folder, const Names& names) {
  for (const std::string_view name : names) {
    if (const auto found = present_as(folder, std::string(name))) return found;
  }
  return std::nullopt;
}

/// A file of the official form, which may lie in the folder or in its Flickr8k_text/.
inline std::optional<std::filesystem::path> official_file(const std::filesystem::path& folder,
                                                          const std::string& name) {
  return first_present(folder, std::array{name, "Flickr8k_text/" + name});
}

/// Archives that are unpacked into a folder of their own leave one in the other: then it is the inner one.
template <class Names>
std::filesystem::path inner_image_folder(std::filesystem::path found, const Names& names) {
  namespace fs = std::filesystem;
  const auto has_files = [](const fs::path& images) {
    return std::ranges::any_of(fs::directory_iterator(images),
                               [](const auto& entry) { return entry.is_regular_file(); });
  };
  while (!has_files(found)) {
    const auto inner = first_present(found, names);
    if (!inner || !fs::is_directory(*inner)) break;
    found = *inner;
  }
  return found;
}

inline std::filesystem::path find_image_folder(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  constexpr std::array names{"Images", "Flicker8k_Dataset", "Flickr8k_Dataset"};
  const auto found = first_present(folder, names);
  if (!found || !fs::is_directory(*found)) {
    throw FileError(message(folder.string(), ": no folder of images: neither Images nor Flicker8k_Dataset nor ",
                            "Flickr8k_Dataset", folder_hint(folder)));
  }
  return inner_image_folder(*found, names);
}

}  // namespace pupil::captioning::detail
