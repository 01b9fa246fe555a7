#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pupil/io/temporary_file.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

void kill_while_writing(const std::filesystem::path& target, TemporaryNaming naming) {
  const pid_t process = ::fork();
  if (process == 0) {
    TemporaryFile file(target, naming);
    file.write(bytes_of("half"));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("reserved bytes are zeros that are there when the file is committed") {
  const TemporaryFolder folder;
  TemporaryFile file(folder / "file");
  file.reserve(3'000'000);
  file.commit();
  CHECK(file_text(folder / "file") == std::string(3'000'000, '\0'));
}

TEST_CASE("reserving more than the disk has is an error, and nothing stays") {
  const TemporaryFolder folder;
  TemporaryFile file(folder / "file");
  std::string error;
  {
    const FileSizeLimit limit(1'000'000);
    error = error_of<FileError>([&] { file.reserve(3'000'000); });
  }
  CHECK(error == (folder / "file").string() + ": cannot write: File too large");
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a temporary that has a name from the start lies beside its target") {
  const TemporaryFolder folder;
  const TemporaryFile file(folder / "model.safetensors", TemporaryNaming::at_once);
  const auto entry = *std::filesystem::directory_iterator(folder.path());
  const std::string name = entry.path().filename().string();
  CHECK(name.starts_with("model.safetensors."));
  CHECK(name.ends_with(".tmp"));
}

TEST_CASE("what is committed takes the target's place, and what is not is gone, with and without a name") {
  const TemporaryFolder folder;
  for (const TemporaryNaming naming : {TemporaryNaming::at_commit, TemporaryNaming::at_once}) {
    CAPTURE(static_cast<int>(naming));
    put_file(folder / "file", "old");
    {
      TemporaryFile given_up(folder / "file", naming);
      given_up.write(bytes_of("never seen"));
    }
    CHECK(folder.file_count() == 1);
    CHECK(file_text(folder / "file") == "old");
    TemporaryFile file(folder / "file", naming);
    file.write(bytes_of("new"));
    CHECK(file_text(folder / "file") == "old");
    file.commit();
    CHECK(file_text(folder / "file") == "new");
    CHECK(folder.file_count() == 1);
    CHECK(error_of<FileError>([&] { file.write(bytes_of("more")); }).starts_with((folder / "file").string()));
  }
}

TEST_CASE("what a killed process leaves is removed by the next that writes the target, and by no other") {
  const TemporaryFolder folder;
  kill_while_writing(folder / "file", TemporaryNaming::at_once);
  REQUIRE(folder.file_count() == 1);
  { const TemporaryFile other(folder / "other"); }
  CHECK(folder.file_count() == 1);
  { const TemporaryFile next(folder / "file"); }
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a killed process leaves nothing where files need no name") {
  const TemporaryFolder folder;
#ifdef O_TMPFILE
  const FileDescriptor nameless = FileDescriptor::open(folder.path(), O_TMPFILE | O_RDWR, 0600);
  if (nameless.valid()) {
    kill_while_writing(folder / "file", TemporaryNaming::at_commit);
    CHECK(folder.file_count() == 0);
    return;
  }
#endif
  MESSAGE("skipped: there are no such files here");
}

TEST_CASE("two that write the same target do not take each other's temporary for a leftover") {
  const TemporaryFolder folder;
  for (const TemporaryNaming naming : {TemporaryNaming::at_commit, TemporaryNaming::at_once}) {
    CAPTURE(static_cast<int>(naming));
    TemporaryFile first(folder / "file", naming), second(folder / "file", naming);
    first.write(bytes_of("first"));
    second.write(bytes_of("second"));
    first.commit();
    CHECK(file_text(folder / "file") == "first");
    second.commit();
    CHECK(file_text(folder / "file") == "second");
  }
}
