#pragma once
// Naming the images that a cache had to leave out.

#include <string>
#include <vector>

#include <pupil/data/image_files.hpp>

#include "progress_line.hpp"

namespace captioner {

inline void report_skipped(const std::vector<pupil::captioning::SkippedImage>& images, ProgressLine& line) {
  if (images.empty()) return;
  line.print("captioner: skipped " + std::to_string(images.size()) +
             (images.size() == 1 ? " image that cannot be read:" : " images that cannot be read:"));
  for (const auto& [name, reason] : images) line.print("  " + name + ": " + reason);
}

}  // namespace captioner
