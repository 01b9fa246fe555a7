#include <filesystem>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <pupil/data/flickr8k_files.hpp>

#include "support/files.hpp"

using namespace pupil;
using pupil::testing::error_of;
using pupil::testing::TemporaryFolder;

namespace {

CaptionsByImage kaggle(std::string_view text) {
  const TemporaryFolder folder;
  folder.write("captions.txt", text);
  return read_kaggle_captions(folder / "captions.txt");
}

CaptionsByImage official(std::string_view text) {
  const TemporaryFolder folder;
  folder.write("tokens", text);
  return read_official_captions(folder / "tokens");
}

/// An error without the folder that begins it.
std::string local(const std::string& error) {
  const std::size_t slash = error.rfind('/', error.find(": "));
  return error.substr(slash == std::string::npos ? 0 : slash + 1);
}

std::string kaggle_error(std::string_view text) {
  return local(error_of<FileError>([&] { kaggle(text); }));
}

std::string official_error(std::string_view text) {
  return local(error_of<FileError>([&] { official(text); }));
}

}  // namespace

TEST_CASE("Kaggle's captions are gathered by image, in the order of the rows") {
  const CaptionsByImage expected{{"a.jpg", {"A dog , running", "Say \"hi\""}}, {"b.jpg", {"A cat"}}};
  CHECK(kaggle("image,caption\na.jpg,\"A dog , running\"\nb.jpg,A cat\na.jpg,\"Say \"\"hi\"\"\"\n") == expected);
}

TEST_CASE("blanks around names and captions do not count") {
  CHECK(kaggle("image,caption\r\na.jpg, A dog . \r\n") == CaptionsByImage{{"a.jpg", {"A dog ."}}});
  CHECK(official("a.jpg#0\tA dog . \r\n") == CaptionsByImage{{"a.jpg", {"A dog ."}}});
}

TEST_CASE("a captions.txt without its header is an error") {
  CHECK(kaggle_error("a.jpg,A dog\n") == "captions.txt: line 1: the header is not image,caption");
  CHECK(kaggle_error("") == "captions.txt: line 1: the header is not image,caption");
}

TEST_CASE("a broken row of captions.txt is an error that names its line") {
  CHECK(kaggle_error("image,caption\na.jpg,A dog\na.jpg\n") ==
        "captions.txt: line 3: 1 field where image,caption has 2");
  CHECK(kaggle_error("image,caption\na.jpg,A dog, a cat\n") ==
        "captions.txt: line 2: 3 fields where image,caption has 2");
  CHECK(kaggle_error("image,caption\na.jpg,\n") == "captions.txt: line 2: the caption of a.jpg is empty");
  CHECK(kaggle_error("image,caption\n,A dog\n") == "captions.txt: line 2: no image is named");
  CHECK(kaggle_error("image,caption\na.jpg,\"A dog\n") == "captions.txt: line 2: a quote is opened and never closed");
}

TEST_CASE("official captions are gathered by image, the number after # left off") {
  const CaptionsByImage expected{{"a.jpg", {"A dog\tand a tab", "Two dogs"}}, {"x#1.jpg", {"A cat"}}};
  CHECK(official("a.jpg#0\tA dog\tand a tab\na.jpg#1\tTwo dogs\n\nx#1.jpg#0\tA cat") == expected);
}

TEST_CASE("a broken line of official captions is an error that names it") {
  const std::string form = "not of the form image#number<tab>caption";
  CHECK(official_error("a.jpg#0\tA dog\na.jpg#1 Two dogs\n") == "tokens: line 2: " + form);
  CHECK(official_error("a.jpg\tA dog\n") == "tokens: line 1: " + form);
  CHECK(official_error("a.jpg#\tA dog\n") == "tokens: line 1: " + form);
  CHECK(official_error("a.jpg#x\tA dog\n") == "tokens: line 1: " + form);
  CHECK(official_error("a.jpg\tA #1 dog\n") == "tokens: line 1: " + form);
  CHECK(official_error("\na.jpg#0\t\n") == "tokens: line 2: the caption of a.jpg is empty");
  CHECK(official_error("#0\tA dog\n") == "tokens: line 1: no image is named");
}

TEST_CASE("a split list may have blank lines, Windows line ends and the same name twice") {
  const TemporaryFolder folder;
  folder.write("list", "a.jpg\r\n\r\nb.jpg\na.jpg");
  SplitByImage splits;
  read_split_list(folder / "list", Split::dev, splits);
  CHECK(splits == SplitByImage{{"a.jpg", Split::dev}, {"b.jpg", Split::dev}});
}

TEST_CASE("an image in two split lists is an error that names it") {
  const TemporaryFolder folder;
  folder.write("list", "b.jpg\na.jpg\n");
  SplitByImage splits{{"a.jpg", Split::train}};
  const auto read = [&] { read_split_list(folder / "list", Split::test, splits); };
  CHECK(local(error_of<FileError>(read)) == "list: line 2: a.jpg is in the train list too");
}

TEST_CASE("a file that is not there is an error that names it") {
  CHECK_THROWS_AS(read_kaggle_captions("no/captions.txt"), FileError);
  CHECK_THROWS_AS(read_official_captions("no/tokens"), FileError);
}
