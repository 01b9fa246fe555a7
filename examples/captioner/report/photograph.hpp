#pragma once
// Bytes inside a page: photographs, small, as data: addresses.

#include <cstddef>
#include <span>
#include <string>

#include <pupil/io/pixels.hpp>

namespace captioner::report {

/// RFC 4648's base64, with padding.
std::string base64(std::span<const std::byte> bytes);

/// A photograph as a page holds it.
struct EmbeddedPhotograph {
  std::string address;  ///< data:image/jpeg;base64,...
  pupil::Index width;
  pupil::Index height;
};

/// The image as a JPEG whose longer side has at most so many pixels.
EmbeddedPhotograph embed(const pupil::captioning::Image& image, pupil::Index longer_side = 320);

}  // namespace captioner::report
