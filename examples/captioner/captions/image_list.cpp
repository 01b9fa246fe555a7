#include "image_list.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/io/system.hpp>

#include "../common/image_arguments.hpp"

namespace captioner {

void add_image_arguments(CLI::App& command, ImageArguments& inputs) {
  add_image_arguments(command, inputs.names)
      ->description(
          "Image files; folders, whose images are taken in the order of their names; - for a list of files on standard "
          "input, a line each or ended by NULs; after --, names may begin with a dash");
  command.add_flag("--recursive", inputs.recursive, "Look for images in the folders of a folder too");
  command.add_flag(
      "-0,--null", inputs.null_separated,
      "The names on standard input are ended by NULs, as find -print0 writes them, even if none is seen in "
      "the first of them");
}

void check_image_arguments(const ImageArguments& inputs) {
  const auto lists = std::ranges::count(inputs.names, "-");
  pupil::require<pupil::OptionError>(lists <= 1, "-: is given ", lists,
                                     " times, but standard input can be read only once");
  pupil::require<pupil::OptionError>(lists == 1 || !inputs.null_separated,
                                     "--null is given, but no - for a list of names on standard input");
}

bool can_be_listed_twice(const ImageArguments& inputs) {
  struct stat status {};
  const bool is_file = ::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
  return is_file || std::ranges::find(inputs.names, "-") == inputs.names.end();
}

ImageList::ImageList(const ImageArguments& inputs, Remark remark)
    : inputs_(inputs), remark_(std::move(remark)), start_(::lseek(STDIN_FILENO, 0, SEEK_CUR)) {}

std::optional<std::string> ImageList::next() {
  while (true) {
    if (auto name = folder_ ? next_of_folder() : list_ ? next_of_list() : std::nullopt) {
      is_empty_ = false;
      return name;
    }
    if (place_ == inputs_.names.size()) return std::nullopt;
    const std::string& name = inputs_.names[place_++];
    std::error_code unknown;
    is_empty_ = true;
    if (name == "-") {
      list_.emplace(inputs_.null_separated);
    } else if (std::filesystem::is_directory(name, unknown)) {
      folder_.emplace(name, inputs_.recursive, remark_);
    } else {
      return name;
    }
  }
}

void ImageList::restart() {
  place_ = 0;
  folder_.reset();
  list_.reset();
  remark_ = [](const std::string&, bool) {};
  if (start_ >= 0) static_cast<void>(::lseek(STDIN_FILENO, static_cast<off_t>(start_), SEEK_SET));
}

std::optional<std::string> ImageList::next_of_folder() {
  if (auto name = folder_->next()) return name;
  folder_.reset();
  pupil::require<pupil::FileError>(!is_empty_, inputs_.names[place_ - 1],
                                   ": there is no image in this folder (.jpg, .jpeg, .png, .bmp or .gif)",
                                   inputs_.recursive ? "" : "; --recursive looks into its folders too");
  return std::nullopt;
}

std::optional<std::string> ImageList::next_of_list() {
  if (auto name = list_->next()) return name;
  list_.reset();
  pupil::require<pupil::FileError>(!is_empty_, "-: there is no name on standard input");
  return std::nullopt;
}

}  // namespace captioner
