#pragma once
// Where captions go: standard output, or a file that is complete after every batch.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "captioning.hpp"
#include "formats/caption_format.hpp"
#include "growing_file.hpp"

namespace captioner {

class CaptionOutput {
 public:
  /// Begins the output in the file `out`, or on standard output. Throws FileError where it cannot be written.
  CaptionOutput(std::unique_ptr<const CaptionFormat> format, const std::optional<std::string>& out);

  void add(std::span<const CaptionedImage> images);

  /// To be called when all is added.
  void finish();

 private:
  void append(const std::string& text);

  std::unique_ptr<const CaptionFormat> format_;
  std::optional<GrowingFile> file_;
  bool is_first_ = true;  ///< no record was written yet
};

}  // namespace captioner
