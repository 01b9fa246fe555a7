#pragma once
// Decodes the images of a data set once: resized to one size, in one memory-mapped file, from which every epoch reads.
//
// The cache is a safetensors file:
//   images    U8 [N, height, width, 3]   row i is the i-th image of the list, squashed to the size; zeros where skipped
//   reasons   U8 [N, 200]                why an image was skipped, as text that zeros end; all zeros for a good one
//   metadata  key: this format's version, the size, and a hash of the list with what every file holds
//
// A file with another key, or none, or a damaged one, is built anew; it takes its name only when it is complete.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/data/image_files.hpp>
#include <pupil/data/progress.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/safetensors_output.hpp>

namespace pupil::captioning {

/// The decoded images of a list. Reading is thread-safe.
class ImageCache {
 public:
  /// Opens the cache at `path` if it was made from the same files in this size; builds it otherwise, in parallel,
  /// telling `progress` after every image. Images that cannot be read are skipped. Throws FileError where none can, and
  /// where the cache cannot be written: the old one then stays.
  ImageCache(const std::filesystem::path& path, const std::filesystem::path& image_folder,
             const std::vector<std::string>& names, Size2d size, Progress progress = {});

  /// Whether an earlier build was used.
  bool reused() const { return reused_; }

  /// How many rows there are: as many as the list has names.
  Index size() const { return static_cast<Index>(reasons_.size() / detail::reason_length); }

  Size2d image_size() const { return image_size_; }

  /// The row of an image; nothing where it was skipped or is not in the list.
  std::optional<Index> find(std::string_view name) const {
    const auto found = rows_.find(std::string(name));
    if (found == rows_.end()) return std::nullopt;
    return found->second;
  }

  /// The pixels of a row, [height, width, 3].
  const std::uint8_t* image(Index row) const {
    return images_.data() + static_cast<std::size_t>(row * image_size_.height * image_size_.width * 3);
  }

  /// The images that could not be read, in the order of the list.
  const std::vector<SkippedImage>& skipped() const { return skipped_; }

  /// Gives back the memory of the pages that were read; they are mapped again when needed.
  void release_pages() const noexcept { file_->release_pages(); }

 private:
  static std::string key_of(const std::filesystem::path& image_folder, const std::vector<std::string>& names,
                            Size2d size);
  static void build(const std::filesystem::path& path, const std::string& key,
                    const std::filesystem::path& image_folder, const std::vector<std::string>& names, Size2d size,
                    Progress progress);

  bool open(const std::filesystem::path& path, const std::string& key, std::size_t count);
  void index(const std::vector<std::string>& names);

  Size2d image_size_;
  bool reused_ = false;
  std::unique_ptr<const SafetensorsFile> file_;
  std::span<const std::uint8_t> images_;
  std::span<const std::uint8_t> reasons_;
  std::unordered_map<std::string, Index> rows_;
  std::vector<SkippedImage> skipped_;
};

inline ImageCache::ImageCache(const std::filesystem::path& path, const std::filesystem::path& image_folder,
                              const std::vector<std::string>& names, Size2d size, Progress progress)
    : image_size_(size) {
  require<OptionError>(size.height >= 1 && size.width >= 1, "image cache: the size ", size, " has no pixels");
  const std::string key = key_of(image_folder, names, size);
  reused_ = open(path, key, names.size());
  if (!reused_) {
    build(path, key, image_folder, names, size, std::move(progress));
    require<FileError>(open(path, key, names.size()), path.string(), ": changed while it was written");
  }
  index(names);
}

inline std::string ImageCache::key_of(const std::filesystem::path& image_folder, const std::vector<std::string>& names,
                                      Size2d size) {
  return message("pupil image cache 2, ", names.size(), " images, ", size.height, " x ", size.width, ", ",
                 hash_image_files(image_folder, names));
}

inline void ImageCache::build(const std::filesystem::path& path, const std::string& key,
                              const std::filesystem::path& image_folder, const std::vector<std::string>& names,
                              Size2d size, Progress progress) {
  const auto count = static_cast<Index>(names.size());
  const auto image_bytes = static_cast<std::size_t>(size.height * size.width * 3);
  SafetensorsHeader header;
  header.metadata["key"] = key;
  header.tensors["images"] = {.dtype = Dtype::U8, .shape = {count, size.height, size.width, 3}};
  header.tensors["reasons"] = {.dtype = Dtype::U8, .shape = {count, static_cast<Index>(detail::reason_length)}};
  SafetensorsOutput file(path, header);
  const std::span images = file.values<std::uint8_t>("images");
  const std::span reasons = file.values<std::uint8_t>("reasons");

  ProgressCounter counter(count, std::move(progress));
  parallel_for(count, [&](Index i) {
    if (counter.is_stopped()) return;
    const auto row = static_cast<std::size_t>(i);
    const std::string reason =
        detail::load_image_file(image_folder / names[row], size, images.subspan(row * image_bytes, image_bytes));
    std::ranges::copy(reason, reasons.subspan(row * detail::reason_length, detail::reason_length).begin());
    counter.finish_one();
  });
  detail::require_any_read(image_folder, names, reasons);
  file.commit();
}

/// Opens a cache, if it is one and has this key.
inline bool ImageCache::open(const std::filesystem::path& path, const std::string& key, std::size_t count) {
  try {
    auto file = std::make_unique<const SafetensorsFile>(path);
    if (file->metadata("key") != key) return false;
    images_ = file->values<std::uint8_t>("images");
    reasons_ = file->values<std::uint8_t>("reasons");
    file_ = std::move(file);
  } catch (const FileError&) {
    return false;  // absent, damaged, or something else
  }
  const auto image_bytes = static_cast<std::size_t>(image_size_.height * image_size_.width * 3);
  return images_.size() == count * image_bytes && reasons_.size() == count * detail::reason_length;
}

/// Sorts the list into images and skipped ones.
inline void ImageCache::index(const std::vector<std::string>& names) {
  for (std::size_t row = 0; row < names.size(); ++row) {
    const std::string reason = detail::reason_of(reasons_, row);
    if (reason.empty()) {
      rows_.emplace(names[row], static_cast<Index>(row));
    } else {
      skipped_.push_back({names[row], reason});
    }
  }
}

}  // namespace pupil::captioning
