#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/atomic_file.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("an atomic file is seen only once it is committed") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  put_file(path, "old");
  AtomicFile file(path);
  file.write("new, ");
  file.write("in two parts");
  CHECK(file_text(path) == "old");
  file.commit();
  CHECK(file_text(path) == "new, in two parts");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("an atomic file without commit leaves nothing") {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "file");
    file.write("half of it");
    CHECK_FALSE(std::filesystem::exists(folder / "file"));
  }
  CHECK(folder.file_count() == 0);
}

TEST_CASE("pieces smaller and larger than the buffer arrive in order") {
  const TemporaryFolder folder;
  std::string expected;
  AtomicFile file(folder / "file");
  for (const std::size_t size : {1u, 65535u, 65536u, 65537u, 300000u, 0u, 3u, 65534u, 7u}) {
    std::string piece(size, static_cast<char>('a' + size % 26));
    if (!piece.empty()) piece.back() = '\0';
    file.write(piece);
    expected += piece;
  }
  file.commit();
  CHECK(file_text(folder / "file") == expected);
}

TEST_CASE("a full disk is an error that names the target, and the old file stays") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  put_file(path, "the last good one");
  const std::string large(100'000, 'x');
  std::string error;
  {
    const FileSizeLimit limit(50'000);
    error = error_of<FileError>([&] { write_file_atomically(path, large); });
  }
  CHECK(error == path.string() + ": cannot write: File too large");
  CHECK(file_text(path) == "the last good one");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("what could not be written whole cannot be committed") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  AtomicFile file(path);
  {
    const FileSizeLimit limit(50'000);
    CHECK_THROWS_AS(file.write(std::string(100'000, 'x')), FileError);
  }
  CHECK_THROWS_AS(file.commit(), FileError);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a file is committed once") {
  const TemporaryFolder folder;
  AtomicFile file(folder / "file");
  file.write("text");
  file.commit();
  CHECK(contains(error_of<FileError>([&] { file.commit(); }), "already committed"));
  CHECK(file_text(folder / "file") == "text");
}

TEST_CASE("a file in a missing folder is an error that names it") {
  const TemporaryFolder folder;
  const auto path = folder / "absent" / "file";
  CHECK(error_of<FileError>([&] { write_file_atomically(path, "text"); }) ==
        path.string() + ": cannot write: No such file or directory");
}

TEST_CASE("folders and devices are not replaced by files") {
  const TemporaryFolder folder;
  CHECK(error_of<FileError>([&] { write_file_atomically(folder.path(), "text"); }) ==
        folder.path().string() + ": cannot write: Is a directory");
  CHECK(contains(error_of<FileError>([&] { write_file_atomically("/dev/null", "text"); }), "not a regular file"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("writing through a link replaces the file, not the link") {
  const TemporaryFolder folder;
  put_file(folder / "file", "old");
  std::filesystem::create_symlink("file", folder / "link");
  write_file_atomically(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(file_text(folder / "file") == "new");
}

TEST_CASE("of two writers of one file, the last to commit wins whole") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  AtomicFile first(path);
  AtomicFile second(path);
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  CHECK(file_text(path) == "first");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a file name without a folder is written where the program stands") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file_atomically("here", "text");
  std::filesystem::current_path(before);
  CHECK(file_text(folder / "here") == "text");
}
