#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/glove.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

struct Line {
  std::size_t line;
  std::string word;
  std::vector<float> values;
  bool operator==(const Line&) const = default;
};

/// All lines of a file with this text.
std::vector<Line> read_all(const std::string& text, MalformedWords malformed = MalformedWords::refuse) {
  const TemporaryFolder folder;
  folder.write("glove.txt", text);
  GloveReader reader(folder / "glove.txt", malformed);
  WordVector vector;
  std::vector<Line> lines;
  while (reader.next(vector)) lines.push_back({vector.line, std::string(vector.word), vector.values});
  return lines;
}

/// What is wrong with a file of this text, from the file's name on.
std::string fault(const std::string& text) {
  const std::string error = error_of<FileError>([&] { read_all(text); });
  const auto name = error.find("glove.txt");
  return name == std::string::npos ? error : error.substr(name);
}

}  // namespace

TEST_CASE("word vectors are read line by line") {
  const std::vector<Line> expected{{1, "the", {0.5F, -1, 2e-3F}}, {2, ",", {0, 1, -0.25F}}};
  CHECK(read_all("the 0.5 -1 2e-3\n, 0 1 -.25\n") == expected);
  CHECK(read_all("the 0.5 -1 2e-3\r\n, 0 1 -.25\r\n") == expected);
  CHECK(read_all("the 0.5 -1 2e-3\n, 0 1 -.25") == expected);
  CHECK(read_all("").empty());
}

TEST_CASE("words may be numbers, hold spaces, and any characters") {
  const std::vector<Line> lines = read_all("the 1 2\n7 3 4\n. . . 5 6\nna\xC3\xAFve\xC2\xA0x 7 8\n");
  REQUIRE(lines.size() == 4);
  CHECK(lines[1] == Line{2, "7", {3, 4}});
  CHECK(lines[2] == Line{3, ". . .", {5, 6}});
  CHECK(lines[3] == Line{4, "na\xC3\xAFve\xC2\xA0x", {7, 8}});
}

TEST_CASE("a byte order mark and an old Mac's line ends are no part of words and numbers") {
  const std::vector<Line> expected{{1, "the", {1, 2}}, {2, "a", {3, 4}}};
  CHECK(read_all("\xEF\xBB\xBFthe 1 2\na 3 4\n") == expected);
  CHECK(read_all("the 1 2\ra 3 4\r") == expected);
}

TEST_CASE("a word that is not UTF-8 is refused with its line, or skipped where that is asked") {
  const std::string text = "the 1 2\nna\xEFve 3 4\ncat 5 6\n";
  CHECK(contains(fault(text), "glove.txt: line 2: byte 0xEF behind 'na' is not UTF-8"));
  CHECK(read_all(text, MalformedWords::skip) == std::vector<Line>{{1, "the", {1, 2}}, {3, "cat", {5, 6}}});
}

TEST_CASE("what is no file of word vectors is named") {
  CHECK(contains(fault("PK\x03\x04"), "glove.txt: is not text but a zip archive"));
  CHECK(contains(fault(std::string("\xFF\xFE"
                                   "t\0h\0",
                                   6)),
                 "glove.txt: is text in UTF-16LE"));
  CHECK(fault("400000 2\nthe 1 2\n") ==
        "glove.txt: line 2 has more numbers than line 1, which has 1 (a first line of two counts is word2vec's or "
        "fastText's; take it away)");
}

TEST_CASE("faults of word vectors are named with their line") {
  CHECK(fault("the\n") == "glove.txt: line 1 has no numbers");
  CHECK(fault("the 1 2\ncat 1\n") == "glove.txt: line 2 has 1 numbers, line 1 has 2");
  CHECK(fault("the 1 2\n\ncat 1 2\n") == "glove.txt: line 2 has 0 numbers, line 1 has 2");
  CHECK(fault("the 1 2\ncat 1 2 3\n") == "glove.txt: line 2 has more numbers than line 1, which has 2");
  CHECK(fault("the 1 2\ncat 1 2\ndog 1 x2\n") == "glove.txt: line 3: 'x2' is not a finite number");
  CHECK(fault("the 1 2,5\n") == "glove.txt: line 1: '2,5' is not a finite number");
  CHECK(fault("the 1 nan\n") == "glove.txt: line 1: 'nan' is not a finite number");
  CHECK(fault("the 1 1e99\n") == "glove.txt: line 1: '1e99' is not a finite number");
  CHECK(fault("the 1 2 \n") == "glove.txt: line 1: '' is not a finite number");
  CHECK(fault(" 1 2\n") == "glove.txt: line 1 does not begin with a word");
}

TEST_CASE("a file of word vectors that is not there is named") {
  CHECK_THROWS_WITH_AS(GloveReader("/no/such/glove.txt"), "/no/such/glove.txt: cannot open: No such file or directory",
                       FileError);
}
