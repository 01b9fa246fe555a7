#pragma once
// A file that grows by records and is complete after each of them: behind the last one there is always what ends the
// file, such as the bracket of an array.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <pupil/io/system.hpp>

namespace captioner {

/// Where the file is there, what is appended is compared with it, and nothing is written as long as they are the same:
/// a run that goes on where another stopped only adds, and one that has nothing new leaves the file as it is.
class GrowingFile {
 public:
  /// Throws FileError where it cannot be written.
  explicit GrowingFile(std::filesystem::path path);

  /// Appends; `end` ends the file for now. Throws FileError where that cannot be written, as on a full disk; the file
  /// then has all that was appended before, and `end`.
  void append(std::string_view text, std::string_view end);

  /// Leaves nothing of the older file behind what was appended and `end`.
  void finish(std::string_view end);

 private:
  bool has_here(std::string_view text) const;
  void cut_off() const;

  std::filesystem::path path_;
  pupil::FileDescriptor file_;
  std::uint64_t position_ = 0;  ///< behind what was appended
  bool same_ = true;            ///< as the older file so far
};

}  // namespace captioner
