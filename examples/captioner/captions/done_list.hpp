#pragma once
// Which images are captioned already, with their captions: the file FILE.done beside the output FILE.
//
// A line of JSON an image, added as soon as it has a caption, after a first line that says of what format FILE is. FILE
// itself can always be written anew from it. Where an image comes twice, the later line counts. What a killed process
// left unfinished at the end is dropped.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <pupil/io/mapped_file.hpp>
#include <pupil/io/system.hpp>

#include "captioning.hpp"
#include "file_state.hpp"

namespace captioner {

/// What the list says of an image.
struct DoneEntry {
  FileState state;
  std::string settings;  ///< the identity of what captioned it (settings_identity.hpp)
  CaptionResult result;
};

class DoneList {
 public:
  /// Of the output `file`, in this format. Reads what is there. Throws OptionError where it is of another format, and
  /// FileError where `file` is there but not its list, or the list is none: what others wrote is not written over.
  DoneList(const std::filesystem::path& file, const std::string& format);

  /// From earlier runs; `result.path` is the path that is asked for.
  std::optional<DoneEntry> find(const std::string& path) const;

  /// Makes the file ready for entries; throws FileError where it cannot be written. Nothing is changed before.
  void open();

  /// Adds entries to the file, all in one piece.
  void add(const std::vector<DoneEntry>& entries);

 private:
  /// Where the line of an image is; 16 bytes an image are all that is kept in memory.
  struct Place {
    std::uint64_t image = 0;
    std::uint64_t offset = 0;
  };

  void read();

  std::filesystem::path path_;
  std::string format_;
  std::optional<pupil::MappedFile> earlier_;
  std::vector<Place> places_;  ///< sorted by image
  std::uint64_t whole_ = 0;    ///< bytes of the lines that are whole
  pupil::FileDescriptor file_;
};

}  // namespace captioner
