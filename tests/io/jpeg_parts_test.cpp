#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <pupil/io/image.hpp>

#include "io/exif_bytes.hpp"
#include "io/tiny_files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

const std::string jpeg_end = "\xFF\xD9";

std::string without_end(const std::string& jpeg) { return jpeg.substr(0, jpeg.size() - jpeg_end.size()); }

std::size_t segment_begin(const std::string& jpeg, int marker) {
  const std::size_t found = jpeg.find(std::string("\xFF") + static_cast<char>(marker));
  REQUIRE(found != std::string::npos);
  return found;
}

std::size_t segment_size(const std::string& jpeg, std::size_t begin) {
  return 2 + static_cast<std::size_t>(static_cast<unsigned char>(jpeg[begin + 2]) << 8 |
                                      static_cast<unsigned char>(jpeg[begin + 3]));
}

// The file without its segments of this marker before the pixels.
std::string without_segments(std::string jpeg, int marker) {
  for (std::size_t at = 2; static_cast<unsigned char>(jpeg[at + 1]) != 0xDA;) {
    const std::size_t size = segment_size(jpeg, at);
    if (static_cast<unsigned char>(jpeg[at + 1]) == marker) {
      jpeg.erase(at, size);
    } else {
      at += size;
    }
  }
  return jpeg;
}

// The file with another segment right behind its begin.
std::string with_segment(const std::string& jpeg, const std::string& segment) {
  return start_of_image + segment + jpeg.substr(2);
}

std::string adobe_segment(int transform) {
  return jpeg_segment(0xEE, "Adobe\0\x64\0\0\0\0"s + static_cast<char>(transform));
}

// The file with other bytes at some place of its frame's segment: 4 is the bits of a channel.
std::string with_frame_bytes(std::string jpeg, std::size_t at, const std::string& bytes) {
  return jpeg.replace(segment_begin(jpeg, 0xC0) + at, bytes.size(), bytes);
}

// The numbers of the three components, in the frame and in the only scan.
std::string with_components(std::string jpeg, const std::string& ids) {
  const std::size_t frame = segment_begin(jpeg, 0xC0), scan = segment_begin(jpeg, 0xDA);
  for (std::size_t i = 0; i < 3; ++i) {
    jpeg[frame + 10 + 3 * i] = ids[i];
    jpeg[scan + 5 + 2 * i] = ids[i];
  }
  return jpeg;
}

constexpr Colour cmyk_left{200, 43, 43}, cmyk_right{43, 82, 200};

}  // namespace

TEST_CASE("four components without Adobe's segment are CMYK, as with it") {
  for (const std::string& jpeg : {file_of(tiny::jpeg_cmyk), file_of(tiny::jpeg_cmyk_progressive)}) {
    const std::string bare = without_segments(jpeg, 0xEE);
    CHECK(bare.size() < jpeg.size());
    CHECK(has_halves(decode(bare), cmyk_left, cmyk_right, 3));
    CHECK(decode(with_segment(bare, adobe_segment(0))) == decode(bare));
    CHECK(decode(with_segment(bare, jpeg_segment(0xE0, "JFIF\0\1\1\0\0\1\0\1\0\0"s))) == decode(bare));
  }
}

TEST_CASE("four components are YCCK where Adobe's segment says so, or says something else") {
  const std::string bare = without_segments(file_of(tiny::jpeg_cmyk), 0xEE);
  // What was cyan, magenta and yellow, stored inverted, is now brightness and colours of red, green and blue.
  const auto from_ycck = [](double y, double cb, double cr, double k) {
    const auto part = [&](double inverted) {
      const double bounded = inverted < 0 ? 0 : inverted > 255 ? 255 : inverted;
      return static_cast<int>((255 - bounded) * k / 255 + 0.5);
    };
    return Colour{part(y + 1.402 * (cr - 128)), part(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)),
                  part(y + 1.772 * (cb - 128))};
  };
  const Image image = decode(with_segment(bare, adobe_segment(2)));
  CHECK(has_halves(image, from_ycck(255, 55, 55, 200), from_ycck(55, 105, 255, 200), 6));
  CHECK(decode(with_segment(bare, adobe_segment(1))) == image);
}

TEST_CASE("three components are RGB by Adobe's segment or by their names, but not against JFIF") {
  const std::string ycc = file_of(tiny::jpeg_rgb), bare = without_segments(ycc, 0xE0);
  REQUIRE(bare.size() < ycc.size());
  const Image as_ycc = decode(ycc);
  CHECK(decode(bare) == as_ycc);
  CHECK(decode(with_segment(bare, adobe_segment(1))) == as_ycc);
  const Image as_rgb = decode(with_segment(bare, adobe_segment(0)));
  CHECK_FALSE(as_rgb == as_ycc);
  CHECK(decode(with_components(bare, "RGB")) == as_rgb);
  CHECK(decode(with_components(ycc, "RGB")) == as_ycc);
  CHECK(decode(with_segment(ycc, adobe_segment(0))) == as_ycc);
  CHECK(decode(with_segment(with_components(bare, "RGB"), adobe_segment(1))) == as_ycc);
}

TEST_CASE("components may have any numbers, even the same one") {
  const std::string jpeg = file_of(tiny::jpeg_rgb);
  CHECK(decode(with_components(jpeg, "\0\1\2"s)) == decode(jpeg));
  CHECK(decode(with_components(jpeg, "\1\1\1"s)) == decode(jpeg));
}

