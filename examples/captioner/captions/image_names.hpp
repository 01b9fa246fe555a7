#pragma once
// Names of image files as they are found: those in a folder, and those in a list on standard input. Both give one name
// after another, so that no more of them are kept than those of the folders that are open, or a block of the list.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace captioner {

/// What is said of a name that is left out, and whether it is a fault, by which the command ends with 1.
using Remark = std::function<void(const std::string& text, bool is_fault)>;

/// Whether a file of this name is taken for an image where a folder is read: .jpg, .jpeg, .png, .bmp or .gif, in
/// capitals or not. Names that begin with a dot are hidden, as the "._photo.jpg" of a Mac, and are none.
bool is_image_name(std::string_view name);

/// The image files in a folder in the order of their names' bytes; where it is `recursive`, those of the folders in it
/// too, each in its place. Links to folders are not followed, so that no loop is walked for ever; that is remarked.
class FolderWalk {
 public:
  /// Throws FileError where the folder cannot be read; one inside of it that cannot be is a fault.
  FolderWalk(const std::string& folder, bool recursive, Remark remark);

  std::optional<std::string> next();

 private:
  struct Level {
    std::string folder;
    std::vector<std::string> names;
    std::size_t place = 0;
  };

  void enter(const std::string& folder);
  bool is_walked_into(const std::string& path) const;

  bool recursive_;
  Remark remark_;
  std::vector<Level> levels_;
};

/// The names on standard input, which lines end, or NULs: where --null says so, or there is one in what is read first.
/// Empty lines, a byte order mark at the start and the \r of Windows' lines are no part of a name.
class NameReader {
 public:
  explicit NameReader(bool null_separated) : null_separated_(null_separated) {}

  /// Throws FileError where standard input cannot be read. Ends where an interruption was noted.
  std::optional<std::string> next();

 private:
  bool read_block();

  bool null_separated_;
  bool is_first_ = true;
  bool ended_ = false;
  std::string text_;
  std::size_t place_ = 0;
};

}  // namespace captioner
