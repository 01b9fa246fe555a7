#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pupil/io/resumable_output.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr std::size_t size = 10'000;

/// A program that writes a letter at byte 9000 and is killed.
void write_and_be_killed(const std::filesystem::path& target, const std::string& beginning) {
  const pid_t process = ::fork();
  if (process == 0) {
    ResumableOutput output(target, beginning, size);
    output.bytes()[9000] = std::byte{'x'};
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("a new output is its beginning, then zeros, and takes its place at commit") {
  const TemporaryFolder folder;
  put_file(folder / "file", "old");
  ResumableOutput output(folder / "file", "begin", size);
  CHECK_FALSE(output.resumed());
  output.bytes()[5] = std::byte{'!'};
  CHECK(file_text(folder / "file") == "old");
  output.commit();
  CHECK((file_text(folder / "file") == "begin!" + std::string(size - 6, '\0')));
  CHECK(folder.file_count() == 1);
}

TEST_CASE("what a killed program wrote is gone on with") {
  const TemporaryFolder folder;
  write_and_be_killed(folder / "file", "begin");
  CHECK_FALSE(std::filesystem::exists(folder / "file"));
  ResumableOutput output(folder / "file", "begin", size);
  CHECK(output.resumed());
  CHECK(output.bytes()[9000] == std::byte{'x'});
  output.release_pages();
  CHECK(output.bytes()[9000] == std::byte{'x'});
  output.commit();
  CHECK(file_text(folder / "file").substr(9000, 1) == "x");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("another beginning or size, and what is no beginning at all, begin anew") {
  const TemporaryFolder folder;
  std::string beginning = "begin";
  std::size_t other_size = size;
  write_and_be_killed(folder / "file", beginning);
  SUBCASE("beginning") { beginning = "Begin"; }
  SUBCASE("size") { other_size = size - 1; }
  SUBCASE("killed before the beginning was written") { put_file(folder / "file.partial", std::string(size, '\0')); }
  ResumableOutput output(folder / "file", beginning, other_size);
  CHECK_FALSE(output.resumed());
  CHECK(output.bytes().size() == other_size);
  CHECK(output.bytes()[9000] == std::byte{0});
}

TEST_CASE("an output that is given up leaves nothing") {
  const TemporaryFolder folder;
  ResumableOutput output(folder / "file", "begin", size);
  output.remove();
  CHECK(folder.file_count() == 0);
}

TEST_CASE("two programs do not write one file") {
  const TemporaryFolder folder;
  ResumableOutput output(folder / "file", "begin", size);
  CHECK(error_of<FileError>([&] { ResumableOutput other(folder / "file", "begin", size); }) ==
        (folder / "file").string() + ": another program is writing it");
  output.commit();
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a disk too full, or a target that is a folder, is an error that leaves nothing") {
  const TemporaryFolder folder;
  std::string error;
  {
    const FileSizeLimit limit(5'000);
    error = error_of<FileError>([&] { ResumableOutput output(folder / "file", "begin", size); });
  }
  CHECK(error == (folder / "file").string() + ": cannot write: File too large");
  CHECK(folder.file_count() == 0);
  CHECK(error_of<FileError>([&] { ResumableOutput output(folder.path(), "begin", size); }) ==
        folder.path().string() + ": cannot write: Is a directory");
}
