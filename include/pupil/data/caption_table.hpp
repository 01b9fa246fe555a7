#pragma once
// A table of captions: a CSV file (fields separated by commas or semicolons) or a TSV file (by tabs) whose header names
// the columns, a row a caption. Columns are chosen by name, or known by the names that people give them; a column of
// splits may say train, val and test. Images are named as paths from the folder, or from its folder of images.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/data/flickr8k_folder.hpp>
#include <pupil/data/image_folders.hpp>
#include <pupil/data/image_list.hpp>
#include <pupil/data/split_names.hpp>
#include <pupil/io/text_file.hpp>

namespace pupil::captioning {

namespace detail {

inline constexpr std::array<std::string_view, 10> image_columns{
    "image", "image_name", "image_path", "image_file", "file_name", "filename", "file", "filepath", "path", "img"};
inline constexpr std::array<std::string_view, 8> caption_columns{"caption",     "captions", "text", "comment",
                                                                 "description", "sentence", "raw",  "alt_text"};
inline constexpr std::array<std::string_view, 1> split_columns{"split"};

/// A field of a TSV file: in quotes only where it is so as a whole, for many such files know no quoting.
inline std::string tab_field(std::string_view field) {
  const bool is_quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
  if (!is_quoted) return std::string(field);
  const std::string_view inner = field.substr(1, field.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    text += inner[i];
    if (inner[i] != '"') continue;
    if (i + 1 == inner.size() || inner[i + 1] != '"') return std::string(field);  // its quotes are its own
    ++i;
  }
  return text;
}

/// Reads the rows of a table one after another.
class TableReader {
 public:
  TableReader(std::string_view text, const std::string& name, char separator)
      : is_tabbed_(separator == '\t'), lines_(text), csv_(text, name, separator) {}

  bool next(CsvRow& row) { return is_tabbed_ ? next_line(row) : csv_.next(row); }

 private:
  bool next_line(CsvRow& row) {
    std::string_view line;
    do {
      if (!lines_.next(line)) return false;
    } while (trimmed(line).empty());
    row.line = lines_.number();
    row.fields.clear();
    for (std::size_t tab = 0; tab != line.npos;) {
      tab = line.find('\t');
      row.fields.push_back(tab_field(line.substr(0, tab)));
      if (tab != line.npos) line.remove_prefix(tab + 1);
    }
    return true;
  }

  bool is_tabbed_;
  LineReader lines_;
  CsvReader csv_;
};

/// The header of a table.
struct TableHeader {
  char separator = ',';
  std::vector<std::string> names;  ///< as they are written, without blanks around them

  /// The place of a column, whatever its case; nothing where there is no such column, or several.
  std::optional<std::size_t> find(std::string_view wanted) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (ascii_lower(names[i]) != ascii_lower(wanted)) continue;
      if (found) return std::nullopt;
      found = i;
    }
    return found;
  }

  std::optional<std::size_t> find_any(std::span<const std::string_view> known) const {
    for (const std::string_view name : known) {
      if (const auto found = find(name)) return found;
    }
    return std::nullopt;
  }

  /// "'image', 'caption'".
  std::string shown() const {
    return joined(names, ", ", [](const std::string& name) { return "'" + visible(name) + "'"; });
  }

  bool is_known() const { return find_any(image_columns) && find_any(caption_columns); }
};

/// Takes the first line apart at the separator that gives the most columns.
inline TableHeader read_table_header(std::string_view text, const std::string& name) {
  const std::string_view line = first_line_of(text);
  TableHeader header;
  for (const char separator : {',', ';', '\t'}) {
    CsvRow row;
    try {
      TableReader(line, name, separator).next(row);
    } catch (const FileError&) {
      continue;  // a quote that is none by another separator
    }
    if (row.fields.size() <= header.names.size()) continue;
    header.separator = separator;
    header.names.clear();
    for (const std::string& field : row.fields) header.names.emplace_back(trimmed(field));
  }
  return header;
}

/// Whether a file begins with a header of known columns, but not with that of Flickr8k.
inline bool is_table_of_other_columns(const std::filesystem::path& path) {
  try {
    const TextFile file(path);
    const TableHeader header = read_table_header(file.text(), file.name());
    return header.is_known() && !(header.separator == ',' && header.find("image") && header.find("caption"));
  } catch (const FileError&) {
    return false;
  }
}

inline bool is_table_of_known_columns(const std::filesystem::path& path) {
  try {
    const TextFile file(path);
    return read_table_header(file.text(), file.name()).is_known();
  } catch (const FileError&) {
    return false;
  }
}

/// The places of the columns that are read.
struct TableColumns {
  std::size_t image = 0;
  std::size_t caption = 0;
  std::optional<std::size_t> split;
};

