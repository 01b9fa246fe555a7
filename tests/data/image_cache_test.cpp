#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/image_cache.hpp>
#include <pupil/io/image_write.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::error_of;
using pupil::testing::file_text;
using pupil::testing::TemporaryFolder;

namespace {

Image plain_image(Index height, Index width, std::uint8_t value) { return Image::full({height, width, 3}, value); }

/// Four files: two images of different sizes, one that is cut short, one that is empty.
struct ImageFolder {
  TemporaryFolder folder;
  std::vector<std::string> names{"a.png", "cut.png", "b.png", "empty.jpg"};

  ImageFolder() {
    write_png(folder / "a.png", plain_image(6, 4, 10));
    write_png(folder / "b.png", plain_image(3, 9, 200));
    folder.write("cut.png", file_text(folder / "a.png").substr(0, 50));
    folder.write("empty.jpg", "");
  }

  std::filesystem::path cache() const { return folder / "cache.safetensors"; }
  ImageCache open(Size2d size = 4, Progress progress = {}) const {
    return ImageCache(cache(), folder.path(), names, size, std::move(progress));
  }
};

}  // namespace

TEST_CASE("images are decoded to one size and found by name") {
  const ImageFolder images;
  const ImageCache cache = images.open({4, 5});
  CHECK_FALSE(cache.reused());
  CHECK(cache.size() == 4);
  CHECK(cache.image_size() == Size2d(4, 5));
  REQUIRE(cache.find("a.png") == 0);
  REQUIRE(cache.find("b.png") == 2);
  CHECK(cache.find("c.png") == std::nullopt);
  const auto is_all = [&](Index row, std::uint8_t value) {
    return std::all_of(cache.image(row), cache.image(row) + 4 * 5 * 3,
                       [=](std::uint8_t byte) { return byte == value; });
  };
  CHECK(is_all(0, 10));
  CHECK(is_all(2, 200));
}

