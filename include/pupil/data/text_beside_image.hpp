#pragma once
// A folder of images with a text file beside each: a.jpg and a.txt, a caption a line. They may lie in folders below;
// where these are called train, val (or dev) and test, that is the split.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/data/image_folders.hpp>
#include <pupil/data/image_list.hpp>
#include <pupil/data/split_names.hpp>
#include <pupil/io/text_file.hpp>

namespace pupil::captioning {

namespace detail {

inline bool is_called_as_image(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 4> endings{".jpg", ".jpeg", ".png", ".bmp"};
  return std::ranges::find(endings, ascii_lower(file.extension().string())) != endings.end();
}

/// The file of captions beside an image, if there is one.
inline std::optional<std::filesystem::path> text_beside(std::filesystem::path image) {
  image.replace_extension(".txt");
  if (std::filesystem::is_regular_file(image)) return image;
  return std::nullopt;
}

/// The first such pair of a folder, not looking far: folders of images may be large.
inline std::optional<std::filesystem::path> any_text_beside_image(const std::filesystem::path& folder) {
  constexpr std::size_t most_looked_at = 1000;
  std::size_t looked_at = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (++looked_at > most_looked_at) break;
    if (!is_called_as_image(entry.path())) continue;
    if (auto text = text_beside(entry.path())) return text;
  }
  return std::nullopt;
}

inline std::vector<std::filesystem::path> texts_beside_images_in(const std::filesystem::path& folder) {
  if (const auto text = any_text_beside_image(folder)) return {*text};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    if (const auto text = any_text_beside_image(entry.path())) return {*text};
  }
  return {};
}

/// The images of a folder and of those below, sorted, as paths from it.
inline std::vector<std::string> images_below(const std::filesystem::path& folder) {
  std::vector<std::string> images;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!is_called_as_image(entry.path()) || !entry.is_regular_file()) continue;
    images.push_back(entry.path().lexically_relative(folder).generic_string());
  }
  std::ranges::sort(images);
  return images;
}

/// The split that the first folder of a path is called by, if any.
inline std::optional<Split> split_of_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == path.npos) return std::nullopt;
  return split_meant_by(path.substr(0, slash));
}

inline void read_text_beside(const std::string& image, const std::filesystem::path& text, ImageList& list) {
  const TextFile file(text);
  list.read_from(text);
  ListedImage& listed = list.image(image, "the image beside it");
  if (const auto split = split_of_path(image)) list.put_in(listed, *split, listed.place);
  for_each_line(file, [&](std::string_view line, std::size_t number) {
    require_utf8(line, file.name(), number);
    list.add_caption(listed, std::string(trimmed(line)), "line " + std::to_string(number));
  });
}

CaptionedImages read_texts_beside_images(const std::filesystem::path& folder, const FormOptions& options,
                                         std::uint64_t seed);

}  // namespace detail

/// Images with a text file beside each as a form of data.
inline constexpr DataForm text_beside_image_form{.name = "text-beside-image",
                                                 .wanted = "a.txt beside a.jpg",
                                                 .files_in = &detail::texts_beside_images_in,
                                                 .read = &detail::read_texts_beside_images};

inline CaptionedImages detail::read_texts_beside_images(const std::filesystem::path& folder, const FormOptions& options,
                                                        std::uint64_t seed) {
  refuse_columns(options, text_beside_image_form.name);
  require<OptionError>(options.captions_file.empty(), "the file of captions ", visible(options.captions_file),
                       " is named, but the form text-beside-image has one for each image");
  const auto images = options.image_folder.empty() ? folder : named_image_folder(folder, options.image_folder);
  ImageList list(folder);
  LeftOut alone;
  for (const std::string& image : images_below(images)) {
    if (const auto text = text_beside(images / image)) {
      read_text_beside(image, *text, list);
    } else {
      alone.add(image);
    }
  }
  if (alone.count > 0) {
    list.remark(message(folder.string(), ": skipped ", alone.count, alone.count == 1 ? " image" : " images",
                        " without a text file beside ", alone.count == 1 ? "it (" : "them (", alone.names(), ")"));
  }
  require<FileError>(!list.images().empty(), folder.string(), ": no image has a text file beside it");
  return find_listed_images(std::move(list), folder, images, text_beside_image_form.name, seed);
}

}  // namespace pupil::captioning
