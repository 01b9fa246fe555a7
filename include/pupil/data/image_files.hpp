#pragma once
// The image files of a data set as caches know them: which they are, their pixels at one size, and why some cannot be
// read.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_identity.hpp>
#include <pupil/io/resize.hpp>

namespace pupil::captioning {

/// An image that could not be read, and why not.
struct SkippedImage {
  std::string name;
  std::string reason;

  bool operator==(const SkippedImage&) const = default;
};

/// 16 digits that depend on every name in the list, in this order, and on what its file holds; not on where it lies.
inline std::string hash_image_files(const std::filesystem::path& folder, std::span<const std::string> names) {
  return hash_identities(identify_images(folder, names));
}

namespace detail {

/// The bytes that a cache keeps for the reason why it skipped an image: text that zeros end; all zeros for a good one.
inline constexpr std::size_t reason_length = 200;

/// Decodes a file into [size.height, size.width, 3] bytes, squashed to that size. Returns why that failed; nothing
/// where it went well.
inline std::string load_image_file(const std::filesystem::path& file, Size2d size, std::span<std::uint8_t> pixels) {
  try {
    const Image image = resize_bilinear(read_image(file), size);
    std::copy(image.begin(), image.end(), pixels.begin());
    return {};
  } catch (const Error& error) {
    std::string_view reason = error.what();
    const std::string prefix = file.string() + ": ";
    if (reason.starts_with(prefix)) reason.remove_prefix(prefix.size());
    return std::string(reason.substr(0, reason_length));
  }
}

/// The reason that is stored for a row.
inline std::string reason_of(std::span<const std::uint8_t> reasons, std::size_t row) {
  const auto stored = reasons.subspan(row * reason_length, reason_length);
  return std::string(stored.begin(), std::ranges::find(stored, std::uint8_t{0}));
}

inline void require_any_read(const std::filesystem::path& folder, std::span<const std::string> names,
                             std::span<const std::uint8_t> reasons) {
  bool any = false;
  for (std::size_t row = 0; row < names.size(); ++row) any = any || reason_of(reasons, row).empty();
  require<FileError>(any, folder.string(), ": none of the ", names.size(), " images can be read",
                     names.empty() ? "" : " (" + names[0] + ": " + reason_of(reasons, 0) + ")");
}

}  // namespace detail

}  // namespace pupil::captioning
