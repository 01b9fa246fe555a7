#pragma once
// The files of a run, and who may write them.

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/io/file_lock.hpp>
#include <pupil/io/leftovers.hpp>
#include <pupil/io/mapped_file.hpp>

namespace captioner {

/// Where the files of a run are; a path to a model file stands for itself.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }

  /// Weights, vocabulary and options of the best epoch: all that is needed to caption.
  std::filesystem::path model() const {
    return std::filesystem::is_regular_file(path_) ? path_ : path_ / "model.safetensors";
  }
  /// 16 digits of that file. Throws FileError where there is none.
  std::string model_fingerprint() const {
    const pupil::MappedFile file(model());
    const auto bytes = file.bytes();
    return pupil::hash_digits(pupil::hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }
  /// All that training needs to go on.
  std::filesystem::path checkpoint() const { return path_ / "checkpoint.safetensors"; }
  /// A row an epoch.
  std::filesystem::path history() const { return path_ / "history.csv"; }
  /// What the run was started with.
  std::filesystem::path settings() const { return path_ / "settings.json"; }
  /// The decoded images, unless they are kept elsewhere.
  std::filesystem::path images() const { return path_ / "images.safetensors"; }

  /// Whether training has left anything there.
  bool has_begun() const {
    return std::filesystem::exists(checkpoint()) || std::filesystem::exists(path_ / "model.safetensors");
  }

  /// Whether anything is there that a new run must not touch: not what is left of a start that did not get to its first
  /// checkpoint.
  bool in_use() const {
    if (!std::filesystem::is_directory(path_)) return std::filesystem::exists(path_);
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const std::string file = entry.path().filename().string();
      const bool is_of_a_start = file == settings().filename() || file == pupil::captioning::folder_lock_name ||
                                 file.starts_with(images().filename().string());  // or the lock on them
      if (!is_of_a_start) return true;
    }
    return false;
  }

 private:
  std::filesystem::path path_;
};

/// The folder of a run while it is trained: made where it was not there, locked, rid of what killed processes left, and
/// taken away again where nothing came of it.
class TrainingFolder {
 public:
  /// Throws FileInUse where another process trains there.
  explicit TrainingFolder(RunFolder run)
      : run_(std::move(run)),
        is_new_(std::filesystem::create_directories(run_.path())),
        lock_(pupil::captioning::lock_folder(run_.path(), "a training is running there")) {
    pupil::remove_leftovers(run_.path());
  }
  TrainingFolder(const TrainingFolder&) = delete;
  TrainingFolder& operator=(const TrainingFolder&) = delete;
  ~TrainingFolder() {
    std::error_code stays;
    if (is_new_ && !kept_ && !run_.has_begun()) std::filesystem::remove_all(run_.path(), stays);
  }

  /// Keeps the images, where they were decoded into it, for the next start.
  void keep_images() { kept_ = std::filesystem::exists(run_.images()); }

 private:
  RunFolder run_;
  bool is_new_;
  bool kept_ = false;
  pupil::captioning::FileLock lock_;
};

}  // namespace captioner
