#pragma once
// The files of a run.

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <pupil/core/errors.hpp>

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
  /// All that training needs to go on.
  std::filesystem::path checkpoint() const { return path_ / "checkpoint.safetensors"; }
  /// A row an epoch.
  std::filesystem::path history() const { return path_ / "history.csv"; }
  /// What the run was started with.
  std::filesystem::path settings() const { return path_ / "settings.json"; }
  /// The decoded images, unless they are kept elsewhere.
  std::filesystem::path images() const { return path_ / "images.safetensors"; }

  /// Whether anything is there.
  bool in_use() const {
    std::error_code absent;
    return std::filesystem::exists(path_) && !std::filesystem::is_empty(path_, absent);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace captioner
