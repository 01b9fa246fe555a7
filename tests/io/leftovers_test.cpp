#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include <pupil/io/leftovers.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("the target of a temporary file is in its name") {
  using pupil::detail::target_of_temporary;
  CHECK(target_of_temporary("model.safetensors.1234-0.tmp") == "model.safetensors");
  CHECK(target_of_temporary(pupil::detail::temporary_name("a.b-1").string()) == "a.b-1");
  for (const char* const name : {"model.safetensors", "notes.tmp", "notes.12.tmp", "notes.-1.tmp", "notes.1-.tmp",
                                 "notes1-2.tmp", ".1-2.tmp", "1-2.tmp", ".tmp", "", "notes.1-2.tmp.txt"}) {
    CAPTURE(name);
    CHECK(target_of_temporary(name).empty());
  }
}

TEST_CASE("leftovers of one target go, or of all, and nothing else does") {
  const TemporaryFolder folder;
  for (const char* const name : {"a.1-0.tmp", "a.99999-12.tmp", "b.1-0.tmp", "a", "a.tmp", "c.1-0.tmp"}) {
    put_file(folder / name, "x");
  }
  std::filesystem::create_directory(folder / "d.1-0.tmp");
  const FileDescriptor in_use = FileDescriptor::open(folder / "c.1-0.tmp", O_RDWR);
  REQUIRE(::flock(in_use.get(), LOCK_EX) == 0);
  remove_leftovers(folder.path(), "a");
  CHECK(folder.file_count() == 5);
  CHECK(std::filesystem::exists(folder / "b.1-0.tmp"));
  remove_leftovers(folder.path());
  CHECK(folder.file_count() == 4);
  for (const char* const name : {"a", "a.tmp", "c.1-0.tmp", "d.1-0.tmp"}) {
    CAPTURE(name);
    CHECK(std::filesystem::exists(folder / name));
  }
}

TEST_CASE("a folder that is not there has no leftovers") { CHECK_NOTHROW(remove_leftovers("none/of/these")); }