inline std::size_t required_column(const TableHeader& header, const std::string& asked,
                                   std::span<const std::string_view> known, std::string_view what,
                                   const std::string& path) {
  const auto found = asked.empty() ? header.find_any(known) : header.find(asked);
  if (found) return *found;
  const bool is_twice = std::ranges::count_if(header.names, [&](const std::string& name) {
                          return ascii_lower(name) == ascii_lower(asked);
                        }) > 1;
  throw FileError(message(path, ": line 1: ",
                          asked.empty() ? message("no column is known to be that of the ", what)
                          : is_twice    ? message("the column '", visible(asked), "' stands twice")
                                        : message("there is no column '", visible(asked), "'"),
                          "; there are ", header.shown()));
}

inline TableColumns choose_columns(const TableHeader& header, const FormOptions& options, const std::string& path) {
  TableColumns columns;
  columns.image = required_column(header, options.image_column, image_columns, "image", path);
  columns.caption = required_column(header, options.caption_column, caption_columns, "caption", path);
  columns.split = options.split_column.empty()
                      ? header.find_any(split_columns)
                      : required_column(header, options.split_column, split_columns, "split", path);
  require<OptionError>(columns.image != columns.caption, path, ": the column '", visible(header.names[columns.image]),
                       "' is named for images and for captions");
  return columns;
}

inline void read_table(const TextFile& file, const FormOptions& options, ImageList& list) {
  require<FileError>(!first_line_of(file.text()).empty(), file.name(), ": is empty; a header of columns is missing");
  const std::string foreign = foreign_text(file.text());
  require<FileError>(foreign.empty(), file.name(), ": line 1: this seems to be ", foreign);
  const TableHeader header = read_table_header(file.text(), file.name());
  const TableColumns columns = choose_columns(header, options, file.name());
  TableReader reader(file.text(), file.name(), header.separator);
  CsvRow row;
  reader.next(row);  // the header
  while (reader.next(row)) {
    require<FileError>(row.fields.size() == header.names.size(), file.name(), ": line ", row.line, ": ",
                       row.fields.size(), row.fields.size() == 1 ? " field" : " fields", " where the header has ",
                       header.names.size());
    CaptionRow caption = checked_row(row.fields[columns.image], row.fields[columns.caption], row.line, file.name());
    const std::string place = "line " + std::to_string(row.line);
    ListedImage& image = list.image(caption.image, place);
    const std::string_view split = columns.split ? trimmed(row.fields[*columns.split]) : "";
    if (!split.empty()) list.put_in(image, required_split(split, file.name(), place), place);
    list.add_caption(image, std::move(caption.caption), place);
  }
}

/// captions.csv, captions.tsv, captions.txt with other columns than Flickr8k's; or the tables of other names whose
/// columns are known, where there is no captions.txt.
inline std::vector<std::filesystem::path> table_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> called_so, like_it;
  const auto text = first_present(folder, std::array{"captions.txt"});
  if (text && is_table_of_other_columns(*text)) called_so.push_back(*text);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = ascii_lower(entry.path().extension().string());
    if ((extension != ".csv" && extension != ".tsv") || !entry.is_regular_file()) continue;
    if (ascii_lower(entry.path().stem().string()) == "captions") {
      called_so.push_back(entry.path());
    } else if (!text && is_table_of_known_columns(entry.path())) {
      like_it.push_back(entry.path());
    }
  }
  auto& files = called_so.empty() ? like_it : called_so;
  std::ranges::sort(files);
  return files;
}

/// All tables of a folder, whatever their columns.
inline std::vector<std::filesystem::path> all_tables_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = ascii_lower(entry.path().extension().string());
    if ((extension == ".csv" || extension == ".tsv") && entry.is_regular_file()) files.push_back(entry.path());
  }
  if (const auto text = first_present(folder, std::array{"captions.txt"})) files.push_back(*text);
  std::ranges::sort(files);
  return files;
}

CaptionedImages read_as_table(const std::filesystem::path& folder, const FormOptions& options, std::uint64_t seed);

}  // namespace detail

/// A table of images and captions as a form of data.
inline constexpr DataForm table_form{.name = "table",
                                     .wanted = "captions.csv, captions.tsv or another table with a header",
                                     .files_in = &detail::table_files_in,
                                     .read = &detail::read_as_table};

inline CaptionedImages detail::read_as_table(const std::filesystem::path& folder, const FormOptions& options,
                                             std::uint64_t seed) {
  auto files = table_files_in(folder);
  if (files.empty()) files = all_tables_in(folder);  // with columns that the options name
  const auto path = chosen_captions_file(folder, options, files, table_form);
  ImageList list(path);
  read_table(TextFile(path), options, list);
  return find_listed_images(std::move(list), folder, image_folder_in(folder, options.image_folder), table_form.name,
                            seed);
}

}  // namespace pupil::captioning
