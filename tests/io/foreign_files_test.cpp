#include <string>

#include <doctest/doctest.h>

#include <pupil/io/foreign_files.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::string kind_of(const std::string& file) { return std::string(kind_of_foreign_file(bytes_of(file)).kind); }

}  // namespace

TEST_CASE("other image formats are known by how they begin") {
  CHECK(kind_of("RIFF\x24\0\0\0WEBPVP8 "s) == "WebP");
  CHECK(kind_of("\0\0\0\x18"
                "ftypheic\0\0\0\0"s) == "HEIC");
  CHECK(kind_of("\0\0\0\x18"
                "ftypmif1\0\0\0\0"s) == "HEIF");
  CHECK(kind_of("\0\0\0\x1C"
                "ftypavif\0\0\0\0"s) == "AVIF");
  CHECK(contains(kind_of("II*\0\x08\0\0\0"s), "TIFF"));
  CHECK(contains(kind_of("MM\0*\0\0\0\x08"s), "TIFF"));
  CHECK(kind_of("\xFF\x0A\x80"s) == "JPEG XL");
  CHECK(kind_of("\0\0\0\x0CJXL \r\n\x87\n"s) == "JPEG XL");
  CHECK(kind_of("\0\0\0\x0CjP  \r\n\x87\n"s) == "JPEG 2000");
  CHECK(kind_of("\xFF\x4F\xFF\x51\0"s) == "JPEG 2000");
  CHECK(contains(kind_of("\x89PNG\n\x1A\n\0\0\0\x0DIHDR"s), "transferred as text"));
  CHECK(kind_of("8BPS\0\1"s) == "Photoshop's PSD");
  CHECK(kind_of("\0\0\1\0\1\0"s) == "an icon (ICO)");
  CHECK(kind_of("P6\n1 1\n255\n"s) == "PNM");
  CHECK(kind_of("%PDF-1.7\n"s) == "a PDF");
}

TEST_CASE("a TGA image is not taken for a cursor, nor a cursor for one") {
  const std::string no_colour_map(5, '\0');
  for (const char type : {'\2', '\3', '\x0A', '\x0B'}) {
    CHECK(kind_of("\0\0"s + type + no_colour_map + "\0\0\0\0\x28\0\x14\0\x18\0"s) == "TGA");
  }
  CHECK(kind_of("\0\0\2\0\1\0\x20\x20"s) == "a cursor (CUR)");
  CHECK(kind_of("\0\0\1\0\1\0\x20\x20"s) == "an icon (ICO)");
  CHECK(kind_of("\1\xDA\1\1\0\3"s) == "SGI's RGB");
  CHECK(kind_of("\1\xDA\0\1\0\3"s) == "SGI's RGB");
}

TEST_CASE("films and archives are known by how they begin") {
  CHECK(contains(kind_of("\0\0\0\x18"
                         "ftypmp42\0\0\0\0"s),
                 "a video"));
  CHECK(contains(kind_of("RIFF\x24\0\0\0AVI LIST"s), "a video"));
  CHECK(contains(kind_of("\x1A\x45\xDF\xA3\x01"s), "a video"));
  CHECK(kind_of("PK\3\4\x14\0"s) == "a zip archive");
  CHECK(kind_of("\x1F\x8B\x08\0"s) == "compressed by gzip: gunzip unpacks it");
}

TEST_CASE("a server's answer instead of a file is known, however it begins") {
  for (const std::string& page :
       {"<!DOCTYPE html>\n<html>"s, "<HTML><BODY>"s, "\n\n  <html lang=\"en\">"s, "\xEF\xBB\xBF<!doctype HTML>"s,
        "<!-- hello -->\n<html>"s, "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC>"s, "<head><title>404</title>"s}) {
    CAPTURE(page);
    CHECK(kind_of(page) == "a web page (HTML)");
  }
  CHECK(kind_of("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>") == "XML");
  CHECK(kind_of("{\"error\": \"not found\"}") == "JSON");
  CHECK(kind_of("  [1, 2]") == "JSON");
  CHECK(kind_of("<svg xmlns=\"...\">") == "SVG");
  CHECK(kind_of("<?xml version=\"1.0\"?>\n<!-- by hand -->\n<svg>") == "SVG");
  CHECK(kind_of("Not Found\n") == "text");
}

TEST_CASE("a Git LFS pointer says what to do") {
  CHECK(contains(kind_of("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"), "git lfs pull"));
}

TEST_CASE("a file that was never filled is known, and one of no known kind is not") {
  CHECK(contains(kind_of(std::string(4096, '\0')), "zeros"));
  CHECK(kind_of("\x93\x11\x02\x80").empty());
  CHECK(kind_of("\xFF\xFF\xFF\xFF\xFF\xFF{}").empty());
  CHECK(kind_of("").empty());
}

TEST_CASE("a text is called so in any script, and in an encoding of the West") {
  CHECK(kind_of("\u72d7\u5728\u8dd1\n") == "text");
  CHECK(kind_of("Zugriff verweigert f\xFCr Sie\n") == "text");
  CHECK(kind_of("<html><p>M\xE4nner</p></html>") == "a web page (HTML)");
}

TEST_CASE("files that the readers of texts and weights are given by mistake are known") {
  CHECK(kind_of_foreign_file(bytes_of("PK\3\4\x14\0"s)).family == FileFamily::zip);
  CHECK(kind_of_foreign_file(bytes_of("Rar!\x1A\7\0"s)).family == FileFamily::archive);
  CHECK(kind_of_foreign_file(bytes_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s)).family == FileFamily::office);
  CHECK(kind_of("\xFD\x37zXZ\0\0\4"s) == "compressed by xz: unxz unpacks it");
  CHECK(kind_of("SQLite format 3\0\x10\0"s) == "an SQLite database");
  CHECK(kind_of("\x7F\x45LF\2\1\1\0"s) == "a program");
  CHECK(kind_of("PK\5\6\0\0"s) == "an empty zip archive");
  CHECK(kind_of("\xFF\xD8\xFF\xE0\0\x10JFIF"s) == "a JPEG image");
  CHECK(kind_of("\x89PNG\r\n\x1A\n\0"s) == "a PNG image");
}
