#include <string>

#include <doctest/doctest.h>

#include <pupil/io/metadata_rewrite.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("rewritten metadata replace the texts of their keys, and all else in the file stays") {
  const TemporaryFolder folder;
  const auto path = folder / "file.safetensors";
  const Tensor<float, 2> weight({2, 2}, {1, 2, 3, 4});
  SafetensorsWriter writer;
  writer.add("weight", weight);
  writer.set_metadata("kept", "as it was");
  writer.set_metadata("changed", "before");
  writer.write(path);

  rewrite_metadata(path, {{"changed", "after"}, {"new", "there"}});

  const SafetensorsFile file(path);
  CHECK(file.metadata("kept") == "as it was");
  CHECK(file.metadata("changed") == "after");
  CHECK(file.metadata("new") == "there");
  CHECK(file.read<float, 2>("weight") == weight);
}

TEST_CASE("metadata that cannot be written leave the file as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "file.safetensors";
  SafetensorsWriter writer;
  writer.set_metadata("key", "text");
  writer.write(path);
  const std::string before = file_text(path);
  const FileSizeLimit full(before.size());
  const std::string error = error_of<FileError>([&] { rewrite_metadata(path, {{"more", std::string(1000, 'x')}}); });
  CHECK(contains(error, path.string() + ": cannot write"));
  CHECK(file_text(path) == before);
}
