#include "beside.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/mapped_file.hpp>

#include "xmp.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;

std::string text_path(const std::string& image) { return fs::path(image).replace_extension(".txt").string(); }

std::string text_of_caption(const CaptionResult& result) { return result.captions.front().sentence + "\n"; }

/// With the image's own ending, so that photo.jpg and photo.png do not share one: as digiKam and darktable do.
std::string xmp_path(const std::string& image) { return image + ".xmp"; }

std::string xmp_text(const CaptionResult& result) { return xmp_of_caption(result.captions.front().sentence); }

bool holds(const std::string& path, std::string_view text) {
  const pupil::MappedFile file(path);
  const auto bytes = file.bytes();
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == text;
}

}  // namespace

const std::vector<BesideFile>& beside_files() {
  static const std::vector<BesideFile> kinds{{"txt", text_path, text_of_caption}, {"xmp", xmp_path, xmp_text}};
  return kinds;
}

const BesideFile& beside_file_named(const std::string& name) {
  return *std::ranges::find(beside_files(), name, &BesideFile::name);
}

std::optional<std::string> write_beside(const BesideFile& kind, const CaptionResult& result,
                                        const std::optional<CaptionResult>& earlier) {
  const std::string path = kind.path(result.path), text = kind.text(result);
  if (fs::exists(fs::symlink_status(path))) {
    if (holds(path, text)) return std::nullopt;
    const bool is_ours = earlier && !earlier->captions.empty() && holds(path, kind.text(*earlier));
    if (!is_ours) return path + ": is there already, and is not as captioner wrote it; it is kept";
  }
  pupil::write_file_atomically(path, text);
  return std::nullopt;
}

}  // namespace captioner
