#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/jpeg_segments.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

struct VisitedJpeg {
  std::vector<int> markers;
  std::string scan_data;
  bool ends = false;
};

VisitedJpeg visited(const std::string& jpeg) {
  VisitedJpeg result;
  result.ends = visit_jpeg_segments(bytes_of(jpeg), [&](const JpegSegment& segment) {
    result.markers.push_back(segment.marker);
    for (const std::byte byte : segment.scan_data) result.scan_data += static_cast<char>(byte);
    return true;
  });
  return result;
}

}  // namespace

TEST_CASE("compressed pixels are no segments, with their stuffed zeros and restart markers") {
  const VisitedJpeg jpeg =
      visited("\xFF\xD8\xFF\xE0\x00\x03!\xFF\xDA\x00\x02pixels\xFF\x00more\xFF\xD0more\xFF\xFF\xC4\x00\x02\xFF\xD9"s);
  CHECK(jpeg.markers == std::vector<int>{0xE0, 0xDA, 0xC4});
  CHECK(jpeg.scan_data == "pixels\xFF\x00more\xFF\xD0more"s);
  CHECK(jpeg.ends);
}

TEST_CASE("stray bytes and markers without contents may stand between segments") {
  const VisitedJpeg jpeg = visited("\xFF\xD8\xFF\xD8stray\xFF\x00\xFF\x01\xFF\xD3\xFF\xFF\xFF\xE0\x00\x03!\xFF\xD9"s);
  CHECK(jpeg.markers == std::vector<int>{0xE0});
  CHECK(jpeg.ends);
}

TEST_CASE("a file whose last segment is cut off, or that lacks an end, does not end") {
  CHECK_FALSE(visited("\xFF\xD8\xFF\xE0\x00\x05!"s).ends);
  CHECK_FALSE(visited("\xFF\xD8\xFF\xE0\x00"s).ends);
  const VisitedJpeg jpeg = visited("\xFF\xD8\xFF\xDA\x00\x02pixels\xFF"s);
  CHECK_FALSE(jpeg.ends);
  CHECK(jpeg.scan_data == "pixels");
}
