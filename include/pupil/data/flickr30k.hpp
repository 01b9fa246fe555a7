#pragma once
// Flickr30k (Young, Lai, Hodosh, Hockenmaier 2014: "From image descriptions to visual denotations") as people have it:
//
//   Kaggle's form      results.csv: image_name| comment_number| comment; images in flickr30k_images/
//   the official form  results_20130124.token: name.jpg#0<tab>caption; images in flickr30k-images/
//
// Neither has splits: a hash of the image's name decides. A line of Kaggle's file, 2199200615.jpg| 4   A dog runs ...,
// lacks its second bar; it is read as it is meant.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/data/flickr8k_folder.hpp>
#include <pupil/data/image_folders.hpp>
#include <pupil/data/image_list.hpp>
#include <pupil/io/text_file.hpp>

namespace pupil::captioning {

namespace detail {

struct BarredLine {
  std::string_view image;
  std::string_view caption;
  bool lacks_bar = false;  ///< behind the number of the caption
};

inline std::size_t digits_at_start(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return end == text.npos ? text.size() : end;
}

/// Takes `image| number| caption` apart; a caption may have bars in it. Throws FileError for other lines.
inline BarredLine parse_barred_line(std::string_view line, std::size_t number, std::string_view path) {
  const std::size_t first = line.find('|');
  const std::string_view behind = first == line.npos ? "" : trimmed(line.substr(first + 1));
  const std::size_t digits = digits_at_start(behind);
  const std::string_view rest = trimmed(behind.substr(digits));
  const bool has_bar = rest.starts_with('|');
  const bool has_gap = digits < behind.size() && (behind[digits] == ' ' || behind[digits] == '\t');
  require<FileError>(digits > 0 && (has_bar || has_gap), path, ": line ", number,
                     ": not of the form image| number| caption: '", shown_line(line), "'");
  return {trimmed(line.substr(0, first)), trimmed(has_bar ? rest.substr(1) : rest), !has_bar};
}

inline bool is_barred_header(std::string_view line) {
  return ascii_lower(trimmed(line.substr(0, line.find('|')))).starts_with("image");
}

inline void read_barred_lines(const TextFile& file, ImageList& list) {
  bool is_first = true;
  for_each_line(file, [&](std::string_view line, std::size_t number) {
    if (std::exchange(is_first, false) && is_barred_header(line)) return;
    const BarredLine fields = parse_barred_line(line, number, file.name());
    const std::string place = "line " + std::to_string(number);
    require_utf8(fields.caption, file.name(), number);
    if (fields.lacks_bar) {
      list.remark(message(file.name(), ": ", place, ": lacks a bar; read as the caption '", shown_line(fields.caption),
                          "' of ", visible(fields.image)));
    }
    list.add_caption(list.image(fields.image, place), std::string(fields.caption), place);
  });
}

inline void read_token_lines(const TextFile& file, ImageList& list) {
  for_each_official_row(file, [&](CaptionRow row) {
    const std::string place = "line " + std::to_string(row.line);
    list.add_caption(list.image(row.image, place), std::move(row.caption), place);
  });
}

inline std::vector<std::filesystem::path> flickr30k_files_in(const std::filesystem::path& folder) {
  for (const std::string inner : {"", "flickr30k_images/"}) {
    for (const char* const name : {"results.csv", "results_20130124.token", "results.token"}) {
      if (const auto file = first_present(folder, std::array{inner + name})) return {*file};
    }
  }
  return {};
}

CaptionedImages read_as_flickr30k(const std::filesystem::path& folder, const FormOptions& options, std::uint64_t seed);

}  // namespace detail

/// Flickr30k as a form of data.
inline constexpr DataForm flickr30k_form{.name = "flickr30k",
                                         .wanted = "results.csv or results_20130124.token",
                                         .files_in = &detail::flickr30k_files_in,
                                         .read = &detail::read_as_flickr30k};

inline CaptionedImages detail::read_as_flickr30k(const std::filesystem::path& folder, const FormOptions& options,
                                                 std::uint64_t seed) {
  refuse_columns(options, flickr30k_form.name);
  const auto path = chosen_captions_file(folder, options, flickr30k_files_in(folder), flickr30k_form);
  const TextFile file(path);
  ImageList list(path);
  if (begins_with_official_caption(file.text())) {
    read_token_lines(file, list);
  } else {
    read_barred_lines(file, list);
  }
  return find_listed_images(std::move(list), folder, image_folder_in(folder, options.image_folder), flickr30k_form.name,
                            seed);
}

}  // namespace pupil::captioning
