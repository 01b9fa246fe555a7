#pragma once
// How far captioning is, on standard error, and what came of it.

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "../common/progress_line.hpp"
#include "captioning.hpp"

namespace captioner {

/// Of images.
struct CaptionCounts {
  std::size_t fresh = 0;    ///< never captioned before
  std::size_t changed = 0;  ///< captioned before, but image, captioner or settings were others
  std::size_t done = 0;     ///< by an earlier run
  std::size_t faults = 0;   ///< that cannot be read, among those that are not done

  void add(const ImageRequest& request) { ++(request.is_done ? done : request.earlier ? changed : fresh); }
  std::size_t to_caption() const { return fresh + changed; }

  /// "12 images to caption, 3 of them again; 85 are done".
  std::string plan() const;
  /// "captioned 12 images, 3 of them again; 85 were done; 1 cannot be read".
  std::string summary() const;
};

/// Images a second and the time that is left, on a terminal that nothing else is written to. Elsewhere a line now and
/// then, where the captions go into a file.
class CaptionProgress {
 public:
  explicit CaptionProgress(bool has_file);

  /// What is to come, where that is known.
  void expect(const CaptionCounts& all) { all_ = all; }
  void begin() { start_ = std::chrono::steady_clock::now(); }

  /// These are done too.
  void show(std::span<const CaptionedImage> images);

  const CaptionCounts& counts() const { return counts_; }

  /// Writes a line that stays.
  void complain(const std::string& text);

  /// Before captions are written, which may go to the same terminal.
  void clear_for_output() {
    if (!has_file_) line_.clear();
  }
  void clear() { line_.clear(); }

 private:
  std::string text() const;

  bool has_file_;
  bool is_shown_;
  ProgressLine line_;
  std::optional<CaptionCounts> all_;
  CaptionCounts counts_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace captioner
