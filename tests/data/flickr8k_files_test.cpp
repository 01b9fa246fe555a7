#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/data/flickr8k_files.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::contains;
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

TEST_CASE("a captions.txt without its header is an error that shows what stands there, and what it seems to be") {
  const auto header_error = [](const std::string& line, const std::string& hint) {
    CHECK(kaggle_error(line + "\n") == "captions.txt: line 1: the header is '" + line + "', not image,caption" +
                                           (hint.empty() ? "" : "; this seems to be " + hint));
  };
  CHECK(kaggle_error("") == "captions.txt: is empty; the header image,caption is missing");
  header_error("a.jpg,A dog", "a row without a header above it");
  header_error("image;caption", "fields divided by semicolons, where commas are expected");
  CHECK(contains(kaggle_error("image\tcaption\n"),
                 "'image\\tcaption', not image,caption; this seems to be fields divided by tabs"));
  header_error("image_name| comment_number| comment",
               "fields divided by bars, as in Flickr30k's results.csv, where commas are expected");
  header_error("image_name,comment_number,comment", "");
  header_error("image,caption,caption", "");
  header_error("{\"dataset\": \"flickr8k\"}", "JSON");
  header_error("<!DOCTYPE html>", "a web page (HTML), not the file that was meant");
  header_error("version https://git-lfs.github.com/spec/v1",
               "a Git LFS pointer: `git lfs pull` fetches the file itself");
  CHECK(contains(kaggle_error("a.jpg#0\tA dog\n"), "the official form, whose file is called Flickr8k.token.txt"));
  CHECK(contains(kaggle_error(std::string(500, 'x')), "'" + std::string(80, 'x') + "...'"));
}

TEST_CASE("case and blanks in the header do not matter, nor does the order of the columns") {
  const CaptionsByImage expected{{"a.jpg", {"A dog"}}};
  for (const std::string header : {"Image,Caption", "image, caption", " IMAGE ,\tCAPTION ", "\"image\",\"caption\"",
                                   "\xEF\xBB\xBF"
                                   "image,caption"}) {
    CAPTURE(header);
    CHECK(kaggle(header + "\na.jpg,A dog\n") == expected);
    CHECK(kaggle(header + "\ra.jpg,A dog\r") == expected);
  }
  CHECK(kaggle("caption,image\nA dog,a.jpg\n") == expected);
}

TEST_CASE("columns beside image and caption are not read, and that is said") {
  const TemporaryFolder folder;
  folder.write("captions.txt", ",image,caption,split\n0,a.jpg,A dog,train\n");
  std::vector<std::string> remarks;
  CHECK(read_kaggle_captions(folder / "captions.txt", &remarks) == CaptionsByImage{{"a.jpg", {"A dog"}}});
  REQUIRE(remarks.size() == 1);
  CHECK(local(remarks[0]) == "captions.txt: only image and caption are read, not '', 'split'");
  CHECK(kaggle_error("image,caption,split\na.jpg,A dog\n") ==
        "captions.txt: line 2: 2 fields where image,caption,split has 3");
}

TEST_CASE("captions without a word are left out and counted, with the first line") {
  const TemporaryFolder folder;
  folder.write("captions.txt", "image,caption\na.jpg,A dog\na.jpg,\nb.jpg,...\n");
  folder.write("tokens", "a.jpg#0\tA dog\na.jpg#1\t \n");
  std::vector<std::string> remarks;
  CHECK(read_kaggle_captions(folder / "captions.txt", &remarks) == CaptionsByImage{{"a.jpg", {"A dog"}}});
  CHECK(read_official_captions(folder / "tokens", &remarks) == CaptionsByImage{{"a.jpg", {"A dog"}}});
  REQUIRE(remarks.size() == 2);
  CHECK(local(remarks[0]) == "captions.txt: skipped 2 captions without a word (line 3, a.jpg, ...)");
  CHECK(local(remarks[1]) == "tokens: skipped 1 caption without a word (line 2, a.jpg)");
}

TEST_CASE("captions that are not UTF-8 are an error with the line, names of images may be any bytes") {
  CHECK(contains(kaggle_error("image,caption\na.jpg,A dog\nb.jpg,Zwei M\xE4nner\n"),
                 "captions.txt: line 3: byte 0xE4 behind 'Zwei M' is not UTF-8"));
  CHECK(contains(official_error("a.jpg#0\tA dog\nb.jpg#0\tZwei M\xE4nner\n"),
                 "tokens: line 2: byte 0xE4 behind 'Zwei M' is not UTF-8"));
  CHECK(kaggle("image,caption\nM\xE4n.jpg,A man\n") == CaptionsByImage{{"M\xE4n.jpg", {"A man"}}});
  CHECK(official("M\xE4n.jpg#0\tA man\n") == CaptionsByImage{{"M\xE4n.jpg", {"A man"}}});
}

TEST_CASE("a file in another encoding, or of another kind, is named") {
  using namespace std::string_view_literals;
  CHECK(contains(kaggle_error("\xFF\xFEi\0m\0a\0g\0"sv), "captions.txt: is text in UTF-16LE"));
  CHECK(contains(official_error("a\0.\0j\0p\0g\0#\0"sv), "tokens: is text in UTF-16LE"));
  CHECK(contains(official_error("PK\x03\x04"sv), "tokens: is not text but a zip archive"));
  CHECK(official_error("<html>\n") ==
        "tokens: line 1: this seems to be a web page (HTML), not the file that was meant");
  CHECK(contains(official_error("{\n\"images\": []\n}\n"), "tokens: line 1: this seems to be JSON"));
  CHECK(contains(official_error("<?xml version=\"1.0\"?>\n<!DOCTYPE html>\n"), "a web page (HTML)"));
  const TemporaryFolder folder;
  folder.write("list", "{\"images\": []}");
  SplitByImage splits;
  CHECK(local(error_of<FileError>([&] { read_split_list(folder / "list", Split::dev, splits); })) ==
        "list: line 1: this seems to be JSON");
}

TEST_CASE("a broken row of captions.txt is an error that names its line") {
  CHECK(kaggle_error("image,caption\na.jpg,A dog\na.jpg\n") ==
        "captions.txt: line 3: 1 field where image,caption has 2");
  CHECK(kaggle_error("image,caption\na.jpg,A dog, a cat\n") ==
        "captions.txt: line 2: 3 fields where image,caption has 2");
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
