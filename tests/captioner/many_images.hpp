#pragma once
// Folders of images to caption.

#include <filesystem>
#include <string>

#include "program.hpp"

namespace pupil::testing {

inline Arguments caption_command(const Arguments& more) {
  return Arguments{"caption", "--run", trained().run.string(), "--threads", "1"} + more;
}

/// Puts one of the scenes into a folder, which is made where it is not there.
inline void put_scene(const std::filesystem::path& file, int number) {
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::copy_file(trained().image(number), file);
}

/// Images in a folder and in folders of it, and some files that are none.
struct Album {
  TemporaryFolder folder;
  std::filesystem::path images = folder / "album";

  Album() {
    put_scene(images / "c.JPG", 0);
    put_scene(images / "a.jpeg", 1);
    put_scene(images / "b" / "z.jpg", 2);
    put_scene(images / "b" / "deeper" / "y.jpg", 3);
    put_scene(images / "b.jpg", 4);
    put_scene(images / ".hidden" / "x.jpg", 5);
    put_file(images / "._c.JPG", "what a Mac leaves beside it");
    put_file(images / "notes.txt", "no image");
  }

  /// The beginning of the line of one of them.
  std::string line(const std::string& name) const { return (images / name).string() + "\t"; }
};

/// The paths at the beginning of lines of text.
inline std::vector<std::string> paths_of(std::string_view text) {
  std::vector<std::string> paths;
  for (const std::string& line : lines_of(text)) paths.push_back(line.substr(0, line.find('\t')));
  return paths;
}

}  // namespace pupil::testing
