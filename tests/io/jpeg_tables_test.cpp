#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/jpeg_tables.hpp>

#include "io/exif_bytes.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

// What is wrong with a segment of one Huffman table, which says to have these numbers of codes and has `symbols`.
std::string huffman_damage(const std::vector<int>& counts, std::size_t symbols) {
  std::string contents(17, '\0');
  for (std::size_t i = 0; i < counts.size(); ++i) contents[i + 1] = static_cast<char>(counts[i]);
  const std::string segment = jpeg_segment(0xC4, contents + std::string(symbols, '\1'));
  const auto bytes = bytes_of(segment);
  return error_of<FileError>([&] { JpegTables().add({0xC4, bytes, bytes.subspan(4), {}}, "photo.jpg"); });
}

}  // namespace

TEST_CASE("Huffman tables that stb_image has no room for are refused") {
  CHECK(huffman_damage({0, 1, 2}, 3) == "no error");
  CHECK(huffman_damage({0, 0, 0, 0, 0, 0, 0, 0, 200, 56}, 256) == "no error");
  const std::string expected = "photo.jpg: damaged JPEG image (bad Huffman table)";
  CHECK(huffman_damage({0, 0, 0, 0, 0, 0, 0, 0, 200, 57}, 257) == expected);
  CHECK(huffman_damage({0, 1, 2}, 2) == expected);
  CHECK(huffman_damage({0, 1, 2}, 4) == expected);
}
