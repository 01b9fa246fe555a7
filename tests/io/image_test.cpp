#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>

#include "io/exif_bytes.hpp"
#include "io/tiny_files.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

TEST_CASE("JPEG images are read, baseline and progressive") {
  CHECK(has_halves(decode(file_of(tiny::jpeg_rgb)), left_colour, right_colour, 3));
  CHECK(has_halves(decode(file_of(tiny::jpeg_progressive)), left_colour, right_colour, 3));
}

TEST_CASE("JPEG images with half the colour resolution are read") {
  const Image image = decode(file_of(tiny::jpeg_subsampled));
  REQUIRE(image.shape() == Shape{16, 32, 3});
  for (Index c = 0; c < 3; ++c) {
    CHECK(std::abs(image(8, 2, c) - left_colour[static_cast<std::size_t>(c)]) < 8);
    CHECK(std::abs(image(8, 29, c) - right_colour[static_cast<std::size_t>(c)]) < 8);
  }
}

TEST_CASE("grey images become RGB") {
  CHECK(has_halves(decode(file_of(tiny::jpeg_grey)), grey(200), grey(50), 2));
  CHECK(has_halves(decode(file_of(tiny::png_grey)), grey(200), grey(50)));
  CHECK(has_halves(decode(file_of(tiny::png_one_bit)), grey(255), grey(0)));
}

TEST_CASE("16 bits become 8") { CHECK(has_halves(decode(file_of(tiny::png_grey_16_bits)), grey(200), grey(50))); }

TEST_CASE("CMYK images become RGB") {
  CHECK(has_halves(decode(file_of(tiny::jpeg_cmyk)), {200, 43, 43}, {43, 82, 200}, 3));
}

TEST_CASE("what is transparent is white") {
  CHECK(has_halves(decode(file_of(tiny::png_rgba)), left_colour, white));
  CHECK(has_halves(decode(file_of(tiny::png_palette_transparent)), left_colour, white));
  CHECK(has_halves(decode(file_of(tiny::png_colour_key)), left_colour, white));
  CHECK(has_halves(decode(file_of(tiny::gif_transparent)), left_colour, white));
  const int half_of_50 = (50 * 128 + 255 * 127 + 127) / 255;
  CHECK(has_halves(decode(file_of(tiny::png_grey_alpha)), grey(200), grey(half_of_50)));
}

TEST_CASE("PNG, BMP and the first frame of a GIF have their very colours") {
  CHECK(has_halves(decode(file_of(tiny::png_rgb)), left_colour, right_colour));
  CHECK(has_halves(decode(file_of(tiny::bmp_rgb)), left_colour, right_colour));
  CHECK(has_halves(decode(file_of(tiny::bmp_palette)), left_colour, right_colour));
  CHECK(has_halves(decode(file_of(tiny::gif_animated)), left_colour, right_colour));
}