TEST_CASE("JPEG images that end a little wrong are read") {
  for (const std::string& jpeg : tiny_files()) {
    if (!jpeg.starts_with(start_of_image)) continue;
    const Image image = decode(jpeg);
    const std::string body = without_end(jpeg);
    for (const std::string& end :
         {""s, "\xFF"s, "\xFF\x00\xFF\xD9"s, "\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\x00\xFF\xD9"s,
          "\xFF\xD0\xFF\xD9"s, "\xFF\xD7\xFF\x00\xFF\xD9"s, "\xFF\xFF\xFF\xD9"s, "\xFF\xD9\xFF\xD9"s,
          std::string(300, '\0') + jpeg_end, std::string(300, '\0'), "\0\0\xFF\x00\0\xFF\xD9"s,
          std::string(300, 'x') + jpeg_end,
          "\xFF\xFE\x00\x05"
          "end\xFF\xD9"s,
          "\xFF\xD9 and a film"s, "\xFF\xD9" + jpeg}) {
      CAPTURE(jpeg.size());
      CAPTURE(end);
      CHECK(decode(body + end) == image);
    }
  }
}

TEST_CASE("a JPEG image that lacks pixels is truncated, with an end or without") {
  for (const std::string& jpeg : tiny_files()) {
    if (!jpeg.starts_with(start_of_image)) continue;
    const std::string body = without_end(jpeg);
    const std::size_t scan = jpeg.rfind("\xFF\xDA");
    const std::string bare = body.substr(0, scan + segment_size(jpeg, scan));
    REQUIRE(bare.size() < body.size());
    CHECK(contains(decode_error(bare), "photo: truncated JPEG image"));
    CHECK(contains(decode_error(bare + std::string(10'000, '\0')), "photo: truncated JPEG image"));
    CHECK(contains(decode_error(bare + jpeg_end), "JPEG image"));
  }
}

TEST_CASE("a JPEG image without some of its restart markers is an error, one with more is read") {
  const std::string jpeg = file_of(tiny::jpeg_restarts);
  const Image image = decode(jpeg);
  const std::size_t last = jpeg.rfind("\xFF\xD3");
  REQUIRE(last != std::string::npos);
  std::string fewer = jpeg;
  CHECK(decode_error(fewer.erase(last, 2)) == "photo: truncated JPEG image");
  CHECK(decode(without_end(jpeg) + "\xFF\xD4\xFF\xD9") == image);
  // A number of the wrong order does no harm to where the markers stand.
  std::string renumbered = jpeg;
  renumbered[last + 1] = '\xD7';
  CHECK(decode(renumbered) == image);
}

TEST_CASE("pictures of films leave out the tables that all have") {
  const std::string jpeg = file_of(tiny::jpeg_plain_tables), without = without_segments(jpeg, 0xC4);
  CHECK(without.size() + 400 < jpeg.size());
  CHECK(decode(without) == decode(jpeg));
}

TEST_CASE("a JPEG image without its other tables is damaged") {
  const std::string jpeg = file_of(tiny::jpeg_rgb);
  CHECK(decode_error(without_segments(jpeg, 0xDB)) == "photo: damaged JPEG image (quantization table 0 is missing)");
  const std::string progressive = without_segments(file_of(tiny::jpeg_progressive), 0xC4);
  CHECK(contains(decode_error(progressive), "(a Huffman table is missing)"));
}

TEST_CASE("JPEG images that are not supported are called by their names") {
  const std::string jpeg = file_of(tiny::jpeg_rgb);
  const auto error_with_frame = [&](int marker) {
    std::string other = jpeg;
    other[segment_begin(jpeg, 0xC0) + 1] = static_cast<char>(marker);
    return decode_error(other);
  };
  CHECK(decode_error(file_of(tiny::jpeg_arithmetic)) == "photo: arithmetic-coded JPEG is not supported");
  CHECK(error_with_frame(0xC3) == "photo: lossless JPEG is not supported");
  CHECK(error_with_frame(0xC5) == "photo: hierarchical JPEG is not supported");
  CHECK(error_with_frame(0xCA) == "photo: arithmetic-coded JPEG is not supported");
  CHECK(error_with_frame(0xCB) == "photo: arithmetic-coded lossless JPEG is not supported");
  CHECK(error_with_frame(0xDE) == "photo: hierarchical JPEG is not supported");
  CHECK(error_with_frame(0xF7) == "photo: JPEG-LS is not supported");
  CHECK(decode_error(with_frame_bytes(jpeg, 4, "\x0C")) ==
        "photo: JPEG of 12 bits a channel is not supported, only of 8");
  CHECK(decode_error(with_frame_bytes(jpeg, 5, "\0\0"s)) ==
        "photo: JPEG whose height stands behind its pixels is not supported");
  CHECK(decode_error(with_frame_bytes(with_frame_bytes(jpeg, 11, "\x32"), 14, "\x21")) ==
        "photo: JPEG with 2 x 1 samples of 3 x 2 is not supported");
  const std::string two = jpeg_segment(0xC0, "\x08\0\x08\0\x10\2\1\x11\0\2\x11\0"s);
  CHECK(decode_error(start_of_image + two + jpeg_end) == "photo: JPEG of 2 components is not supported");
}

TEST_CASE("a JPEG image of very many scans is refused, because each goes through all of it") {
  const std::string jpeg = file_of(tiny::jpeg_rgb), body = without_end(jpeg);
  const std::string scan = body.substr(segment_begin(jpeg, 0xDA));
  std::string many = body;
  for (int i = 1; i < 1000; ++i) many += scan;
  CHECK(decode(many + jpeg_end) == decode(jpeg));
  CHECK(decode_error(many + scan + jpeg_end) == "photo: JPEG of more than 1000 scans is not supported");
}
