#include <filesystem>

#include <doctest/doctest.h>

#include <pupil/data/folders.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE("a failure of the file system becomes a FileError that names the path") {
  const auto visit = [] { return std::filesystem::directory_iterator("no/such/folder"); };
  CHECK(pupil::testing::error_of<FileError>([&] { with_file_errors(visit); }) ==
        "no/such/folder: No such file or directory");
}

TEST_CASE("what the body returns is handed on") {
  CHECK(with_file_errors([] { return 7; }) == 7);
}
