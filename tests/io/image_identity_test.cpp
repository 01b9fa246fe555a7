#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/image_identity.hpp>

#include "support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::TemporaryFolder;

TEST_CASE("an image is known by its name and its bytes, wherever it lies and whenever it was written") {
  const TemporaryFolder folder;
  folder.write("here/a.jpg", "red");
  folder.write("there/a.jpg", "red");
  folder.write("there/b.jpg", "red");
  folder.write("there/c/a.jpg", "blue");
  std::filesystem::last_write_time(folder / "there/a.jpg", std::filesystem::file_time_type::min());
  const ImageIdentity image = identify_image(folder / "here", "a.jpg");
  CHECK(identify_image(folder / "there", "a.jpg") == image);
  const ImageIdentity renamed = identify_image(folder / "there", "b.jpg");
  CHECK(renamed.content == image.content);
  CHECK(renamed.name != image.name);
  const ImageIdentity changed = identify_image(folder / "there/c", "a.jpg");
  CHECK(changed.name == image.name);
  CHECK(changed.content != image.content);
}

TEST_CASE("a file that cannot be read has a name and no content") {
  const TemporaryFolder folder;
  CHECK(identify_image(folder.path(), "gone.jpg") == ImageIdentity{hash_bytes("gone.jpg"), 0});
}

TEST_CASE("identities come in the order of the names, which their hash depends on") {
  const TemporaryFolder folder;
  folder.write("a", "1");
  folder.write("b", "2");
  const std::vector<std::string> names{"a", "b"}, others{"b", "a"};
  const auto images = identify_images(folder.path(), names);
  REQUIRE(images.size() == 2);
  CHECK(images[1] == identify_image(folder.path(), "b"));
  CHECK(hash_identities(images) != hash_identities(identify_images(folder.path(), others)));
  CHECK(hash_identities(images) != hash_identities(std::span(images).first(1)));
}
