#pragma once
// A BMP file as stb_image is to see it: a header of one of two kinds, all colours that a pixel can name, pixels at
// once. The files of the world have more: headers of seven lengths, fewer colours, gaps, masks in three places.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/byte_parts.hpp>
#include <pupil/io/image_size.hpp>

namespace pupil::captioning {

namespace detail {

/// What a BMP file says of its picture.
struct BmpHeader {
  static constexpr std::size_t file_header = 14, core = 12, info = 40, with_masks = 52, with_alpha_mask = 56;
  std::size_t size = 0;  ///< of the header behind the file's
  Index width = 0, height = 0;
  bool from_top = false;
  std::uint32_t bits = 0, compression = 0, colours = 0;
  std::array<std::uint32_t, 4> masks{};  ///< of red, green, blue and alpha in a pixel; zeros for the usual ones
};

namespace bmp_compression {
inline constexpr std::uint32_t none = 0, rle8 = 1, rle4 = 2, masks = 3, jpeg = 4, png = 5, alpha_masks = 6;
}

inline BmpHeader read_bmp_header(std::span<const std::byte> bmp, std::string_view name) {
  const ByteNumbers numbers{bmp, false};
  const auto at = [&](std::size_t position, std::size_t size) {
    return numbers.read(BmpHeader::file_header + position, size);
  };
  BmpHeader header;
  header.size = at(0, 4);
  require<FileError>(bmp.size() >= BmpHeader::file_header + std::max<std::size_t>(header.size, 4), name,
                     ": truncated BMP image");
  if (header.size == BmpHeader::core) {
    header.width = at(4, 2);
    header.height = at(6, 2);
    header.bits = at(10, 2);
    return header;
  }
  // The other lengths up to 64 are OS/2's, which knows compressions of its own.
  const bool windows = header.size == BmpHeader::info || header.size == BmpHeader::with_masks ||
                       header.size == BmpHeader::with_alpha_mask || header.size == 108 || header.size == 124;
  require<FileError>(windows || header.size == 64, name, ": BMP with a header of ", header.size, " bytes",
                     header.size >= 16 && header.size < 64 ? " (OS/2)" : "", " is not supported");
  const auto height = static_cast<std::int32_t>(at(8, 4));
  header.width = static_cast<std::int32_t>(at(4, 4));
  header.height = std::abs(Index{height});
  header.from_top = height < 0;
  header.bits = at(14, 2);
  header.compression = at(16, 4);
  require<FileError>(windows || header.compression == bmp_compression::none, name,
                     ": compressed BMP of OS/2 is not supported");
  header.colours = at(32, 4);
  if (header.compression == bmp_compression::masks || header.compression == bmp_compression::alpha_masks) {
    const bool alpha = header.size >= BmpHeader::with_alpha_mask || header.compression == bmp_compression::alpha_masks;
    for (std::size_t i = 0; i < (alpha ? 4u : 3u); ++i) header.masks[i] = at(BmpHeader::info + 4 * i, 4);
  }
  return header;
}

inline void require_supported_bmp(const BmpHeader& header, std::string_view name) {
  const auto one_of = [](std::uint32_t value, std::initializer_list<std::uint32_t> values) {
    return std::ranges::find(values, value) != values.end();
  };
  using namespace bmp_compression;
  require<FileError>(!one_of(header.compression, {rle8, rle4}), name, ": RLE-compressed BMP is not supported");
  require<FileError>(!one_of(header.compression, {jpeg, png}), name, ": BMP that holds a ",
                     header.compression == jpeg ? "JPEG" : "PNG", " image is not supported");
  require<FileError>(one_of(header.compression, {none, masks, alpha_masks}), name, ": BMP of compression ",
                     header.compression, " is not supported");
  const bool masked = header.compression != none;
  require<FileError>(masked ? one_of(header.bits, {16, 32}) : one_of(header.bits, {1, 4, 8, 16, 24, 32}), name,
                     ": BMP of ", header.bits, " bits a pixel", masked ? " with masks" : "", " is not supported");
  for (const std::uint32_t mask : header.masks) {
    const bool joined = mask == 0 || std::has_single_bit((mask >> std::countr_zero(mask)) + std::uint64_t{1});
    require<FileError>(joined && std::popcount(mask) <= 8, name, ": BMP with the mask ", mask, " is not supported");
  }
}

/// Where the picture lies in a BMP file.
struct BmpLayout {
  std::size_t colours = 0, pixels = 0;   ///< where they begin
  std::size_t row = 0, row_padding = 0;  ///< bytes, of which the last are no pixels
};

inline BmpLayout bmp_layout(std::span<const std::byte> bmp, const BmpHeader& header, std::string_view name) {
  BmpLayout layout;
  layout.colours = BmpHeader::file_header + header.size;
  if (header.size == BmpHeader::info && header.compression == bmp_compression::masks) layout.colours += 12;
  if (header.size == BmpHeader::info && header.compression == bmp_compression::alpha_masks) layout.colours += 16;
  layout.pixels = ByteNumbers{bmp, false}.read(10, 4);
  const std::size_t bits = static_cast<std::size_t>(header.width) * header.bits;
  layout.row = (bits + 31) / 32 * 4;
  layout.row_padding = layout.row - (bits + 7) / 8;
  const std::size_t size = layout.row * static_cast<std::size_t>(header.height) - layout.row_padding;
  require<FileError>(layout.pixels >= layout.colours, name, ": damaged BMP image (pixels at byte ", layout.pixels, ")");
  require<FileError>(layout.pixels <= bmp.size() && bmp.size() - layout.pixels >= size, name, ": truncated BMP image");
  return layout;
}

/// The header, and all colours that a pixel of at most 8 bits may name; those that the file leaves out are black.
inline std::vector<std::byte> plain_bmp_header(std::span<const std::byte> bmp, const BmpHeader& header,
                                               const BmpLayout& layout) {
  const bool masked = header.compression != bmp_compression::none;
  const std::size_t colours = header.bits <= 8 ? std::size_t{1} << header.bits : 0;
  const std::size_t size = masked ? 108 : BmpHeader::info;
  std::vector<std::byte> made;
  const auto append = [&](std::size_t value, std::size_t bytes) { append_little_endian(made, value, bytes); };
  append_text(made, "BM");
  append(0, 8);  // the file's size, which is not read, and zeros
  append(BmpHeader::file_header + size + 4 * colours, 4);
  append(size, 4);
  append(static_cast<std::size_t>(header.width), 4);
  append(static_cast<std::size_t>(header.from_top ? -header.height : header.height), 4);
  append(1, 2);
  append(header.bits, 2);
  append(masked ? bmp_compression::masks : bmp_compression::none, 4);
  append(0, 20);
  if (masked) {
    for (const std::uint32_t mask : header.masks) append(mask, 4);
  }
  made.resize(BmpHeader::file_header + size);

  const ByteNumbers numbers{bmp.first(layout.pixels), false};
  const std::size_t there = header.colours == 0 ? colours : header.colours;
  const std::size_t colour_size = header.size == BmpHeader::core ? 3 : 4;
  for (std::size_t i = 0; i < colours; ++i)
    append(i < there ? numbers.read(layout.colours + i * colour_size, 3) : 0, 4);
  return made;
}

}  // namespace detail

/// A BMP file put together for stb_image. Throws FileError, beginning with `name`, for pictures that are truncated,
/// damaged, not supported or too large. The bytes begin with BM and must outlive the result.
inline ByteParts bmp_parts(std::span<const std::byte> bmp, std::string_view name) {
  const detail::BmpHeader header = detail::read_bmp_header(bmp, name);
  detail::require_supported_bmp(header, name);
  constexpr Index pixels_in_byte = 8;
  detail::require_decodable_size(header.height, header.width, pixels_in_byte, bmp.size(), name);
  const detail::BmpLayout layout = detail::bmp_layout(bmp, header, name);
  ByteParts parts;
  parts.add_made(detail::plain_bmp_header(bmp, header, layout));
  parts.add(bmp.subspan(layout.pixels));
  parts.add(std::string_view("\0\0\0\0", 4).substr(0, layout.row_padding));  // writers forget the last row's
  return parts;
}

}  // namespace pupil::captioning