TEST_CASE("one pixel and very wide images are read") {
  const Image pixel({1, 1, 3}, {1, 2, 3});
  CHECK(decode(file_of(encode_png(pixel))) == pixel);
  CHECK(decode(file_of(encode_jpeg(pixel))).shape() == Shape{1, 1, 3});
  const Image wide = Image::full({2, 20'000, 3}, 128);
  CHECK(decode(file_of(encode_jpeg(wide))).shape() == wide.shape());
}

TEST_CASE("what lies behind the end of an image does not matter") {
  for (const std::string& file : tiny_files()) CHECK(decode(file + std::string(500, '\xFF')) == decode(file));
}

TEST_CASE("what a first frame leaves out is transparent") {
  CHECK(has_halves(decode(file_of(tiny::gif_right_half)), white, right_colour));
}

TEST_CASE("a GIF image is read where only the bytes behind its first frame's pixels are missing") {
  for (const std::string& gif : {file_of(tiny::gif_transparent), file_of(tiny::gif_right_half)}) {
    const Image image = decode(gif);
    CHECK(decode(gif.substr(0, gif.size() - 1)) == image);
    CHECK(decode(gif.substr(0, gif.size() - 2)) == image);
    CHECK(decode_error(gif.substr(0, gif.size() - 6)) == "photo: truncated GIF image");
  }
}

TEST_CASE("a file that is no image is an error that names it") {
  CHECK(decode_error("") == "photo: empty file");
  CHECK(decode_error("a") == "photo: not a JPEG, PNG, BMP or GIF image");
  CHECK(decode_error("<html>404 Not Found</html>") ==
        "photo: not a JPEG, PNG, BMP or GIF image; it is a web page (HTML)");
  CHECK(decode_error("RIFF\x24\0\0\0WEBPVP8 "s) == "photo: not a JPEG, PNG, BMP or GIF image; it is WebP");
  CHECK(decode_error("\xFF\xD8 and nothing more") == "photo: truncated JPEG image");
  const TemporaryFolder folder;
  put_file(folder / "empty.jpg", "");
  CHECK(error_of<FileError>([&] { read_image(folder / "empty.jpg"); }) ==
        (folder / "empty.jpg").string() + ": empty file");
  CHECK(contains(error_of<FileError>([&] { read_image(folder / "absent.jpg"); }), "No such file"));
}

TEST_CASE("an image cut off anywhere is whole or an error") {
  std::vector<std::string> files = tiny_files();
  files.push_back(file_of(encode_jpeg(decode(file_of(tiny::jpeg_subsampled)))));
  for (const std::string& file : files) {
    CAPTURE(file.substr(0, 10));
    const Image whole = decode(file);
    // A JPEG lacks its end, a PNG its last chunk and checksums, a BMP the padding of its last row, a GIF its last bytes
    // or further frames.
    const std::size_t needless = file.starts_with("GIF") ? file.size() / 2 : 24;
    for (std::size_t length = 0; length < file.size(); ++length) {
      CAPTURE(length);
      const std::string cut = file.substr(0, length), error = decode_error(cut);
      if (error == "no error") REQUIRE(decode(cut) == whole);
      if (length + needless < file.size()) REQUIRE(error.starts_with("photo: "));
    }
  }
}

TEST_CASE("an image with damaged bytes is read or is an error, and never anything else") {
  Rng rng(3);
  int errors = 0;
  constexpr int trials = 200;
  for (const std::string& file : tiny_files()) {
    for (int trial = 0; trial < trials; ++trial) {
      std::string damaged = file;
      for (Index flips = 1 + rng.below(4); flips > 0; --flips) {
        char& byte = damaged[static_cast<std::size_t>(rng.below(static_cast<Index>(damaged.size())))];
        byte = static_cast<char>(byte ^ (1 << rng.below(8)));
      }
      errors += decode_error(damaged) != "no error" ? 1 : 0;
    }
  }
  CHECK(errors > trials * 10);  // of the files, the 10 of PNG have checksums
}

TEST_CASE("a damaged PNG image is an error although its pixels could be unpacked") {
  std::string file = file_of(tiny::png_rgb);
  const std::size_t palette_or_pixels = file.find("IDAT") + 4 + 7;
  file[palette_or_pixels] = static_cast<char>(file[palette_or_pixels] ^ 1);
  CHECK(contains(decode_error(file), "photo: damaged PNG image, a checksum is wrong"));
}

TEST_CASE("gigantic images are refused before memory is asked for") {
  std::string jpeg = file_of(tiny::jpeg_rgb);
  const std::size_t frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
  CHECK(decode_error(jpeg) == "photo: image of 65535 x 65535 pixels, more than 268435456 are not read");

  std::string bmp = file_of(tiny::bmp_rgb);
  bmp.replace(18, 8, "\xFF\xFF\x01\x00\x00\x00\xFF\xFF"s);  // -65536 rows: from the top
  CHECK(decode_error(bmp) == "photo: image of 131071 x 65536 pixels, more than 268435456 are not read");

  bmp.replace(18, 8, "\x00\x10\x00\x00\x00\x10\x00\x00"s);
  CHECK(decode_error(bmp) == "photo: damaged image, 4096 x 4096 pixels cannot lie in 438 bytes");
}

TEST_CASE("a large image of one colour in a small file is no damage") {
  const Image image = Image::full({3000, 3000, 3}, 255);
  CHECK(decode(file_of(encode_png(image))) == image);
}

TEST_CASE("images are decoded on many threads at once") {
  const auto& files = tiny_files();
  std::vector<Image> expected;
  for (const std::string& file : files) expected.push_back(decode(file));
  const auto count = static_cast<Index>(files.size());
  std::vector<int> right(static_cast<std::size_t>(20 * count));
  parallel_for(20 * count, [&](Index i) {
    const auto which = static_cast<std::size_t>(i % count);
    right[static_cast<std::size_t>(i)] = decode(files[which]) == expected[which] ? 1 : 0;
  });
  CHECK(std::all_of(right.begin(), right.end(), [](int one) { return one == 1; }));
}

TEST_CASE("real photographs are read, and cut off they are errors") {
  const auto photographs = shared_folder() / "flickr8k-original";
  if (!std::filesystem::exists(photographs)) {
    MESSAGE("skipped: there is no " << photographs.string());
    return;
  }
  Index count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(photographs)) {
    if (entry.path().extension() != ".jpg" || count == 10) continue;
    CAPTURE(entry.path().string());
    CHECK(read_image(entry.path()).size() > 0);
    const std::string whole = file_text(entry.path());
    for (std::size_t part = 1; part < 20; ++part)
      CHECK(decode_error(whole.substr(0, whole.size() * part / 20)) != "no error");
    ++count;
  }
  CHECK(count == 10);
}
