#pragma once
// Which kind of picture a file is, by its first bytes.

#include <cstddef>
#include <span>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/io/foreign_files.hpp>

namespace pupil::captioning {

/// The formats of images that can be told apart.
enum class ImageKind { jpeg, png, bmp, gif };

/// Throws FileError, beginning with `name`, for bytes that are empty or of another kind, saying which.
inline ImageKind image_kind(std::span<const std::byte> bytes, std::string_view name) {
  require<FileError>(!bytes.empty(), name, ": empty file");
  if (pupil::detail::begins_with(bytes, "\xFF\xD8")) return ImageKind::jpeg;
  if (pupil::detail::begins_with(bytes, "\x89PNG\r\n\x1A\n")) return ImageKind::png;
  if (pupil::detail::begins_with(bytes, "BM")) return ImageKind::bmp;
  if (pupil::detail::begins_with(bytes, "GIF8")) return ImageKind::gif;
  const ForeignFile file = kind_of_foreign_file(bytes);
  require<FileError>(!file.is_known(), name, ": not a JPEG, PNG, BMP or GIF image; it is ", file.kind);
  throw FileError(message(name, ": not a JPEG, PNG, BMP or GIF image"));
}

}  // namespace pupil::captioning
