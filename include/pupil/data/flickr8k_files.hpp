#pragma once
// The text files of Flickr8k, each strictly: a line that is not as it should be is an error that names it. Names of
// images may be any bytes, as names of files may; the rest is UTF-8.

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/data/layout_hints.hpp>
#include <pupil/io/text_file.hpp>
#include <pupil/text/tokenizer.hpp>

namespace pupil::captioning {

/// An image's name -> its captions, in the order of the file.
using CaptionsByImage = std::map<std::string, std::vector<std::string>>;

/// A row of a file of captions.
struct CaptionRow {
  std::string image;
  std::string caption;   ///< UTF-8, perhaps without a word
  std::size_t line = 0;  ///< counted from 1
};

/// An image's name -> the split that the official lists put it in.
using SplitByImage = std::map<std::string, Split>;

namespace detail {

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The first line that is not blank, if any.
inline std::string_view first_line_of(std::string_view text) {
  LineReader lines(text);
  for (std::string_view line; lines.next(line);) {
    if (!trimmed(line).empty()) return line;
  }
  return {};
}

/// Calls `body(line, number)` for every line that is not blank, without its line end, counted from 1. Throws FileError
/// where the file is known to be something else.
template <class Body>
void for_each_line(const TextFile& file, Body&& body) {
  const std::string foreign = foreign_text(file.text());
  require<FileError>(foreign.empty(), file.name(), ": line 1: this seems to be ", foreign);
  LineReader lines(file.text());
  for (std::string_view line; lines.next(line);) {
    if (!trimmed(line).empty()) body(line, lines.number());
  }
}

/// The row, without blanks around image and caption. Throws FileError where no image is named, or where the caption is
/// not UTF-8.
inline CaptionRow checked_row(std::string_view image, std::string_view caption, std::size_t line,
                              const std::string& path) {
  image = trimmed(image);
  caption = trimmed(caption);
  require<FileError>(!image.empty(), path, ": line ", line, ": no image is named");
  require_utf8(caption, path, line);
  return {std::string(image), std::string(caption), line};
}

/// Gathers the captions of a file by their images, but those without a word.
class CaptionCollector {
 public:
  explicit CaptionCollector(const std::string& path) : path_(path) {}

  void add(CaptionRow row) {
    if (tokenize(row.caption).empty()) {
      if (wordless_++ == 0) first_wordless_ = message("line ", row.line, ", ", visible(row.image));
    } else {
      captions_[std::move(row.image)].push_back(std::move(row.caption));
    }
  }

  /// The captions; what was left out is said in a line that is added to `remarks`, and its number is added to
  /// `wordless`.
  CaptionsByImage finish(std::vector<std::string>* remarks, Index* wordless) {
    if (wordless != nullptr) *wordless += wordless_;
    if (wordless_ > 0 && remarks != nullptr) {
      remarks->push_back(message(path_, ": skipped ", wordless_, wordless_ == 1 ? " caption" : " captions",
                                 " without a word (", first_wordless_, wordless_ == 1 ? ")" : ", ...)"));
    }
    return std::move(captions_);
  }

 private:
  std::string path_;
  CaptionsByImage captions_;
  Index wordless_ = 0;
  std::string first_wordless_;
};

/// The columns of captions.txt by its header.
struct CaptionColumns {
  std::string header;  ///< as it is written
  std::size_t image = 0;
  std::size_t caption = 0;
  std::vector<std::string> others;

  std::size_t count() const { return others.size() + 2; }
};

/// Blanks around the names of columns and their case do not matter, and there may be others. Throws FileError where
/// image or caption is not there, or there twice.
inline CaptionColumns read_columns(std::string_view text, const std::string& path) {
  const std::string_view line = first_line_of(text);
  require<FileError>(!line.empty(), path, ": is empty; the header image,caption is missing");
  CaptionColumns columns;
  columns.header = shown_line(line);
  std::size_t images = 0, captions = 0;
  CsvRow row;
  try {
    CsvReader(line, path).next(row);
  } catch (const FileError&) {
    row.fields.clear();  // what it is will be said below
  }
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const std::string name = ascii_lower(trimmed(row.fields[i]));
    if (name == "image") {
      columns.image = i, ++images;
    } else if (name == "caption") {
      columns.caption = i, ++captions;
    } else {
      columns.others.push_back("'" + visible(trimmed(row.fields[i])) + "'");
    }
  }
  const std::string hint = header_hint(line);
  require<FileError>(images == 1 && captions == 1, path, ": line 1: the header is '", columns.header,
                     "', not image,caption", hint.empty() ? "" : "; this seems to be ", hint);
  return columns;
}

/// Says which columns are not read: one may hold what a user counts on, such as a split.
inline void remark_on_columns(const CaptionColumns& columns, const std::string& path,
                              std::vector<std::string>* remarks) {
  if (columns.others.empty() || remarks == nullptr) return;
  remarks->push_back(message(path, ": only image and caption are read, not ", joined(columns.others)));
}

}  // namespace detail

