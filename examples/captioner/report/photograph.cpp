#include "photograph.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <pupil/io/image_write.hpp>
#include <pupil/io/resize.hpp>

namespace captioner::report {

namespace {

constexpr int jpeg_quality = 78;

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (j < count ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? digits[bits >> (18 - 6 * j) & 63u] : '=';
  }
  return text;
}

EmbeddedPhotograph embed(const pupil::captioning::Image& image, pupil::Index longer_side) {
  const pupil::Index height = image.dim(0), width = image.dim(1), longer = std::max(height, width);
  const auto shrunk = [&](pupil::Index side) {
    return longer <= longer_side ? side : std::max<pupil::Index>(1, side * longer_side / longer);
  };
  const pupil::Size2d size{shrunk(height), shrunk(width)};
  const auto jpeg = pupil::captioning::encode_jpeg(pupil::captioning::resize_bilinear(image, size), jpeg_quality);
  return {"data:image/jpeg;base64," + base64(jpeg), size.width, size.height};
}

}  // namespace captioner::report
