#pragma once
// What a JPEG file says of its picture before the compressed data: the kind of compression, the size, the components.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/image_size.hpp>
#include <pupil/io/jpeg_segments.hpp>

namespace pupil::captioning {

/// One channel of a JPEG image as it is stored.
struct JpegComponent {
  int id = 0;
  int horizontal = 1, vertical = 1;  ///< its samples in each direction, in proportion to the other components'
  int quantization_table = 0;
};

struct JpegFrame {
  std::uint8_t marker = 0;
  Index height = 0, width = 0;
  std::vector<JpegComponent> components;

  bool progressive() const { return marker == 0xC2; }
  bool read() const { return marker != 0; }
};

namespace detail {

inline bool is_jpeg_frame(std::uint8_t marker) {
  const bool other = marker == jpeg_marker::huffman_tables || marker == jpeg_marker::arithmetic_tables;
  const bool hierarchical = marker == 0xDE, jpeg_ls = marker == 0xF7;
  return (marker >= 0xC0 && marker <= 0xCF && !other) || hierarchical || jpeg_ls;
}

/// What is compressed in another way than stb_image knows, by its name; empty for what it knows.
inline std::string_view unsupported_jpeg(std::uint8_t frame_marker) {
  switch (frame_marker) {
    case 0xC0:
    case 0xC1:
    case 0xC2:
      return "";
    case 0xC3:
      return "lossless JPEG";
    case 0xC9:
    case 0xCA:
      return "arithmetic-coded JPEG";
    case 0xCB:
      return "arithmetic-coded lossless JPEG";
    case 0xC8:
      return "JPEG of a reserved kind";
    case 0xF7:
      return "JPEG-LS";
    default:
      return "hierarchical JPEG";
  }
}

// The smallest block of 64 pixels takes a bit.
inline constexpr Index max_jpeg_pixels_in_byte = 1024;

}  // namespace detail

/// Reads the segment of a frame in a file of `file_size` bytes. Throws FileError, beginning with `name`, for pictures
/// that are not supported, by what they are, and for sizes and components that cannot be.
inline JpegFrame read_jpeg_frame(const JpegSegment& segment, std::size_t file_size, std::string_view name) {
  const std::string_view unsupported = detail::unsupported_jpeg(segment.marker);
  require<FileError>(unsupported.empty(), name, ": ", unsupported, " is not supported");
  const ByteNumbers numbers{segment.contents};
  const std::uint32_t precision = numbers.read(0, 1), components = numbers.read(5, 1);
  require<FileError>(precision == 8 || segment.contents.size() < 6, name, ": JPEG of ", precision,
                     " bits a channel is not supported, only of 8");
  require<FileError>(segment.contents.size() == 6 + 3 * components, name, ": damaged JPEG image (frame of ",
                     segment.contents.size(), " bytes)");
  require<FileError>(components == 1 || components == 3 || components == 4, name, ": JPEG of ", components,
                     " components is not supported");

  JpegFrame frame{segment.marker, numbers.read(1, 2), numbers.read(3, 2), {}};
  require<FileError>(frame.height > 0, name, ": JPEG whose height stands behind its pixels is not supported");
  detail::require_decodable_size(frame.height, frame.width, detail::max_jpeg_pixels_in_byte, file_size, name);
  for (std::size_t i = 0; i < components; ++i) {
    const auto number = [&](std::size_t at) { return static_cast<int>(numbers.read(6 + 3 * i + at, 1)); };
    const JpegComponent component{number(0), number(1) >> 4, number(1) & 15, number(2)};
    const bool sound = component.horizontal >= 1 && component.horizontal <= 4 && component.vertical >= 1 &&
                       component.vertical <= 4 && component.quantization_table <= 3;
    require<FileError>(sound, name, ": damaged JPEG image (component ", i, ")");
    frame.components.push_back(component);
  }
  return frame;
}

/// How many samples a frame's components have at most for one of the component that has the fewest, in both directions.
struct JpegSampling {
  int horizontal = 1, vertical = 1;
};

/// The largest of a frame's factors. Throws FileError where one is not a whole part of it.
inline JpegSampling jpeg_sampling(const JpegFrame& frame, std::string_view name) {
  JpegSampling most;
  for (const auto& component : frame.components) {
    most.horizontal = std::max(most.horizontal, component.horizontal);
    most.vertical = std::max(most.vertical, component.vertical);
  }
  for (const auto& component : frame.components) {
    require<FileError>(most.horizontal % component.horizontal == 0 && most.vertical % component.vertical == 0, name,
                       ": JPEG with ", component.horizontal, " x ", component.vertical, " samples of ", most.horizontal,
                       " x ", most.vertical, " is not supported");
  }
  return most;
}

}  // namespace pupil::captioning
