#include <string>

#include <doctest/doctest.h>

#include <pupil/io/temporary_file.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

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

TEST_CASE("the temporary lies beside its target") {
  const TemporaryFolder folder;
  const TemporaryFile file(folder / "model.safetensors");
  const auto entry = *std::filesystem::directory_iterator(folder.path());
  const std::string name = entry.path().filename().string();
  CHECK(name.starts_with("model.safetensors."));
  CHECK(name.ends_with(".tmp"));
}
