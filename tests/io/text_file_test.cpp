#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/text_file.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;
using namespace std::string_view_literals;

namespace {

/// What is wrong with a file of these bytes, behind its name; "no error" where it is text.
std::string text_fault(std::string_view bytes) {
  const TemporaryFolder folder;
  folder.write("file.txt", bytes);
  const std::string name = (folder / "file.txt").string();
  const std::string error = error_of<FileError>([&] {
    const TextFile file(name);
    require_utf8(file.text(), file.name());
  });
  return error.starts_with(name) ? error.substr(name.size()) : error;
}

/// ASCII in units of so many bytes, the character first or last in each.
std::string widened(std::string_view text, std::size_t bytes, bool little_endian) {
  std::string wide;
  for (const char c : text) {
    std::string unit(bytes, '\0');
    (little_endian ? unit.front() : unit.back()) = c;
    wide += unit;
  }
  return wide;
}

std::vector<std::string> lines_in(std::string_view text) {
  LineReader reader(text);
  std::vector<std::string> lines;
  for (std::string_view line; reader.next(line);)
    lines.push_back(std::to_string(reader.number()) + ":" + std::string(line));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a text file is read as it is, without its byte order mark") {
  const TemporaryFolder folder;
  folder.write("file.txt",
               "\xEF\xBB\xBF"
               "a caf\u00e9\r\n");
  const TextFile file(folder / "file.txt");
  CHECK(file.text() == "a caf\u00e9\r\n");
  CHECK(file.name() == (folder / "file.txt").string());
  folder.write("mark.txt", "\xEF\xBB\xBF");
  CHECK(TextFile(folder / "mark.txt").text().empty());
  folder.write("empty.txt", "");
  CHECK(TextFile(folder / "empty.txt").text().empty());
}

TEST_CASE("bytes that are not UTF-8 are named with their line, and how to convert the file") {
  const std::string hint =
      " is not UTF-8 (iconv -f ENCODING -t UTF-8 converts a file; Western texts that are not UTF-8 are mostly "
      "WINDOWS-1252, Chinese ones GB18030)";
  CHECK(text_fault("a dog\nzwei M\xE4nner\n") == ": line 2: byte 0xE4 behind 'zwei M'" + hint);
  CHECK(text_fault("\xFC"
                   "ber\n") == ": line 1: byte 0xFC" + hint);
  CHECK(text_fault("\xEF\xBB\xBF"
                   "a\r\nb\r\nc\x80") == ": line 3: byte 0x80 behind 'c'" + hint);
  CHECK(text_fault("a\rb\rc\x80") == ": line 3: byte 0x80 behind 'c'" + hint);
  CHECK(text_fault(std::string(1000, 'x') + "\u00e9" + std::string(22, 'y') + "\xED\xA0\x80")
            .starts_with(": line 1: byte 0xED behind '\u00e9yyyyyyyyyyyyyyyyyyyyyy' is not UTF-8"));
}

TEST_CASE("UTF-16 and UTF-32 are named, with and without their mark") {
  const std::string text = "image,caption\r\na.jpg,A dog\r\n";
  for (const bool little : {true, false}) {
    const std::string order = little ? "LE" : "BE";
    const std::string mark16 = little ? "\xFF\xFE" : "\xFE\xFF";
    const std::string mark32(little ? "\xFF\xFE\0\0"sv : "\0\0\xFE\xFF"sv);
    for (const bool marked : {true, false}) {
      CAPTURE(marked);
      for (const std::size_t bytes : {std::size_t{2}, std::size_t{4}}) {
        const std::string name = (bytes == 2 ? "UTF-16" : "UTF-32") + order;
        const std::string mark = !marked ? "" : bytes == 2 ? mark16 : mark32;
        CHECK(text_fault(mark + widened(text, bytes, little)) ==
              ": is text in " + name + ", which is not read; iconv -f " + name + " -t UTF-8 converts it");
      }
    }
  }
}

TEST_CASE("a file that is no text is named as what it is") {
  CHECK(text_fault("a\nb\0c\n"sv) == ": line 2: a zero byte, which is no text");
  CHECK(text_fault("PK\x03\x04..."sv) ==
        ": is not text but a zip archive (or an Excel workbook); unpack it (or save it as CSV, UTF-8)");
  CHECK(text_fault("\x1F\x8B\x08"sv) == ": is not text but compressed by gzip: gunzip unpacks it");
  CHECK(text_fault("%PDF-1.4"sv) == ": is not text but a PDF");
  CHECK(text_fault("\xFF\xD8\xFF\xE0\0\x10JFIF"sv) == ": is not text but a JPEG image");
  CHECK(text_fault("Rar!\x1A\x07\0"sv) == ": is not text but a RAR archive; unpack it");
  CHECK(text_fault("\xD0\xCF\x11\xE0"sv) == ": is not text but an old Excel or Word file; save it as CSV, UTF-8");
  CHECK(text_fault("RIFF\x24\0\0\0WEBPVP8 "sv) == ": is not text but WebP");
  CHECK(contains(text_fault(std::string(100, '\0')), ": is not text but zeros"));
}

TEST_CASE("a text may begin with the letters of another kind of file") {
  for (const std::string start :
       {"P1 ", "P6\n", "DDS ", "FUJIFILM", "GIF89a", "Rar!", "BZh", "picture_WEBP", "bplist"}) {
    CAPTURE(start);
    CHECK(text_fault(start) == "no error");
    CHECK(text_fault(start + " 0.25 -0.5\n") == "no error");
  }
}

TEST_CASE("lines end as on Linux, Windows or old Macs, and the last needs no end") {
  CHECK(lines_in("a\n\nb") == Lines{"1:a", "2:", "3:b"});
  CHECK(lines_in("a\r\n\r\nb\r\n") == Lines{"1:a", "2:", "3:b"});
  CHECK(lines_in("a\r\rb\r") == Lines{"1:a", "2:", "3:b"});
  CHECK(lines_in("a\rb\nc") == Lines{"1:a\rb", "2:c"});  // not an old Mac's
  CHECK(lines_in("").empty());
  CHECK(lines_in(std::string(1 << 20, 'x')).front().size() == (1 << 20) + 2);
}
