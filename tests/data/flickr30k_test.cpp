#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/data_forms.hpp>

#include "data_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr std::string_view barred_header = "image_name| comment_number| comment\n";

}  // namespace

TEST_CASE("Flickr30k's results.csv is read by its bars, which a caption may have too") {
  const DataFolder folder;
  folder.put_images("flickr30k_images", {"1.jpg", "2.jpg"});
  folder.write("results.csv",
               std::string(barred_header) + "1.jpg| 0| Two men | one dog .\n1.jpg| 1| A man .\n2.jpg| 0| A cat .\n");
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(data.form == "flickr30k");
  CHECK(data.image_folder == folder / "flickr30k_images");
  CHECK(all_samples(data) ==
        std::vector<Sample>{{"1.jpg", {"Two men | one dog .", "A man ."}}, {"2.jpg", {"A cat ."}}});
  CHECK(!data.has_own_splits);
}

TEST_CASE("the line of Flickr30k that lacks a bar is read as it is meant, and said") {
  const DataFolder folder;
  folder.put_images("Images", {"2199200615.jpg"});
  folder.write("results.csv", std::string(barred_header) +
                                  "2199200615.jpg| 3| A dog .\n"
                                  "2199200615.jpg| 4   A dog runs across the grass .\n");
  const CaptionedImages data = read_captioned_images(folder.path());
  CHECK(all_samples(data) == std::vector<Sample>{{"2199200615.jpg", {"A dog .", "A dog runs across the grass ."}}});
  REQUIRE(data.warnings().size() == 2);
  CHECK(contains(data.warnings()[1], "results.csv: line 3: lacks a bar"));
}

TEST_CASE("other lines of Flickr30k's are errors that name file and line") {
  for (const std::string line :
       {"1.jpg", "1.jpg| A dog .", "1.jpg| x| A dog .", "1.jpg| 4", "1.jpg| 4A dog .", "1.jpg, 0, A dog"}) {
    CAPTURE(line);
    const DataFolder folder;
    folder.put_images("Images", {"1.jpg"});
    folder.write("results.csv", std::string(barred_header) + "1.jpg| 0| A dog .\n" + line + "\n");
    const std::string error = data_error_of(folder);
    CHECK(error.starts_with((folder / "results.csv").string() + ": line 3: "));
    CHECK(contains(error, line));
  }
}

TEST_CASE("byte order mark, Windows' line ends, blank lines and a missing last line end do not matter to Flickr30k's") {
  const DataFolder folder;
  folder.put_images("Images", {"1.jpg"});
  folder.write("results.csv",
               "\uFEFFimage_name| comment_number| comment\r\n\r\n1.jpg| 0| Ein Hund .\r\n\r\n1.jpg| 1| Zwei Hunde .");
  CHECK(all_samples(read_captioned_images(folder.path())) ==
        std::vector<Sample>{{"1.jpg", {"Ein Hund .", "Zwei Hunde ."}}});
}

TEST_CASE("Flickr30k's official tokens are read, and a bad line of theirs is named") {
  const DataFolder folder;
  folder.put_images("flickr30k-images", {"1.jpg"});
  folder.write("results_20130124.token", "1.jpg#0\tA dog .\n1.jpg#1\tA cat .\n");
  CHECK(all_samples(read_captioned_images(folder.path())) == std::vector<Sample>{{"1.jpg", {"A dog .", "A cat ."}}});
  folder.write("results_20130124.token", "1.jpg#0\tA dog .\n1.jpg A cat .\n");
  CHECK(contains(data_error_of(folder), "results_20130124.token: line 2: "));
}
