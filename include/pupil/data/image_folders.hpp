#pragma once
// Where in a folder its images lie, in the forms that do not say so.

#include <array>
#include <filesystem>
#include <string>

#include <pupil/core/errors.hpp>
#include <pupil/data/flickr8k_folder.hpp>

namespace pupil::captioning::detail {

/// The folder of images that the user names. Throws FileError where there is no such folder.
inline std::filesystem::path named_image_folder(const std::filesystem::path& folder, const std::string& name) {
  auto images = (folder / name).lexically_normal();
  if (!images.has_filename()) images = images.parent_path();  // a slash at the end
  require<FileError>(std::filesystem::is_directory(images), images.string(), ": no such folder of images");
  return images;
}

/// The one that is named, else one with a name that such folders have, else the folder itself.
inline std::filesystem::path image_folder_in(const std::filesystem::path& folder, const std::string& name) {
  if (!name.empty()) return named_image_folder(folder, name);
  constexpr std::array names{
      "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "flickr30k_images", "flickr30k-images", "img", "imgs",
      "photos"};
  const auto found = first_present(folder, names);
  return found && std::filesystem::is_directory(*found) ? inner_image_folder(*found, names) : folder;
}

}  // namespace pupil::captioning::detail