/// Reads the rows of a CSV file whose header names the columns image and caption, as they stand there, also those whose
/// caption has no word. What is in other columns is left out, which is said in a line that is added to `remarks`.
/// Captions are UTF-8, names of images any bytes. Throws FileError, with the line, where the header has no such
/// columns, a row has not one field for each or names no image, or a caption is not UTF-8.
inline std::vector<CaptionRow> read_caption_rows(const TextFile& file, std::vector<std::string>* remarks = nullptr) {
  const detail::CaptionColumns columns = detail::read_columns(file.text(), file.name());
  detail::remark_on_columns(columns, file.name(), remarks);
  std::vector<CaptionRow> rows;
  CsvReader reader(file.text(), file.name());
  CsvRow row;
  reader.next(row);  // the header
  while (reader.next(row)) {
    require<FileError>(row.fields.size() == columns.count(), file.name(), ": line ", row.line, ": ", row.fields.size(),
                       row.fields.size() == 1 ? " field" : " fields", " where ", columns.header, " has ",
                       columns.count());
    rows.push_back(detail::checked_row(row.fields[columns.image], row.fields[columns.caption], row.line, file.name()));
  }
  return rows;
}

/// Reads Kaggle's captions.txt: the rows as above, but those without a word, which is also said in `remarks`, and whose
/// number is added to `wordless`. Throws what `read_caption_rows` throws.
inline CaptionsByImage read_kaggle_captions(const TextFile& file, std::vector<std::string>* remarks = nullptr,
                                            Index* wordless = nullptr) {
  detail::CaptionCollector captions(file.name());
  for (CaptionRow& row : read_caption_rows(file, remarks)) captions.add(std::move(row));
  return captions.finish(remarks, wordless);
}

/// The same, of a file that is still to be read.
inline CaptionsByImage read_kaggle_captions(const std::filesystem::path& path,
                                            std::vector<std::string>* remarks = nullptr, Index* wordless = nullptr) {
  return read_kaggle_captions(TextFile(path), remarks, wordless);
}

/// Calls `body(row)` for every line of a file as Flickr8k.token.txt. Throws FileError, with the line, where one is not
/// `image#number<tab>caption`, or a caption is not UTF-8.
template <class Body>
void for_each_official_row(const TextFile& file, Body&& body) {
  detail::for_each_line(file, [&](std::string_view line, std::size_t number) {
    const std::size_t tab = line.find('\t');
    const std::size_t hash = line.substr(0, tab).rfind('#');
    bool whole = tab != std::string_view::npos && hash != std::string_view::npos && hash + 1 < tab;
    if (whole) {
      const std::string_view digits = line.substr(hash + 1, tab - hash - 1);
      whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
    }
    require<FileError>(whole, file.name(), ": line ", number, ": not of the form image#number<tab>caption");
    body(detail::checked_row(line.substr(0, hash), line.substr(tab + 1), number, file.name()));
  });
}

/// Reads the official Flickr8k.token.txt, in which captions without a word are left out, as above. Throws what
/// `for_each_official_row` throws.
inline CaptionsByImage read_official_captions(const TextFile& file, std::vector<std::string>* remarks = nullptr,
                                              Index* wordless = nullptr) {
  detail::CaptionCollector captions(file.name());
  for_each_official_row(file, [&](CaptionRow row) { captions.add(std::move(row)); });
  return captions.finish(remarks, wordless);
}

/// The same, of a file that is still to be read.
inline CaptionsByImage read_official_captions(const std::filesystem::path& path,
                                              std::vector<std::string>* remarks = nullptr, Index* wordless = nullptr) {
  return read_official_captions(TextFile(path), remarks, wordless);
}

/// Whether a text begins as the official file does, with a line `image#number<tab>caption`, rather than with a header.
inline bool begins_with_official_caption(std::string_view text) {
  const std::string_view line = detail::first_line_of(text);
  const std::size_t tab = line.find('\t');
  return tab != std::string_view::npos && line.substr(0, tab).find('#') != std::string_view::npos;
}

/// Reads an official list, a name a line, and adds its images to `splits`. Throws FileError, with the line, where an
/// image is in another split already.
inline void read_split_list(const std::filesystem::path& path, Split split, SplitByImage& splits) {
  const TextFile file(path);
  detail::for_each_line(file, [&](std::string_view line, std::size_t number) {
    const auto [entry, is_new] = splits.emplace(detail::trimmed(line), split);
    if (is_new || entry->second == split) return;
    throw FileError(message(file.name(), ": line ", number, ": ", visible(entry->first), " is in the ",
                            split_name(entry->second), " list too"));
  });
}

}  // namespace pupil::captioning
