#pragma once
// What a captioner was trained on, kept in its file: so that these images are not taken for ones it never saw.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <pupil/io/image_identity.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/models/metadata.hpp>

namespace pupil::captioning {

/// How a captioner's data were split, and which images it has learned from: itself, or what it was started from.
struct TrainingRecord {
  std::uint64_t split_seed = 0;       ///< decided the split where the data had no lists of their own
  std::vector<ImageIdentity> images;  ///< sorted, each once

  bool operator==(const TrainingRecord&) const = default;

  /// Adds images that are trained on.
  void add(std::span<const ImageIdentity> more) {
    images.insert(images.end(), more.begin(), more.end());
    std::ranges::sort(images);
    images.erase(std::unique(images.begin(), images.end()), images.end());
  }
};

/// Images that a captioner has learned from, by their places in a list.
struct TrainedImages {
  std::vector<std::size_t> same;     ///< the name and the bytes are those of an image it was trained on
  std::vector<std::size_t> renamed;  ///< the bytes are; the name is another
  std::vector<std::size_t> changed;  ///< the name is; the bytes are others
};

/// Looks for these images among those of the record.
inline TrainedImages find_trained(const TrainingRecord& record, std::span<const ImageIdentity> images) {
  std::vector<std::uint64_t> contents;
  for (const ImageIdentity& image : record.images) contents.push_back(image.content);
  std::ranges::sort(contents);
  TrainedImages found;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (std::ranges::binary_search(record.images, images[i])) {
      found.same.push_back(i);
    } else if (images[i].content != 0 && std::ranges::binary_search(contents, images[i].content)) {
      found.renamed.push_back(i);
    } else if (std::ranges::binary_search(record.images, images[i].name, {}, &ImageIdentity::name)) {
      found.changed.push_back(i);
    }
  }
  return found;
}

namespace detail {

inline constexpr const char* trained_images_key = "trained_images";  ///< of the metadata of earlier versions
inline constexpr const char* trained_images_tensor = "about.trained_images";

/// From a line an image, two hashes of 16 digits, in the metadata: as earlier versions kept them.
inline std::vector<ImageIdentity> parse_identities(const SafetensorsFile& file, std::string_view text) {
  constexpr std::size_t digits = 16, line_length = 2 * digits + 2;
  const auto number = [&](std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, digits);
    const bool is_whole = word.size() == digits && error == std::errc() && end == word.data() + word.size();
    require<FileError>(is_whole, file.path().string(), ": ", trained_images_key, " is damaged in the metadata");
    return value;
  };
  std::vector<ImageIdentity> images;
  for (; !text.empty(); text.remove_prefix(std::min(line_length, text.size()))) {
    const std::string_view second = text.substr(std::min(digits + 1, text.size()), digits);
    images.push_back({number(text.substr(0, digits)), number(second)});
  }
  std::ranges::sort(images);
  return images;
}

/// From a tensor of two hashes an image.
inline std::vector<ImageIdentity> read_identities(const SafetensorsFile& file) {
  const TensorInfo& tensor = file.info(trained_images_tensor);
  require<FileError>(tensor.dtype == Dtype::U64 && tensor.shape.size() == 2 && tensor.shape[1] == 2,
                     file.path().string(), ": tensor \"", trained_images_tensor, "\" is ", tensor.dtype,
                     " of the shape ", format_extents(tensor.shape), ", expected ", Dtype::U64,
                     " and two numbers an image");
  std::vector<ImageIdentity> images(static_cast<std::size_t>(tensor.shape[0]));
  if (!images.empty())
    std::memcpy(images.data(), file.raw(trained_images_tensor).data(), images.size() * sizeof images[0]);
  std::ranges::sort(images);
  return images;
}

}  // namespace detail

/// Adds the record to what is being collected for a file; it is not copied, and must stay until that is written.
inline void write_training_record(SafetensorsWriter& writer, const TrainingRecord& record) {
  static_assert(sizeof(ImageIdentity) == 2 * sizeof(std::uint64_t));
  writer.set_metadata("split_seed", pupil::detail::to_text(record.split_seed));
  const std::array<Index, 2> shape{static_cast<Index>(record.images.size()), 2};
  writer.add(detail::trained_images_tensor, Dtype::U64, shape,
             reinterpret_cast<const std::byte*>(record.images.data()));
}
void write_training_record(SafetensorsWriter& writer, TrainingRecord&& record) = delete;  // would not live until write

/// The record in a file; nothing where there is none, as in the files of early versions. Throws FileError where it is
/// damaged.
inline std::optional<TrainingRecord> read_training_record(const SafetensorsFile& file) {
  const auto as_text = file.metadata().find(detail::trained_images_key);
  const bool is_text = as_text != file.metadata().end();
  if (!is_text && !file.contains(detail::trained_images_tensor)) return std::nullopt;
  TrainingRecord record;
  pupil::detail::from_text(file, "split_seed", file.metadata("split_seed"), record.split_seed);
  record.images = is_text ? detail::parse_identities(file, as_text->second) : detail::read_identities(file);
  return record;
}

}  // namespace pupil::captioning
