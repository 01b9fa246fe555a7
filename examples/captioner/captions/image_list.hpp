#pragma once
// The images that a command was given: files, folders, and "-" for a list on standard input.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "image_names.hpp"

namespace captioner {

/// As they were given.
struct ImageArguments {
  std::vector<std::string> names;
  bool recursive = false;       ///< folders in folders too
  bool null_separated = false;  ///< the list on standard input
};

void add_image_arguments(CLI::App& command, ImageArguments& inputs);

/// Throws OptionError, naming the value, where the inputs exclude each other.
void check_image_arguments(const ImageArguments& inputs);

/// Whether the list can be read twice: standard input is not wanted, or is a file.
bool can_be_listed_twice(const ImageArguments& inputs);

/// The paths of the images in the order of the inputs, one after another.
class ImageList {
 public:
  /// `inputs` must live as long as the list.
  ImageList(const ImageArguments& inputs, Remark remark);

  /// Throws FileError where a folder cannot be read, has no image in it, or there is no name on standard input.
  std::optional<std::string> next();

  /// Goes back to the first one; only where it can be listed twice. What was remarked is not remarked again.
  void restart();

 private:
  std::optional<std::string> next_of_folder();
  std::optional<std::string> next_of_list();

  const ImageArguments& inputs_;
  Remark remark_;
  std::size_t place_ = 0;
  std::optional<FolderWalk> folder_;
  std::optional<NameReader> list_;
  bool is_empty_ = true;  ///< nothing came of the folder or the list so far
  long long start_ = 0;   ///< of the list in the file that is standard input
};

}  // namespace captioner
