#include <cmath>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Image noise(Index height, Index width) {
  Rng rng(5);
  Image image({height, width, 3});
  for (auto& value : image) value = static_cast<std::uint8_t>(rng.below(256));
  return image;
}

Image gradient(Index height, Index width) {
  Image image({height, width, 3});
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      image(y, x, 0) = static_cast<std::uint8_t>(255 * x / width);
      image(y, x, 1) = static_cast<std::uint8_t>(255 * y / height);
      image(y, x, 2) = 100;
    }
  }
  return image;
}

double mean_difference(const Image& a, const Image& b) {
  REQUIRE(a.shape() == b.shape());
  double sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("a PNG file has every pixel as it was") {
  const TemporaryFolder folder;
  for (const auto& image : {noise(13, 29), noise(1, 1), noise(1, 5000), noise(3000, 1)}) {
    write_png(folder / "image.png", image);
    CHECK(read_image(folder / "image.png") == image);
  }
}

TEST_CASE("a JPEG file looks like the image, the better the higher its quality") {
  const TemporaryFolder folder;
  const Image image = gradient(61, 47);
  write_jpeg(folder / "good.jpg", image, 95);
  write_jpeg(folder / "bad.jpg", image, 10);
  const double good = mean_difference(read_image(folder / "good.jpg"), image);
  const double bad = mean_difference(read_image(folder / "bad.jpg"), image);
  CHECK(good < 1.5);
  CHECK(bad > good);
  CHECK(bad < 15);
  CHECK(file_text(folder / "bad.jpg").size() < file_text(folder / "good.jpg").size());
}

TEST_CASE("images that cannot be written are refused before the file is touched") {
  const TemporaryFolder folder;
  const auto path = folder / "image";
  put_file(path, "old");
  CHECK_THROWS_AS(write_png(path, Image()), ShapeError);
  CHECK_THROWS_AS(write_png(path, Image({2, 2, 4})), ShapeError);
  CHECK_THROWS_AS(write_jpeg(path, Image({1, 65536, 3})), ShapeError);
  CHECK_THROWS_AS(write_jpeg(path, noise(2, 2), 0), OptionError);
  CHECK(error_of<OptionError>([&] { write_jpeg(path, noise(2, 2), 101); }) ==
        "encode_jpeg: quality is 101, not from 1 to 100");
  CHECK(file_text(path) == "old");
}

TEST_CASE("a full disk leaves the old picture") {
  const TemporaryFolder folder;
  const auto path = folder / "image.png";
  put_file(path, "old");
  std::string error;
  {
    const FileSizeLimit limit(10'000);
    error = error_of<FileError>([&] { write_png(path, noise(100, 100)); });
  }
  CHECK(error == path.string() + ": cannot write: File too large");
  CHECK(file_text(path) == "old");
  CHECK(folder.file_count() == 1);
}
