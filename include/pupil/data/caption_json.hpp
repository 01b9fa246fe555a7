#pragma once
// Which kind of captions a JSON file holds, by its ends: files of hundreds of megabytes are known at once.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/mapped_file.hpp>

namespace pupil::captioning::detail {

enum class CaptionJson { other, karpathy, coco };

/// By what stands in the first and the last kilobytes: Karpathy's images have their sentences with them; COCO's
/// captions stand before or behind its images, and files of its other annotations have none.
inline CaptionJson kind_of_caption_json(const std::filesystem::path& path) {
  constexpr std::size_t looked_at = 1 << 16;
  try {
    const MappedFile file(path);
    const auto bytes = file.bytes();
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string_view start = without_byte_order_mark(all.substr(0, looked_at));
    const std::size_t first = start.find_first_not_of(" \t\r\n");
    if (first == start.npos || start[first] != '{') return CaptionJson::other;
    const std::string_view end = all.substr(all.size() - std::min(all.size(), looked_at));
    const auto begins_with = [&](std::string_view name) { return start.find(name) != start.npos; };
    const auto has = [&](std::string_view name) { return begins_with(name) || end.find(name) != end.npos; };
    if (begins_with("\"sentences\"")) return CaptionJson::karpathy;
    if (has("\"images\"") && has("\"image_id\"") && has("\"caption\"")) return CaptionJson::coco;
  } catch (const FileError&) {
    // it cannot be read, which is said where it has to be
  }
  return CaptionJson::other;
}

/// The files of a folder with names of JSON, sorted; none where there is no such folder.
inline std::vector<std::filesystem::path> json_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::is_directory(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (ascii_lower(entry.path().extension().string()) == ".json" && entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace pupil::captioning::detail
