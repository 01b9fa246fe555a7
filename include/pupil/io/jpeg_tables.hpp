#pragma once
// Which tables a JPEG file defines, and whether they are sound: stb_image (2.27) looks at neither.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/io/jpeg_frame.hpp>
#include <pupil/io/jpeg_scan.hpp>

namespace pupil::captioning {

/// The tables that a decoder knows at some place of a file.
class JpegTables {
 public:
  /// Reads a segment of tables, others are passed over. Throws FileError, beginning with `name`, for Huffman tables
  /// with more codes than stb_image has room for.
  void add(const JpegSegment& segment, std::string_view name) {
    if (segment.marker == jpeg_marker::huffman_tables) {
      require<FileError>(add_huffman(segment.contents), name, ": damaged JPEG image (bad Huffman table)");
    } else if (segment.marker == jpeg_marker::quantization_tables) {
      add_quantization(segment.contents);
    }
  }

  bool has_huffman() const { return first_codes_ != 0 || other_codes_ != 0; }

  /// Throws FileError where a scan uses a table that was not defined.
  void require_for(const JpegFrame& frame, const JpegScan& scan, std::string_view name) const {
    for (const auto& part : scan.parts) {
      const int table = frame.components[part.component].quantization_table;
      require<FileError>(has(quantization_, table), name, ": damaged JPEG image (quantization table ", table,
                         " is missing)");
      const bool sequential = !frame.progressive();
      const bool sound =
          (!(sequential || (scan.first == 0 && scan.high == 0)) || has(first_codes_, part.tables >> 4)) &&
          (!(sequential || scan.first > 0) || has(other_codes_, part.tables & 15));
      require<FileError>(sound, name, ": damaged JPEG image (a Huffman table is missing)");
    }
  }

 private:
  static bool has(unsigned tables, int table) { return (tables >> table & 1u) != 0; }

  // 1 byte class and number, 16 counts, as many symbols as they sum to.
  bool add_huffman(std::span<const std::byte> contents) {
    constexpr std::size_t head = 17;
    while (contents.size() >= head) {
      std::size_t codes = 0;
      for (const std::byte count : contents.subspan(1, head - 1)) codes += std::to_integer<std::size_t>(count);
      if (codes > 256 || codes > contents.size() - head) return false;
      const auto which = std::to_integer<unsigned>(contents[0]);
      (which < 16 ? first_codes_ : other_codes_) |= 1u << (which & 15);
      contents = contents.subspan(head + codes);
    }
    return contents.empty();
  }

  // 1 byte precision and number, 64 values of 1 or 2 bytes.
  void add_quantization(std::span<const std::byte> contents) {
    while (!contents.empty()) {
      const auto which = std::to_integer<unsigned>(contents[0]);
      const std::size_t size = which < 16 ? 65 : 129;
      if (contents.size() < size) return;
      quantization_ |= 1u << (which & 15);
      contents = contents.subspan(size);
    }
  }

  unsigned quantization_ = 0, first_codes_ = 0, other_codes_ = 0;  // a bit for each number
};

}  // namespace pupil::captioning
