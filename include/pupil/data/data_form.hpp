#pragma once
// What a form of data sets is: how its files are called, and how they are read. Each form is one header and one line
// in data_forms.hpp.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/captioned_images.hpp>

namespace pupil::captioning {

/// How a folder is to be read. Empty: as it is found.
struct FormOptions {
  std::string form = {};            ///< the name of a form
  std::string captions_file = {};   ///< in the folder, or absolute: of several, the one that is meant
  std::string image_folder = {};    ///< in the folder, or absolute
  std::string image_column = {};    ///< of a table, as are the next: the column that names images
  std::string caption_column = {};  ///< that holds captions
  std::string split_column = {};    ///< that holds splits

  bool operator==(const FormOptions&) const = default;

  bool names_columns() const { return !image_column.empty() || !caption_column.empty() || !split_column.empty(); }
};

/// A form of data sets on disk.
struct DataForm {
  std::string_view name;    ///< as it is chosen by
  std::string_view wanted;  ///< the files that it is known by, for people

  /// The files of captions by which a folder is known to be in this form; none where it is not.
  std::vector<std::filesystem::path> (*files_in)(const std::filesystem::path& folder);

  /// Reads the folder, which is there. Throws FileError and OptionError for what is wrong with it and the options.
  CaptionedImages (*read)(const std::filesystem::path& folder, const FormOptions& options, std::uint64_t seed);
};

namespace detail {

/// Throws OptionError where columns are named for a form that has none.
inline void refuse_columns(const FormOptions& options, std::string_view form) {
  for (const std::string& column : {options.image_column, options.caption_column, options.split_column}) {
    require<OptionError>(column.empty(), "the column '", visible(column), "' is named, but the form ", form,
                         " has no columns to choose from; table has");
  }
}

/// The files by their names in the folder: "a.json, b.json".
inline std::string names_in_folder(const std::vector<std::filesystem::path>& files,
                                   const std::filesystem::path& folder) {
  return joined(files, ", ", [&](const std::filesystem::path& file) {
    return visible(file.lexically_relative(folder).generic_string());
  });
}

/// The one file of captions that is meant: what the options name, else the only one of `found`. Throws FileError where
/// it is not there, or none or several are.
inline std::filesystem::path chosen_captions_file(const std::filesystem::path& folder, const FormOptions& options,
                                                  const std::vector<std::filesystem::path>& found,
                                                  const DataForm& form) {
  if (!options.captions_file.empty()) {
    auto file = folder / options.captions_file;
    require<FileError>(std::filesystem::is_regular_file(file), file.string(), ": no such file of captions");
    return file;
  }
  require<FileError>(!found.empty(), folder.string(), ": no file of the form ", form.name, ", which has ", form.wanted);
  require<FileError>(found.size() == 1, folder.string(),
                     ": several files of captions: ", names_in_folder(found, folder), "; say which is meant");
  return found.front();
}

}  // namespace detail

}  // namespace pupil::captioning
