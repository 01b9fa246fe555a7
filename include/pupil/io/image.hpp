#pragma once
// Pictures from files: JPEG (baseline and progressive, grey, RGB and CMYK), PNG, BMP and the first frame of a GIF, all
// as RGB bytes the right way up.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/io/bmp_parts.hpp>
#include <pupil/io/byte_parts.hpp>
#include <pupil/io/encoded_image_size.hpp>
#include <pupil/io/image_kind.hpp>
#include <pupil/io/image_orientation.hpp>
#include <pupil/io/image_size.hpp>
#include <pupil/io/jpeg_parts.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/io/pixels.hpp>
#include <pupil/io/png_parts.hpp>
#include <pupil/io/resize.hpp>
#include <pupil/io/stb_decode.hpp>

namespace pupil::captioning {

namespace detail {

/// What the numbers of stb_image's pixels are. Apple's PNG has blue before red, and alpha multiplied in.
enum class PixelOrder { rgb, apple };

/// One pixel of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels as RGB; what is transparent is white.
inline void put_rgb(const std::uint8_t* pixel, int channels, PixelOrder order, std::uint8_t* rgb) {
  const bool apple = order == PixelOrder::apple;
  const int alpha = channels % 2 == 0 ? pixel[channels - 1] : 255;
  for (int c = 0; c < 3; ++c) {
    const int value = pixel[channels < 3 ? 0 : apple ? 2 - c : c];
    const int over_white =
        apple ? std::min(value + 255 - alpha, 255) : (value * alpha + 255 * (255 - alpha) + 127) / 255;
    rgb[c] = static_cast<std::uint8_t>(over_white);
  }
}

/// Throws FileError where stb_image found no pixels, or fewer than the picture has.
inline void require_pixels(const StbPixels& decoded, std::string_view kind, bool may_lack_bytes,
                           std::string_view name) {
  const bool lacks = decoded.passed_end || decoded.passed_scan || (decoded.pixels == nullptr && may_lack_bytes);
  require<FileError>(decoded.reason != "outofmem", name, ": not enough memory for the image");
  require<FileError>(decoded.reason != "too large", name, ": the image is too large to decode");
  require<FileError>(!lacks, name, ": truncated ", kind, " image");
  require<FileError>(decoded.pixels != nullptr, name, ": damaged ", kind, " image (", decoded.reason, ")");
  require<FileError>(!decoded.left_scan, name, ": damaged JPEG image (its pixels do not fit its restart markers)");
}

inline Image rgb_image(const StbPixels& decoded, PixelOrder order = PixelOrder::rgb) {
  auto image = Image::uninitialized({decoded.height, decoded.width, 3});
  const std::uint8_t* pixel = decoded.pixels.get();
  const auto channels = static_cast<int>(decoded.channels);
  if (channels == 3 && order == PixelOrder::rgb) {
    std::copy_n(pixel, image.size(), image.data());
    return image;
  }
  for (Index i = 0; i < image.rows(); ++i, pixel += channels) put_rgb(pixel, channels, order, image.row(i));
  return image;
}

inline Image decode_jpeg_padded(std::span<const std::byte> bytes, std::string_view name, ScanPadding padding) {
  const JpegParts jpeg(bytes, name, padding);
  const StbPixels decoded = decode_by_stb(jpeg.parts());
  // Ones behind a scan end in a code that does not exist.
  const bool may_lack_bytes = padding == ScanPadding::ones && !jpeg.ends();
  require_pixels(decoded, "JPEG", may_lack_bytes, name);
  return rgb_image(decoded);
}

inline Image decode_jpeg(std::span<const std::byte> bytes, std::string_view name) {
  Image image = decode_jpeg_padded(bytes, name, ScanPadding::ones);
  // Where a file breaks off, no pixel may depend on what would come next.
  const bool ends = visit_jpeg_segments(bytes, [](const JpegSegment&) { return true; });
  const bool whole = ends || decode_jpeg_padded(bytes, name, ScanPadding::zeros) == image;
  require<FileError>(whole, name, ": truncated JPEG image");
  return oriented(std::move(image), jpeg_orientation(bytes));
}

inline Image decode_png(std::span<const std::byte> bytes, std::string_view name) {
  const PngParts png(bytes, name);
  const StbPixels decoded = decode_by_stb(png.parts());
  require_pixels(decoded, "PNG", !png.ends(), name);
  return oriented(rgb_image(decoded, png.apple() ? PixelOrder::apple : PixelOrder::rgb), png_orientation(bytes));
}

inline Image decode_bmp(std::span<const std::byte> bytes, std::string_view name) {
  const StbPixels decoded = decode_by_stb(bmp_parts(bytes, name));
  require_pixels(decoded, "BMP", false, name);
  return rgb_image(decoded);
}

/// A GIF file for stb_image, which is to read `padding` behind its end. What the first frame leaves out is transparent,
/// as browsers have it: stb_image would fill it with the colour that byte 11 names, blue and red exchanged.
inline ByteParts gif_parts(std::span<const std::byte> bytes, std::string_view padding) {
  constexpr std::size_t background = 11;
  ByteParts parts;
  parts.add(bytes.first(background));
  parts.add(std::string_view("\0", 1));
  parts.add(bytes.subspan(background + 1));
  parts.add(padding);
  return parts;
}

inline Image decode_gif(std::span<const std::byte> bytes, std::string_view name) {
  // A chain of codes, each longer by a pixel than the one before, has up to 2730.
  constexpr Index max_pixels_in_byte = 16384;
  const Size2d size = encoded_gif_size(bytes, name);
  require_decodable_size(size.height, size.width, max_pixels_in_byte, bytes.size(), name);
  const StbPixels decoded = decode_by_stb(gif_parts(bytes, ""));
  if (!decoded.passed_end) {
    require_pixels(decoded, "GIF", false, name);
    return rgb_image(decoded);
  }
  // Where a file breaks off, no pixel may depend on what would come next.
  const std::string zeros(512, '\0'), others = std::string(512, '\x55') + zeros;
  const StbPixels before_zeros = decode_by_stb(gif_parts(bytes, zeros)),
                  before_others = decode_by_stb(gif_parts(bytes, others));
  require_pixels(before_zeros, "GIF", true, name);
  require_pixels(before_others, "GIF", true, name);
  Image image = rgb_image(before_zeros);
  require<FileError>(rgb_image(before_others) == image, name, ": truncated GIF image");
  return image;
}

}  // namespace detail

/// The picture in the bytes of a JPEG, PNG, BMP or GIF file. Grey becomes RGB, what is transparent is laid over white,
/// 16 bits become 8, the orientation that EXIF or XMP names is honoured, CMYK is Adobe's (inverted) as nearly all is. A
/// file that ends early is read where all pixels are there. `name` stands for the file in errors. Throws FileError for
/// bytes that are empty, truncated, damaged, or of another kind, and for more than `max_image_pixels`.
inline Image decode_image(std::span<const std::byte> bytes, std::string_view name) {
  switch (image_kind(bytes, name)) {
    case ImageKind::jpeg:
      return detail::decode_jpeg(bytes, name);
    case ImageKind::png:
      return detail::decode_png(bytes, name);
    case ImageKind::bmp:
      return detail::decode_bmp(bytes, name);
    case ImageKind::gif:
      break;
  }
  return detail::decode_gif(bytes, name);
}

/// The picture in a file, as `decode_image` reads it. Throws FileError also where the file cannot be read.
inline Image read_image(const std::filesystem::path& path) {
  const MappedFile file(path);
  return decode_image(file.bytes(), path.string());
}

}  // namespace pupil::captioning
