#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/jpeg_segments.hpp>

#include "io/tiny_images.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::vector<int> markers_of(const std::string& jpeg) {
  std::vector<int> markers;
  visit_jpeg_segments(bytes_of(jpeg), [&](std::uint8_t marker, std::span<const std::byte>) {
    markers.push_back(marker);
    return true;
  });
  return markers;
}

std::string jpeg_damage_of(const std::string& jpeg) {
  return error_of<FileError>([&] { require_sound_jpeg(bytes_of(jpeg), "photo.jpg"); });
}

const std::string end_of_image = "\xFF\xD9";

// A segment of one Huffman table, which says to have these numbers of codes and has `symbols` of them.
std::string huffman_segment(const std::vector<int>& counts, std::size_t symbols) {
  std::string contents(17, '\0');
  for (std::size_t i = 0; i < counts.size(); ++i) contents[i + 1] = static_cast<char>(counts[i]);
  contents += std::string(symbols, '\1');
  const std::size_t length = contents.size() + 2;
  return std::string("\xFF\xC4") + static_cast<char>(length >> 8) + static_cast<char>(length) + contents;
}

}  // namespace

TEST_CASE("compressed pixels are passed over, with their stuffed zeros and restart markers") {
  const std::string jpeg =
      "\xFF\xD8\xFF\xE0\x00\x03!\xFF\xDA\x00\x02pixels\xFF\x00more\xFF\xD0more\xFF\xFF\xC4\x00\x02\xFF\xD9"s;
  CHECK(markers_of(jpeg) == std::vector<int>{0xE0, 0xDA, 0xC4});
}

TEST_CASE("real files are sound, and end where they end") {
  const auto whole = [](const auto& file) { return std::string(file.begin(), file.end()); };
  for (const std::string& jpeg : {whole(tiny::jpeg_rgb), whole(tiny::jpeg_progressive), whole(tiny::jpeg_cmyk)}) {
    CHECK(jpeg_damage_of(jpeg) == "no error");
    CHECK(jpeg_damage_of(jpeg + "more, as phones append") == "no error");
    CHECK(jpeg_damage_of(jpeg.substr(0, jpeg.size() - 2)) == "photo.jpg: truncated JPEG image");
  }
}

TEST_CASE("Huffman tables that stb_image has no room for are refused") {
  const auto jpeg = [](const std::string& segment) { return "\xFF\xD8" + segment + end_of_image; };
  CHECK(jpeg_damage_of(jpeg(huffman_segment({0, 1, 2}, 3))) == "no error");
  CHECK(jpeg_damage_of(jpeg(huffman_segment({0, 0, 0, 0, 0, 0, 0, 0, 200, 56}, 256))) == "no error");
  const std::string expected = "photo.jpg: damaged JPEG image (bad Huffman table)";
  CHECK(jpeg_damage_of(jpeg(huffman_segment({0, 0, 0, 0, 0, 0, 0, 0, 200, 57}, 257))) == expected);
  CHECK(jpeg_damage_of(jpeg(huffman_segment({0, 1, 2}, 2))) == expected);
  CHECK(jpeg_damage_of(jpeg(huffman_segment({0, 1, 2}, 4))) == expected);
}
