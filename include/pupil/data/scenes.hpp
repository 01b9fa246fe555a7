#pragma once
// Writes scenes as a data set of Kaggle's form: Images/scene_00000.jpg, ... and captions.txt.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/data/progress.hpp>
#include <pupil/data/scene.hpp>
#include <pupil/data/scene_captions.hpp>
#include <pupil/data/scene_drawing.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/io/image_write.hpp>
#include <pupil/io/system.hpp>

namespace pupil::captioning {

struct ScenesOptions {
  Index count = 1000;
  std::uint64_t seed = 0;
  Index image_size = 96;   ///< pixels a side
  bool overwrite = false;  ///< take the place of a data set of scenes that is there already
};

/// "scene_00042.jpg"
inline std::string scene_file_name(Index index) {
  std::string digits = std::to_string(index);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return "scene_" + digits + ".jpg";
}

/// The rows of captions.txt for the first `count` scenes of a seed, with its header.
inline std::string scene_captions_csv(std::uint64_t seed, Index count) {
  std::string text = "image,caption\n";
  for (Index i = 0; i < count; ++i) {
    for (const std::string& caption : captions_of(make_scene(seed, i))) {
      text += scene_file_name(i) + ',' + csv_field(caption) + '\n';
    }
  }
  return text;
}

namespace detail {

/// Whether the folder holds something besides the lock on it.
inline bool holds_anything(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename() != folder_lock_name) return true;
  }
  return false;
}

inline void remove_scene_pictures(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "Images")) {
    if (entry.path().filename().string().starts_with("scene_")) std::filesystem::remove(entry.path());
  }
}

/// A folder while scenes are written into it: its lock, and what must go where that fails.
class SceneFolder {
 public:
  /// Makes the folder ready for a new data set: without captions, so that a half-written one is none, and without the
  /// pictures of an earlier one.
  SceneFolder(std::filesystem::path path, bool overwrite)
      : path_(std::move(path)), is_new_(create(path_)), lock_(lock_folder(path_, "scenes are being drawn there")) {
    namespace fs = std::filesystem;
    remove_leftovers(path_);
    const bool was_killed = lock_.taken_over() && !fs::exists(path_ / "captions.txt");
    require<FileError>(overwrite || was_killed || !holds_anything(path_), path_.string(), ": is not empty");
    fs::remove(path_ / "captions.txt");
    fs::create_directories(path_ / "Images");
    remove_scene_pictures(path_);
  }
  SceneFolder(const SceneFolder&) = delete;
  SceneFolder& operator=(const SceneFolder&) = delete;

  /// Takes away what was written.
  void discard() noexcept {
    std::error_code ignored;
    if (is_new_) {
      std::filesystem::remove_all(path_, ignored);
    } else {
      try {
        remove_scene_pictures(path_);
      } catch (const std::filesystem::filesystem_error&) {
        return;  // the failure that brought us here is the one to be told
      }
      std::filesystem::remove(path_ / "Images", ignored);  // unless it holds more
    }
  }

 private:
  static bool create(const std::filesystem::path& path) {
    require<FileError>(!std::filesystem::exists(path) || std::filesystem::is_directory(path), path.string(),
                       ": is not a folder");
    return std::filesystem::create_directories(path);
  }

  std::filesystem::path path_;
  bool is_new_;
  FileLock lock_;
};

/// Plainly, not atomically: the data set counts from when captions.txt is there.
inline void write_scene_picture(const std::filesystem::path& path, const Image& picture) {
  constexpr int quality = 95;
  const std::vector<std::byte> bytes = encode_jpeg(picture, quality);
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file.fail()) throw_file_error(path, "write", errno != 0 ? errno : EIO);
}

}  // namespace detail

/// Writes `count` scenes, their captions last. The same options give the same bytes. Throws OptionError for a count
/// below 1, FileError where the folder holds anything and `overwrite` is not set, or cannot be written, and FileInUse
/// where another process is writing scenes there. After an exception, of `progress` too, nothing of the scenes is left;
/// what a killed process left of them is in nobody's way.
inline void write_scenes(const std::filesystem::path& folder, const ScenesOptions& options, Progress progress = {}) {
  require<OptionError>(options.count >= 1, "scenes: count is ", options.count, ", must be at least 1");
  detail::require_drawable(options.image_size);
  with_file_errors([&] {
    detail::SceneFolder output(folder, options.overwrite);
    try {
      ProgressCounter counter(options.count, std::move(progress));
      parallel_for(options.count, [&](Index i) {
        if (counter.is_stopped()) return;
        const Image picture = draw_scene(make_scene(options.seed, i), options.image_size);
        detail::write_scene_picture(folder / "Images" / scene_file_name(i), picture);
        counter.finish_one();
      });
      write_file_atomically(folder / "captions.txt", scene_captions_csv(options.seed, options.count));
    } catch (...) {
      output.discard();
      throw;
    }
  });
}

}  // namespace pupil::captioning
