#pragma once
// The text files of Flickr8k, each strictly: a line that is not as it should be is an error that names it.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/io/mapped_file.hpp>

namespace pupil {

/// An image's name -> its captions, in the order of the file.
using CaptionsByImage = std::map<std::string, std::vector<std::string>>;

/// An image's name -> the split that the official lists put it in.
using SplitByImage = std::map<std::string, Split>;

namespace detail {

inline std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Calls `body(line, number)` for every line that is not blank, without its line end, counted from 1.
template <class Body>
void for_each_line(std::string_view text, Body&& body) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!trimmed(text.substr(0, end)).empty()) body(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

inline void add_caption(CaptionsByImage& captions, std::string_view image, std::string_view caption,
                        const std::string& path, std::size_t line) {
  image = trimmed(image);
  caption = trimmed(caption);
  require<FileError>(!image.empty(), path, ": line ", line, ": no image is named");
  require<FileError>(!caption.empty(), path, ": line ", line, ": the caption of ", image, " is empty");
  captions[std::string(image)].emplace_back(caption);
}

}  // namespace detail

/// Reads Kaggle's captions.txt. Throws FileError, with the line, where the header is not image,caption or a row has not
/// exactly an image and a caption.
inline CaptionsByImage read_kaggle_captions(const std::filesystem::path& file) {
  const std::string path = file.string();
  const MappedFile mapped(file);
  CaptionsByImage captions;
  CsvReader reader(detail::text_of(mapped), path);
  CsvRow row;
  const bool has_header = reader.next(row) && row.fields == std::vector<std::string>{"image", "caption"};
  require<FileError>(has_header, path, ": line 1: the header is not image,caption");
  while (reader.next(row)) {
    require<FileError>(row.fields.size() == 2, path, ": line ", row.line, ": ", row.fields.size(),
                       row.fields.size() == 1 ? " field" : " fields", " where image,caption has 2");
    detail::add_caption(captions, row.fields[0], row.fields[1], path, row.line);
  }
  return captions;
}

/// Reads the official Flickr8k.token.txt. Throws FileError, with the line, where one is not `image#number<tab>caption`.
inline CaptionsByImage read_official_captions(const std::filesystem::path& file) {
  const std::string path = file.string();
  const MappedFile mapped(file);
  CaptionsByImage captions;
  detail::for_each_line(detail::text_of(mapped), [&](std::string_view line, std::size_t number) {
    const std::size_t tab = line.find('\t');
    const std::size_t hash = line.substr(0, tab).rfind('#');
    bool whole = tab != std::string_view::npos && hash != std::string_view::npos && hash + 1 < tab;
    if (whole) {
      const std::string_view digits = line.substr(hash + 1, tab - hash - 1);
      whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
    }
    require<FileError>(whole, path, ": line ", number, ": not of the form image#number<tab>caption");
    detail::add_caption(captions, line.substr(0, hash), line.substr(tab + 1), path, number);
  });
  return captions;
}

/// Reads an official list, a name a line, and adds its images to `splits`. Throws FileError, with the line, where an
/// image is in another split already.
inline void read_split_list(const std::filesystem::path& file, Split split, SplitByImage& splits) {
  const MappedFile mapped(file);
  detail::for_each_line(detail::text_of(mapped), [&](std::string_view line, std::size_t number) {
    const auto [entry, is_new] = splits.emplace(detail::trimmed(line), split);
    require<FileError>(is_new || entry->second == split, file.string(), ": line ", number, ": ", entry->first,
                       " is in the ", split_name(entry->second), " list too");
  });
}

}  // namespace pupil
