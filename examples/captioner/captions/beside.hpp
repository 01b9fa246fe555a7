#pragma once
// Files beside each image that hold its caption, where other programs look for them.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "captioning.hpp"

namespace captioner {

/// A kind of such files. Their captions are sentences.
struct BesideFile {
  std::string name;
  std::function<std::string(const std::string& image)> path;
  std::function<std::string(const CaptionResult& result)> text;
};

/// txt: photo.txt, the caption and a line end; xmp: photo.jpg.xmp, for photo managers (xmp.hpp).
const std::vector<BesideFile>& beside_files();

/// By its name, which is one of them.
const BesideFile& beside_file_named(const std::string& name);

/// Writes the caption of an image beside it. A file that is there is replaced where it holds what was written of
/// `earlier`; any other is somebody's work and is kept: the reason is returned. Throws FileError where it cannot be
/// written.
std::optional<std::string> write_beside(const BesideFile& kind, const CaptionResult& result,
                                        const std::optional<CaptionResult>& earlier);

}  // namespace captioner
