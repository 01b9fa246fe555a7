#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include <pupil/io/mapped_file.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

TEST_CASE("a mapped file has the bytes of the file") {
  const TemporaryFolder folder;
  const std::string text = "one\0two\n"s;
  put_file(folder / "file", text);
  CHECK(text_of(MappedFile(folder / "file")) == text);
}

TEST_CASE("the bytes stay where they are when a mapped file is moved") {
  const TemporaryFolder folder;
  put_file(folder / "a", "first");
  put_file(folder / "b", "second");
  MappedFile a(folder / "a");
  MappedFile b(folder / "b");
  const auto bytes = b.bytes();
  a = std::move(b);
  CHECK(a.bytes().data() == bytes.data());
  CHECK(text_of(a) == "second");
  const MappedFile c(std::move(a));
  CHECK(text_of(c) == "second");
}

TEST_CASE("the bytes stay when the file is removed or replaced") {
  const TemporaryFolder folder;
  put_file(folder / "file", "as it was");
  const MappedFile file(folder / "file");
  put_file(folder / "new", "other");
  std::filesystem::rename(folder / "new", folder / "file");
  CHECK(text_of(file) == "as it was");
}

TEST_CASE("an empty file has no bytes") {
  const TemporaryFolder folder;
  put_file(folder / "empty", "");
  CHECK(MappedFile(folder / "empty").bytes().empty());
}

TEST_CASE("a missing file is named, with the reason") {
  const TemporaryFolder folder;
  const auto path = folder / "absent";
  CHECK(error_of<FileError>([&] { MappedFile file(path); }) ==
        path.string() + ": cannot open: No such file or directory");
}

TEST_CASE("a folder is not read as a file") {
  const TemporaryFolder folder;
  CHECK(error_of<FileError>([&] { MappedFile file(folder.path()); }) ==
        folder.path().string() + ": cannot read: Is a directory");
}

TEST_CASE("a file without permission is named, with the reason") {
  if (::geteuid() == 0) {
    MESSAGE("skipped: root may read everything");
    return;
  }
  const TemporaryFolder folder;
  const auto path = folder / "secret";
  put_file(path, "text");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  CHECK(error_of<FileError>([&] { MappedFile file(path); }) == path.string() + ": cannot open: Permission denied");
}

TEST_CASE("a pipe is read to its end") {
  if (!std::filesystem::exists("/dev/fd")) {
    MESSAGE("skipped: there is no /dev/fd");
    return;
  }
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "through a pipe", 14) == 14);
  ::close(ends[1]);
  CHECK(text_of(MappedFile("/dev/fd/" + std::to_string(ends[0]))) == "through a pipe");
  ::close(ends[0]);
}
