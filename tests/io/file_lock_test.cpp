#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pupil/io/file_lock.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// A process that takes the lock of a folder and is killed while it has it.
void lock_and_be_killed(const std::filesystem::path& folder) {
  const pid_t process = ::fork();
  if (process == 0) {
    const FileLock lock = lock_folder(folder, "work is done there");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("a second who wants a lock is told who has it, and nothing is left when it is given back") {
  const TemporaryFolder folder;
  {
    const FileLock lock = lock_folder(folder.path(), "a training is running there");
    CHECK_FALSE(lock.taken_over());
    const std::string error = error_of<FileInUse>([&] { lock_folder(folder.path(), "other work"); });
    CHECK(error.starts_with(folder.path().string() + ": a training is running there (process " +
                            std::to_string(::getpid()) + " on "));
  }
  CHECK(folder.file_count() == 0);
  CHECK_NOTHROW(lock_folder(folder.path(), "other work"));
}

TEST_CASE("a second who comes before the first has said who it is is told all the same") {
  const TemporaryFolder folder;
  const auto file = FileDescriptor::open(folder / folder_lock_name, O_RDWR | O_CREAT, 0666);
  REQUIRE(::flock(file.get(), LOCK_EX) == 0);
  std::thread first([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(::pwrite(file.get(), "a test is at work", 17, 0) == 17);
  });
  CHECK(error_of<FileInUse>([&] { lock_folder(folder.path(), "other work"); }) ==
        folder.path().string() + ": a test is at work");
  first.join();
}

TEST_CASE("the lock of an output is beside what a link points to, and the output need not be there") {
  const TemporaryFolder folder;
  put_file(folder / "real", "text");
  std::filesystem::create_symlink("real", folder / "link");
  const FileLock lock = lock_output(folder / "link");
  CHECK_THROWS_AS(lock_output(folder / "real"), FileInUse);
  CHECK_NOTHROW(lock_output(folder / "other"));
  CHECK(file_text(folder / "real") == "text");
}

TEST_CASE("a lock dies with its owner, and the next is told that it was killed") {
  const TemporaryFolder folder;
  lock_and_be_killed(folder.path());
  std::optional<FileLock> lock(lock_folder(folder.path(), "other work"));
  CHECK(lock->taken_over());
  lock.reset();
  CHECK(folder.file_count() == 0);
  CHECK_FALSE(lock_folder(folder.path(), "other work").taken_over());
}

TEST_CASE("a lock that was handed on is given back once, by the last owner") {
  const TemporaryFolder folder;
  std::optional<FileLock> first(lock_folder(folder.path(), "work"));
  std::optional<FileLock> second(std::move(*first));
  first.reset();
  CHECK_THROWS_AS(lock_folder(folder.path(), "other work"), FileInUse);
  second.reset();
  CHECK_NOTHROW(lock_folder(folder.path(), "other work"));
}

TEST_CASE("programs that are started while a lock is held do not keep it") {
  const TemporaryFolder folder;
  pid_t process = 0;
  {
    const FileLock lock = lock_folder(folder.path(), "work");
    process = ::fork();
    if (process == 0) {
      ::execlp("sleep", "sleep", "600", nullptr);
      ::_exit(127);
    }
    // Until exec closes it the child has the lock too: it is another program when its command line says so.
    const std::string command_line = "/proc/" + std::to_string(process) + "/cmdline";
    while (!file_text(command_line).starts_with("sleep")) ::usleep(1000);
  }
  CHECK_NOTHROW(lock_folder(folder.path(), "other work"));
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}

TEST_CASE("a lock in a folder that is not there is an error that names what was to be written") {
  const TemporaryFolder folder;
  CHECK(error_of<FileError>([&] { lock_output(folder / "none/file"); }) ==
        (folder / "none/file").string() + ": cannot write: No such file or directory");
  CHECK(error_of<FileError>([&] { lock_output(folder.path()); }) ==
        folder.path().string() + ": cannot write: Is a directory");
}

TEST_CASE("a child process that drops its copy of a lock takes nothing from the owner") {
  const TemporaryFolder folder;
  std::optional<FileLock> lock(lock_folder(folder.path(), "a training is running there"));
  const pid_t child = ::fork();
  if (child == 0) {
    lock.reset();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  CHECK_THROWS_AS(lock_folder(folder.path(), "other work"), FileInUse);
  lock.reset();
  CHECK(folder.file_count() == 0);
}
