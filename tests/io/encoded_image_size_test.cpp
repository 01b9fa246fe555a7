#include <string>

#include <doctest/doctest.h>

#include <pupil/io/encoded_image_size.hpp>
#include <pupil/io/image_write.hpp>

#include "io/tiny_files.hpp"
#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::string size_error(const std::string& file) {
  return error_of<FileError>([&] { encoded_image_size(bytes_of(file), "photo"); });
}

}  // namespace

TEST_CASE("the size that a header says is that of the image which is decoded") {
  for (const std::string& file : tiny_files()) {
    CAPTURE(file.substr(0, 10));
    const Image image = decode(file);
    CHECK(encoded_image_size(bytes_of(file), "photo") == Size2d(image.shape()[0], image.shape()[1]));
  }
}

TEST_CASE("the size of an image is known by the beginning of its file") {
  const Image image = Image::full({300, 200, 3}, 7);
  for (const std::string& file : {file_of(encode_jpeg(image)), file_of(encode_png(image))}) {
    const std::size_t header = file.starts_with("\x89PNG") ? 33 : file.find("\xFF\xDA");
    CHECK(encoded_image_size(bytes_of(file.substr(0, header)), "photo") == Size2d(300, 200));
    CHECK(contains(size_error(file.substr(0, 10)), "photo: truncated "));
  }
}

TEST_CASE("the size of an image that is too large to be decoded is known all the same") {
  std::string bmp = file_of(tiny::bmp_rgb);
  bmp.replace(18, 8, "\xFF\xFF\x01\x00\x00\x00\xFF\xFF"s);  // -65536 rows: from the top
  CHECK(encoded_image_size(bytes_of(bmp), "photo") == Size2d(65536, 131071));
}

TEST_CASE("what is no image has no size, and an error says what it is") {
  CHECK(size_error("") == "photo: empty file");
  CHECK(size_error("<html>404 Not Found</html>") ==
        "photo: not a JPEG, PNG, BMP or GIF image; it is a web page (HTML)");
}

TEST_CASE("an image cut off or damaged anywhere has a size or is an error, and never anything else") {
  for (const std::string& file : tiny_files()) {
    for (std::size_t at = 0; at < file.size(); ++at) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x80);
      for (const std::string& wrong : {file.substr(0, at), damaged}) {
        const std::string error = size_error(wrong);
        if (error != "no error") REQUIRE(error.starts_with("photo: "));
      }
    }
  }
}