TEST_CASE("a cached image is what reading and resizing it gives") {
  const TemporaryFolder folder;
  auto image = Image::uninitialized({7, 5, 3});
  for (Index i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(i * 37 % 256);
  write_png(folder / "a.png", image);
  const ImageCache cache(folder / "cache", folder.path(), {"a.png"}, {4, 9});
  const Image expected = resize_bilinear(image, {4, 9});
  CHECK(std::equal(expected.begin(), expected.end(), cache.image(0)));
}

TEST_CASE("images that cannot be read are skipped with their names and reasons") {
  const ImageFolder images;
  const ImageCache cache = images.open();
  REQUIRE(cache.skipped().size() == 2);
  CHECK(cache.skipped()[0].name == "cut.png");
  CHECK(cache.skipped()[0].reason == "truncated PNG image");
  CHECK(cache.skipped()[1] == SkippedImage{"empty.jpg", "empty file"});
  CHECK(cache.find("cut.png") == std::nullopt);
}

TEST_CASE("an image that is absent is skipped too") {
  ImageFolder images;
  images.names = {"gone.jpg", "a.png"};
  const ImageCache cache = images.open();
  REQUIRE(cache.skipped().size() == 1);
  CHECK(cache.skipped()[0].name == "gone.jpg");
  CHECK(cache.skipped()[0].reason == "cannot open: No such file or directory");
}

TEST_CASE("a cache of the same files in the same size is reused, with what was skipped") {
  const ImageFolder images;
  const auto skipped = images.open().skipped();
  int images_read = 0;
  const ImageCache again = images.open(4, [&](Index, Index) { ++images_read; });
  CHECK(again.reused());
  CHECK(images_read == 0);
  CHECK(again.skipped() == skipped);
  CHECK(again.image(2)[0] == 200);
}

TEST_CASE("another size, another list or other contents build the cache anew") {
  ImageFolder images;
  images.open();
  SUBCASE("size") { CHECK_FALSE(images.open({4, 5}).reused()); }
  SUBCASE("list") {
    std::swap(images.names[0], images.names[2]);
    CHECK(images.open().find("b.png") == 0);
    CHECK(images.open().reused());
  }
  SUBCASE("contents") {
    write_png(images.folder / "a.png", plain_image(60, 40, 77));
    CHECK(images.open().image(0)[0] == 77);
  }
}

TEST_CASE("a cache is reused where the same files lie elsewhere, or were written at another time") {
  const ImageFolder images;
  images.open();
  const auto elsewhere = images.folder / "elsewhere";
  std::filesystem::create_directory(elsewhere);
  for (const std::string& name : images.names) std::filesystem::copy(images.folder / name, elsewhere / name);
  std::filesystem::last_write_time(elsewhere / "a.png", std::filesystem::file_time_type::min());
  CHECK(ImageCache(images.cache(), elsewhere, images.names, 4).reused());
}

TEST_CASE("a damaged cache is built anew") {
  const ImageFolder images;
  images.open();
  const std::string whole = file_text(images.cache());
  SUBCASE("cut short") { images.folder.write("cache.safetensors", whole.substr(0, whole.size() / 2)); }
  SUBCASE("empty") { images.folder.write("cache.safetensors", ""); }
  SUBCASE("something else") { images.folder.write("cache.safetensors", "image,caption\na.jpg,A dog\n"); }
  const ImageCache cache = images.open();
  CHECK_FALSE(cache.reused());
  CHECK(file_text(images.cache()) == whole);
}

TEST_CASE("a build that is broken off leaves nothing behind") {
  const ImageFolder images;
  const auto break_off = [](Index done, Index) {
    if (done == 2) throw std::runtime_error("broken off");
  };
  CHECK_THROWS_AS(images.open(4, break_off), std::runtime_error);
  for (const auto& entry : std::filesystem::directory_iterator(images.folder.path())) {
    CHECK(entry.path().filename().string().find("cache") == std::string::npos);
  }
}

TEST_CASE("a build that is broken off decodes no more images") {
  const ImageFolder images;
  std::vector<std::string> names(1000, "a.png");
  int reports = 0;
  const auto break_off = [&](Index, Index) {
    ++reports;
    throw std::runtime_error("broken off");
  };
  CHECK_THROWS_AS(ImageCache(images.cache(), images.folder.path(), names, 4, break_off), std::runtime_error);
  CHECK(reports == 1);
}

TEST_CASE("progress reaches the number of images") {
  const ImageFolder images;
  Index last = 0;
  images.open(4, [&](Index done, Index total) {
    CHECK(total == 4);
    last = std::max(last, done);
  });
  CHECK(last == 4);
}

TEST_CASE("the cache file does not depend on the number of threads") {
  const ImageFolder images;
  const int threads = num_threads();
  set_num_threads(1);
  images.open();
  const std::string with_one = file_text(images.cache());
  std::filesystem::remove(images.cache());
  set_num_threads(3);
  images.open();
  set_num_threads(threads);
  CHECK(file_text(images.cache()) == with_one);
}

TEST_CASE("no readable image at all is an error that says why the first is not") {
  ImageFolder images;
  images.names = {"empty.jpg", "cut.png"};
  CHECK(error_of<FileError>([&] { images.open(); }) ==
        images.folder.path().string() + ": none of the 2 images can be read (empty.jpg: empty file)");
  CHECK_FALSE(std::filesystem::exists(images.cache()));
  images.names.clear();
  CHECK(error_of<FileError>([&] { images.open(); }) ==
        images.folder.path().string() + ": none of the 0 images can be read");
}

TEST_CASE("a cache that cannot be written is an error that names it") {
  const ImageFolder images;
  const auto path = images.folder / "none/cache.safetensors";
  const auto open = [&] { ImageCache(path, images.folder.path(), images.names, 4); };
  CHECK(error_of<FileError>(open).starts_with(path.string() + ": "));
}

TEST_CASE("a size without pixels is an error") {
  const ImageFolder images;
  CHECK_THROWS_AS(images.open({0, 4}), OptionError);
}

TEST_CASE("pages that were given back are read again") {
  const ImageFolder images;
  const ImageCache cache = images.open();
  CHECK(cache.image(2)[0] == 200);
  cache.release_pages();
  CHECK(cache.image(2)[0] == 200);
}
