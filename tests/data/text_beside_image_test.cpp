#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/data_forms.hpp>

#include "data_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("the lines of a text beside an image are its captions") {
  const DataFolder folder;
  folder.put_images(".", {"a.jpg", "b.PNG", "c.jpeg"});
  folder.write("a.txt", "\uFEFFA dog\r\n\r\nTwo dogs\r\n");
  folder.write("b.txt", "\u4E00\u53EA\u732B");
  folder.write("c.txt", "...\n");
  folder.write("notes.txt", "no image is called so");
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data.form == "text-beside-image");
  CHECK(all_samples(data) == std::vector<Sample>{{"a.jpg", {"A dog", "Two dogs"}}, {"b.PNG", {"\u4E00\u53EA\u732B"}}});
  CHECK(data.uncaptioned.first_names == std::vector<std::string>{"c.jpeg"});
  CHECK(data.wordless_captions == 1);
  CHECK(!data.has_own_splits);
}

TEST_CASE("folders called as splits decide them") {
  const DataFolder folder;
  for (const std::string name : {"train/a", "train/dogs/a", "val/a", "test/a"}) {
    folder.write(name + ".jpg", "not looked into");
    folder.write(name + ".txt", name);
  }
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data.has_own_splits);
  CHECK(data[Split::train] ==
        std::vector<Sample>{{"train/a.jpg", {"train/a"}}, {"train/dogs/a.jpg", {"train/dogs/a"}}});
  CHECK(data[Split::dev] == std::vector<Sample>{{"val/a.jpg", {"val/a"}}});
  CHECK(data[Split::test] == std::vector<Sample>{{"test/a.jpg", {"test/a"}}});
}

TEST_CASE("images without a text beside them are skipped and said; where no image has one, that is an error") {
  const DataFolder folder;
  folder.put_images(".", {"a.jpg", "b.jpg"});
  folder.write("a.txt", "A dog");
  const auto warnings = read_captioned_images(folder.path(), {.form = "text-beside-image"}).warnings();
  CHECK(warnings ==
        std::vector<std::string>{folder.path().string() + ": skipped 1 image without a text file beside it (b.jpg)"});
  const DataFolder none;
  none.put_images(".", {"a.jpg"});
  CHECK(data_error_of(none, {.form = "text-beside-image"}) ==
        none.path().string() + ": no image has a text file beside it");
}

TEST_CASE("a text beside an image that is no UTF-8 is named with its line") {
  const DataFolder folder;
  folder.put_images(".", {"a.jpg"});
  folder.write("a.txt", "A dog\nM\xE4nner\n");
  CHECK(data_error_of(folder).starts_with((folder / "a.txt").string() + ": line 2: byte 0xE4"));
}
