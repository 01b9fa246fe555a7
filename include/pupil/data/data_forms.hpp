#pragma once
// The forms of data sets that are read, and which of them a folder is in.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/data/caption_table.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/coco.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/data/flickr30k.hpp>
#include <pupil/data/flickr8k.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/data/karpathy.hpp>
#include <pupil/data/layout_hints.hpp>
#include <pupil/data/text_beside_image.hpp>

namespace pupil::captioning {

/// All forms of data, in the order in which they are tried.
inline constexpr std::array data_forms{flickr8k_form, flickr30k_form, karpathy_form,
                                       coco_form,     table_form,     text_beside_image_form};

/// The form of that name. Throws OptionError, with the names that there are, for another word.
inline const DataForm& form_named(std::string_view name) {
  for (const DataForm& form : data_forms) {
    if (form.name == name) return form;
  }
  throw OptionError(
      message("form: '", visible(name), "' is none of ", joined(data_forms, ", ", std::mem_fn(&DataForm::name))));
}

namespace detail {

/// A form, and the files by which a folder is known to be in it.
struct FoundForm {
  const DataForm* form = nullptr;
  std::vector<std::filesystem::path> files;
};

inline std::vector<FoundForm> forms_of(const std::filesystem::path& folder) {
  std::vector<FoundForm> found;
  for (const DataForm& form : data_forms) {
    if (auto files = form.files_in(folder); !files.empty()) found.push_back({&form, std::move(files)});
  }
  return found;
}

[[noreturn]] inline void throw_no_form(const std::filesystem::path& folder) {
  std::string looked_for;
  for (const DataForm& form : data_forms) {
    looked_for += message(looked_for.empty() ? "" : "; ", form.name, ": ", form.wanted);
  }
  throw FileError(
      message(folder.string(), ": has no captions in a form that is read (", looked_for, ")", folder_hint(folder)));
}

[[noreturn]] inline void throw_several_forms(const std::filesystem::path& folder, const std::vector<FoundForm>& found) {
  std::string forms;
  for (const FoundForm& each : found) {
    forms += message(forms.empty() ? "" : " and ", each.form->name, " (", names_in_folder(each.files, folder), ")");
  }
  throw FileError(message(folder.string(), ": has captions in several forms, ", forms, "; --form chooses one"));
}

/// What is said of a form that nobody chose. Of Flickr8k's, which this is for, nothing need be said.
inline void remark_on_form(const FoundForm& found, CaptionedImages& data) {
  if (found.form->name == flickr8k_form.name) return;
  std::string line = message(data.folder.string(), ": read as ", found.form->name, " (",
                             names_in_folder(found.files, data.folder), "):");
  for (const Split split : all_splits) {
    line += message(split == Split::train ? " " : ", ", data[split].size(), ' ', split_name(split));
  }
  data.remarks.insert(data.remarks.begin(), line + " images");
}

/// Keeps the forms that the named file of captions is one of. Throws FileError where it is not there or of none.
inline void keep_forms_of_file(const std::filesystem::path& folder, const std::string& name,
                               std::vector<FoundForm>& found) {
  const auto file = folder / name;
  require<FileError>(std::filesystem::is_regular_file(file), file.string(), ": no such file of captions");
  std::erase_if(found, [&](FoundForm& form) {
    std::erase_if(form.files, [&](const auto& other) { return !std::filesystem::equivalent(file, other); });
    return form.files.empty();
  });
  require<FileError>(!found.empty(), file.string(), ": not known to be in a form that is read; --form says in which");
}

inline CaptionedImages read_in_found_form(const std::filesystem::path& folder, const FormOptions& options,
                                          std::uint64_t seed) {
  auto found = forms_of(folder);
  if (!options.captions_file.empty()) keep_forms_of_file(folder, options.captions_file, found);
  if (found.empty()) throw_no_form(folder);
  if (found.size() > 1) throw_several_forms(folder, found);
  CaptionedImages data = found.front().form->read(folder, options, seed);
  remark_on_form(found.front(), data);
  return data;
}

}  // namespace detail

/// Reads a folder in the form that the options name, or in the one that it is in, which is then said in `remarks`.
/// Where columns are named, that is table. `seed` decides the split where the data have none of their own. Images that
/// are absent, or without captions, are skipped and counted in the result. Throws FileError for a folder that is in no
/// form or in several, and for files that are not as they should be, with the value and its place; OptionError for
/// options that do not go together.
inline CaptionedImages read_captioned_images(const std::filesystem::path& folder, const FormOptions& options = {},
                                             std::uint64_t seed = 0) {
  return with_file_errors([&] {
    require<FileError>(
        std::filesystem::is_directory(folder), folder.string(),
        std::filesystem::exists(folder) ? ": is a file; the folder that it lies in is wanted" : ": no such folder");
    if (!options.form.empty()) return form_named(options.form).read(folder, options, seed);
    if (options.names_columns()) return table_form.read(folder, options, seed);
    return detail::read_in_found_form(folder, options, seed);
  });
}

/// The files of captions in a folder, in any form: those that no output may be written over.
inline std::vector<std::filesystem::path> captions_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::is_directory(folder)) return files;
  for (const detail::FoundForm& found : with_file_errors([&] { return detail::forms_of(folder); })) {
    files.insert(files.end(), found.files.begin(), found.files.end());
  }
  return files;
}

/// Whether a folder has the files that options which name a form want: it may be another than the one that they were
/// made for.
inline bool fits_folder(const std::filesystem::path& folder, const FormOptions& options) {
  return with_file_errors([&] {
    if (options.form.empty() || !std::filesystem::is_directory(folder)) return false;
    if (!options.image_folder.empty() && !std::filesystem::is_directory(folder / options.image_folder)) return false;
    if (!options.captions_file.empty()) return std::filesystem::is_regular_file(folder / options.captions_file);
    if (options.names_columns() && !detail::all_tables_in(folder).empty()) return true;
    return !form_named(options.form).files_in(folder).empty();
  });
}

}  // namespace pupil::captioning
