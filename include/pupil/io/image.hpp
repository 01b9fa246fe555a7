#pragma once
// Pictures from files: JPEG (baseline and progressive, grey, RGB and CMYK), PNG, BMP and the first frame of a GIF, all
// as RGB bytes the right way up. stb_image does the decoding; it is included here and nowhere else.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

// Zeroed memory, because damaged files make stb_image use tables that they never defined; and no assertions, because
// what a file holds may not end a program.
#define STBI_MALLOC(size) std::calloc(1, size)
#define STBI_REALLOC(block, size) std::realloc(block, size)
#define STBI_FREE(block) std::free(block)
#define STBI_ASSERT(condition) static_cast<void>(0)
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_NO_PSD
#define STBI_NO_TGA
#include <stb/stb_image.h>
#undef STB_IMAGE_STATIC
#undef STB_IMAGE_IMPLEMENTATION

#include <pupil/core/errors.hpp>
#include <pupil/io/exif.hpp>
#include <pupil/io/jpeg_segments.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/io/pixels.hpp>
#include <pupil/io/png_checksum.hpp>
#include <pupil/io/resize.hpp>

namespace pupil {

/// More pixels than this (16384 x 16384) are taken for damage, before any memory is asked for them.
inline constexpr Index max_image_pixels = Index{1} << 28;

namespace detail {

/// Hands bytes to stb_image and remembers whether it asked for more than there are: past the end it goes on with zeros,
/// so that a truncated picture may come out with its lower part grey and no error.
class StbSource {
 public:
  explicit StbSource(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool passed_end() const noexcept { return passed_end_; }

  static const stbi_io_callbacks& callbacks() {
    static constexpr stbi_io_callbacks functions{&StbSource::read, &StbSource::skip, &StbSource::at_end};
    return functions;
  }

 private:
  static std::size_t take(StbSource& source, int wanted) {
    const std::size_t count = std::min(source.rest_.size(), static_cast<std::size_t>(wanted));
    source.rest_ = source.rest_.subspan(count);
    return count;
  }

  // stb_image reads ahead, so only a read that finds nothing left is one too many.
  static int read(void* self, char* destination, int wanted) {
    auto& source = *static_cast<StbSource*>(self);
    const std::byte* const begin = source.rest_.data();
    const std::size_t count = take(source, wanted);
    if (count > 0) std::memcpy(destination, begin, count);
    source.passed_end_ |= count == 0;
    return static_cast<int>(count);
  }

  static void skip(void* self, int wanted) {
    auto& source = *static_cast<StbSource*>(self);
    source.passed_end_ |= take(source, wanted) < static_cast<std::size_t>(wanted);
  }

  static int at_end(void* self) { return static_cast<StbSource*>(self)->rest_.empty() ? 1 : 0; }

  std::span<const std::byte> rest_;
  bool passed_end_ = false;
};

/// Why stb_image failed, in its own words, which it does not always have.
inline const char* stb_reason() {
  const char* const reason = stbi_failure_reason();
  return reason != nullptr ? reason : "no reason given";
}

/// One pixel of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels as RGB; what is transparent is white.
inline void put_rgb(const std::uint8_t* pixel, int channels, std::uint8_t* rgb) {
  const int alpha = channels % 2 == 0 ? pixel[channels - 1] : 255;
  for (int c = 0; c < 3; ++c) {
    const int value = pixel[channels >= 3 ? c : 0];
    rgb[c] = static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

/// No image of these formats has more pixels in a byte: a PNG file of one bit a pixel and one colour has 8256.
inline constexpr Index max_pixels_in_byte = 16384;

inline void require_decodable_size(std::span<const std::byte> bytes, std::string_view name) {
  int width = 0, height = 0, channels = 0;
  StbSource source(bytes);
  const bool known = stbi_info_from_callbacks(&StbSource::callbacks(), &source, &width, &height, &channels) != 0;
  require<FileError>(known || !source.passed_end(), name, ": truncated image");
  require<FileError>(known, name, ": damaged image (", stb_reason(), ")");
  const Index rows = std::abs(Index{height});  // a BMP file whose rows begin at the top has a negative height
  const Index pixels = width * rows;
  require<FileError>(pixels <= max_image_pixels, name, ": image of ", width, " x ", rows, " pixels, more than ",
                     max_image_pixels, " are not read");
  require<FileError>(pixels / max_pixels_in_byte <= std::ssize(bytes), name, ": damaged image, ", width, " x ", rows,
                     " pixels cannot lie in ", bytes.size(), " bytes");
}

inline Image decode_pixels(std::span<const std::byte> bytes, std::string_view name) {
  int width = 0, height = 0, channels = 0;
  StbSource source(bytes);
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> pixels(
      stbi_load_from_callbacks(&StbSource::callbacks(), &source, &width, &height, &channels, 0), &stbi_image_free);
  require<FileError>(!source.passed_end(), name, ": truncated image");
  require<FileError>(pixels != nullptr, name, ": damaged image (", stb_reason(), ")");

  auto image = Image::uninitialized({height, width, 3});
  for (Index i = 0; i < image.rows(); ++i) put_rgb(pixels.get() + i * channels, channels, image.row(i));
  return image;
}

}  // namespace detail

/// The picture in the bytes of a JPEG, PNG, BMP or GIF file. Grey becomes RGB, what is transparent is laid over white,
/// 16 bits become 8, EXIF's orientation is honoured. `name` stands for the file in errors. Throws FileError for bytes
/// that are empty, truncated, damaged, or of another format, and for more than `max_image_pixels`.
inline Image decode_image(std::span<const std::byte> bytes, std::string_view name) {
  const bool is_jpeg = detail::begins_with(bytes, "\xFF\xD8");
  const bool is_png = detail::begins_with(bytes, "\x89PNG\r\n\x1A\n");
  const bool is_other = detail::begins_with(bytes, "BM") || detail::begins_with(bytes, "GIF8");
  require<FileError>(!bytes.empty(), name, ": empty file");
  require<FileError>(is_jpeg || is_png || is_other, name, ": not a JPEG, PNG, BMP or GIF image");
  if (is_jpeg) require_sound_jpeg(bytes, name);
  if (is_png) require_sound_png(bytes, name);
  detail::require_decodable_size(bytes, name);
  Image image = detail::decode_pixels(bytes, name);
  return is_jpeg ? oriented(std::move(image), exif_orientation(bytes)) : image;
}

/// The picture in a file, as `decode_image` reads it. Throws FileError also where the file cannot be read.
inline Image read_image(const std::filesystem::path& path) {
  const MappedFile file(path);
  return decode_image(file.bytes(), path.string());
}

}  // namespace pupil
