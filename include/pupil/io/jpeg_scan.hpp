#pragma once
// The scans of a JPEG file: which of the picture's blocks and coefficients each of them holds.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/jpeg_frame.hpp>

namespace pupil::captioning {

/// A scan holds of some components the coefficients `first` to `last` of each block, without the `low` lowest bits.
struct JpegScan {
  /// What a scan has of one component.
  struct Part {
    std::size_t component;  ///< its place in the frame
    int tables;  ///< of Huffman codes: 16 times the one for the first coefficient, and the one for the others
  };
  std::vector<Part> parts;
  int first = 0, last = 63, high = 0, low = 0;
};

/// Reads the segment of a scan. Throws FileError, beginning with `name`, for what does not fit the frame.
inline JpegScan read_jpeg_scan(const JpegSegment& segment, const JpegFrame& frame, std::string_view name) {
  const ByteNumbers numbers{segment.contents};
  const std::size_t count = numbers.read(0, 1);
  require<FileError>(count >= 1 && count <= frame.components.size() && segment.contents.size() == 4 + 2 * count, name,
                     ": damaged JPEG image (scan of ", count, " components)");
  JpegScan scan;
  std::array<bool, 4> taken{};
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<int>(numbers.read(1 + 2 * i, 1));
    std::size_t which = 0;  // as in libjpeg-turbo, components with the same number are told apart by their order
    while (which < frame.components.size() && (frame.components[which].id != id || taken[which])) ++which;
    require<FileError>(which < frame.components.size(), name, ": damaged JPEG image (scan of component ", id, ")");
    taken[which] = true;
    scan.parts.push_back({which, static_cast<int>(numbers.read(2 + 2 * i, 1))});
  }
  if (frame.progressive()) {
    const auto number = [&](std::size_t at) { return static_cast<int>(numbers.read(1 + 2 * count + at, 1)); };
    scan.first = number(0);
    scan.last = number(1);
    scan.high = number(2) >> 4;
    scan.low = number(2) & 15;
    require<FileError>(scan.first <= scan.last && scan.last <= 63, name, ": damaged JPEG image (scan of coefficients ",
                       scan.first, " to ", scan.last, ")");
  }
  return scan;
}

/// How many groups of blocks (MCUs) a scan has, which restart markers stand between.
inline Index jpeg_scan_units(const JpegFrame& frame, const JpegScan& scan, const JpegSampling& most) {
  const auto parts = [](Index total, Index size) { return (total + size - 1) / size; };
  if (scan.parts.size() > 1) return parts(frame.width, 8 * most.horizontal) * parts(frame.height, 8 * most.vertical);
  const JpegComponent& only = frame.components[scan.parts[0].component];
  const Index width = parts(frame.width * only.horizontal, most.horizontal);
  const Index height = parts(frame.height * only.vertical, most.vertical);
  return parts(width, 8) * parts(height, 8);
}

/// Which coefficients the scans of a picture have brought so far.
class JpegCoverage {
 public:
  explicit JpegCoverage(std::size_t components) : missing_bits_(components) {
    for (auto& coefficients : missing_bits_) coefficients.fill(unseen);
  }

  /// Counts a scan.
  void add(const JpegScan& scan) {
    for (const auto& part : scan.parts) {
      for (int k = scan.first; k <= scan.last; ++k) {
        missing_bits_[part.component][static_cast<std::size_t>(k)] = scan.low;
      }
    }
  }

  /// Whether there is something of every component.
  bool begun() const {
    return std::ranges::all_of(missing_bits_, [](const auto& coefficients) { return coefficients[0] != unseen; });
  }

  /// Whether all bits of all coefficients are there.
  bool complete() const {
    return std::ranges::all_of(missing_bits_, [](const auto& coefficients) {
      return std::ranges::all_of(coefficients, [](int bits) { return bits == 0; });
    });
  }

 private:
  static constexpr int unseen = -1;
  std::vector<std::array<int, 64>> missing_bits_;
};

}  // namespace pupil::captioning
