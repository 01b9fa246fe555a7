#pragma once
// A PNG file as stb_image is to see it: the chunks that make the picture, in the order that it asks for. The pixels may
// be followed by nothing at all, where all of them are there.
//
// What Xcode puts into programs for phones calls itself PNG and has a chunk CgBI before all others: the compressed data
// has neither zlib's header nor its checksum, colours are blue, green, red and already multiplied by alpha. The header
// is put before it; exchanging the colours is left to whoever decodes.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/byte_parts.hpp>
#include <pupil/io/image_size.hpp>
#include <pupil/io/png_chunks.hpp>

namespace pupil::captioning {

namespace detail {

// A picture of one bit a pixel and one colour has 8256.
inline constexpr Index max_png_pixels_in_byte = 16384;

/// PNG's kinds of pixels.
namespace png_colour {
inline constexpr int grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6;
}

inline bool is_png_depth(int colour, int depth) {
  if (colour == png_colour::grey) return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  if (colour == png_colour::palette) return depth == 1 || depth == 2 || depth == 4 || depth == 8;
  const bool other = colour == png_colour::rgb || colour == png_colour::grey_alpha || colour == png_colour::rgb_alpha;
  return other && (depth == 8 || depth == 16);
}

}  // namespace detail

/// Puts a PNG file together for stb_image.
class PngParts {
 public:
  /// Throws FileError, beginning with `name`, for pictures that are truncated, damaged or too large. The bytes begin
  /// with PNG's signature and must outlive this.
  PngParts(std::span<const std::byte> png, std::string_view name) : name_(name), file_size_(png.size()) {
    ends_ = visit_png_chunks(png, [&](const PngChunk& chunk) { add(chunk); });
    require<FileError>(has_header_ && !pixels_.empty(), name, ends_ ? ": damaged PNG image (no pixels)" : truncated);
    put_together(png);
  }

  const ByteParts& parts() const noexcept { return parts_; }

  /// Whether it is of Apple's form.
  bool apple() const noexcept { return apple_; }

  /// Whether the file says where it ends. Where it does not, pixels may be missing.
  bool ends() const noexcept { return ends_; }

 private:
  static constexpr std::string_view truncated = ": truncated PNG image";

  void add(const PngChunk& chunk) {
    const bool pixels = chunk.type == "IDAT";
    // A cut may go through zlib's checksum or the chunk's: nothing of the picture lies there. IEND holds nothing.
    constexpr std::size_t zlib_checksum = 4;
    const bool cut = chunk.contents.size() + (pixels && !apple_ ? zlib_checksum : 0) < chunk.length;
    if (chunk.type == "IEND" || (!chunk.necessary() && (cut || !chunk.sound()))) return;
    require<FileError>(!cut, name_, truncated);
    require<FileError>(chunk.sound(), name_, ": damaged PNG image, a checksum is wrong at byte ", chunk.position);
    if (chunk.type == "CgBI") {
      apple_ = true;
    } else if (chunk.type == "IHDR") {
      add_header(chunk);
    } else if (pixels) {
      if (!chunk.contents.empty()) pixels_.push_back(chunk);
    } else if (chunk.type == "PLTE") {
      palette_ = chunk.contents;
    } else if (chunk.type == "tRNS") {
      if (pixels_.empty()) transparency_ = chunk.contents;
    } else {
      require<FileError>(!chunk.necessary(), name_, ": PNG with a chunk ", chunk.type, " is not supported");
    }
  }

  void add_header(const PngChunk& chunk) {
    const ByteNumbers numbers{chunk.contents};
    depth_ = static_cast<int>(numbers.read(8, 1));
    colour_ = static_cast<int>(numbers.read(9, 1));
    require<FileError>(!has_header_ && chunk.length == 13, name_, ": damaged PNG image (header)");
    require<FileError>(detail::is_png_depth(colour_, depth_), name_, ": damaged PNG image (", depth_,
                       " bits of colours of kind ", colour_, ")");
    detail::require_decodable_size(numbers.read(4, 4), numbers.read(0, 4), detail::max_png_pixels_in_byte, file_size_,
                                   name_);
    has_header_ = true;
    header_ = chunk.contents;
  }

  void put_together(std::span<const std::byte> png) {
    parts_.add(png.first(8));
    add_made("IHDR", {header_.begin(), header_.end()});
    if (colour_ == detail::png_colour::palette) add_made("PLTE", palette());
    if (const auto transparency = transparency_of_kind(); !transparency.empty()) add_made("tRNS", transparency);
    if (apple_) add_made("IDAT", {std::byte{0x78}, std::byte{0x01}});
    for (const PngChunk& chunk : pixels_) {
      if (chunk.complete()) {
        parts_.add(chunk.whole);
      } else {
        add_made("IDAT", {chunk.contents.begin(), chunk.contents.end()});
      }
    }
    // stb_image (2.27) looks for some bytes behind the last code, where zlib's checksum stands when there is one.
    add_made("IDAT", std::vector<std::byte>(4));
    add_made("IEND", {});
  }

  // All 256 colours that a pixel may name; those that the file leaves out are black.
  std::vector<std::byte> palette() const {
    require<FileError>(!palette_.empty() && palette_.size() % 3 == 0, name_, ": damaged PNG image (palette of ",
                       palette_.size(), " bytes)");
    std::vector<std::byte> colours(256 * 3);
    std::copy_n(palette_.begin(), std::min(palette_.size(), colours.size()), colours.begin());
    return colours;
  }

  // As libpng does, takes what is too long for shorter and what is too short, or needless, for nothing.
  std::vector<std::byte> transparency_of_kind() const {
    const auto first = [&](std::size_t count) {
      return transparency_.size() < count
                 ? std::vector<std::byte>{}
                 : std::vector<std::byte>(transparency_.begin(), transparency_.begin() + static_cast<long>(count));
    };
    if (colour_ == detail::png_colour::grey) return first(2);
    if (colour_ == detail::png_colour::rgb) return first(6);
    if (colour_ == detail::png_colour::palette) return first(std::min<std::size_t>(transparency_.size(), 256));
    return {};
  }

  // stb_image reads no checksums.
  void add_made(std::string_view type, const std::vector<std::byte>& contents) {
    std::vector<std::byte> chunk;
    detail::append_big_endian(chunk, contents.size(), 4);
    detail::append_text(chunk, type);
    chunk.insert(chunk.end(), contents.begin(), contents.end());
    detail::append_big_endian(chunk, 0, PngChunk::tail);
    parts_.add_made(std::move(chunk));
  }

  std::string_view name_;
  std::size_t file_size_;
  ByteParts parts_;
  std::span<const std::byte> header_, palette_, transparency_;
  std::vector<PngChunk> pixels_;
  int depth_ = 0, colour_ = 0;
  bool has_header_ = false, apple_ = false, ends_ = false;
};

}  // namespace pupil::captioning
