#pragma once
// The images of tiny_images.hpp as the bytes of files, and what comes out when they are decoded.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/image.hpp>

#include "io/tiny_images.hpp"
#include "support/files.hpp"

namespace pupil::testing {

using Colour = std::array<int, 3>;

inline constexpr Colour left_colour{200, 40, 30}, right_colour{30, 60, 180}, white{255, 255, 255};

constexpr Colour grey(int value) { return {value, value, value}; }

template <std::size_t Size>
std::string file_of(const std::array<unsigned char, Size>& bytes) {
  return {bytes.begin(), bytes.end()};
}

inline std::string file_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline captioning::Image decode(const std::string& file) { return captioning::decode_image(bytes_of(file), "photo"); }

inline std::string decode_error(const std::string& file) {
  return error_of<FileError>([&] { decode(file); });
}

/// Every image of tiny_images.hpp that can be read, once.
inline const std::vector<std::string>& tiny_files() {
  static const std::vector<std::string> files{file_of(tiny::jpeg_rgb),         file_of(tiny::jpeg_subsampled),
                                              file_of(tiny::jpeg_progressive), file_of(tiny::jpeg_grey),
                                              file_of(tiny::jpeg_cmyk),        file_of(tiny::jpeg_cmyk_progressive),
                                              file_of(tiny::jpeg_restarts),    file_of(tiny::jpeg_plain_tables),
                                              file_of(tiny::png_rgb),          file_of(tiny::png_grey),
                                              file_of(tiny::png_grey_16_bits), file_of(tiny::png_one_bit),
                                              file_of(tiny::png_grey_alpha),   file_of(tiny::png_rgba),
                                              file_of(tiny::png_colour_key),   file_of(tiny::png_palette_transparent),
                                              file_of(tiny::png_interlaced),   file_of(tiny::png_apple),
                                              file_of(tiny::gif_transparent),  file_of(tiny::gif_animated),
                                              file_of(tiny::gif_right_half),   file_of(tiny::bmp_rgb),
                                              file_of(tiny::bmp_palette),      file_of(tiny::bmp_os2)};
  return files;
}

/// Whether the left and right halves of 16 x 8 pixels have these colours, give or take `tolerance`.
inline bool has_halves(const captioning::Image& image, const Colour& left, const Colour& right, int tolerance = 0) {
  REQUIRE(image.shape() == Shape{8, 16, 3});
  for (Index i = 0; i < image.size(); ++i) {
    const Colour& expected = i / 3 % 16 < 8 ? left : right;
    if (std::abs(image[i] - expected[static_cast<std::size_t>(i % 3)]) > tolerance) return false;
  }
  return true;
}

}  // namespace pupil::testing
