#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/safetensors_output.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

SafetensorsHeader images_header(Index count) {
  SafetensorsHeader header;
  header.tensors["images"] = {.dtype = Dtype::U8, .shape = {count, 5, 7, 3}};
  header.tensors["labels"] = {.dtype = Dtype::I32, .shape = {count}};
  header.metadata["image size"] = "5x7";
  return header;
}

}  // namespace

TEST_CASE("a file filled in place by many threads is a safetensors file") {
  const TemporaryFolder folder;
  constexpr Index count = 200, image_size = 5 * 7 * 3;
  SafetensorsOutput output(folder / "cache", images_header(count));
  const auto images = output.values<std::uint8_t>("images");
  const auto labels = output.values<std::int32_t>("labels");
  REQUIRE(images.size() == static_cast<std::size_t>(count * image_size));
  parallel_for(count, [&](Index n) {
    labels[static_cast<std::size_t>(n)] = static_cast<std::int32_t>(n * n);
    for (Index i = n * image_size; i < (n + 1) * image_size; ++i) {
      images[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i % 253);
    }
  });
  CHECK_FALSE(std::filesystem::exists(folder / "cache"));
  output.commit();

  const SafetensorsFile file(folder / "cache");
  CHECK(file.metadata("image size") == "5x7");
  const auto read_images = file.read<std::uint8_t, 4>("images");
  CHECK(read_images.shape() == Shape{count, 5, 7, 3});
  bool right = true;
  for (Index i = 0; i < read_images.size(); ++i) right = right && read_images[i] == i % 253;
  CHECK(right);
  CHECK(file.read<std::int32_t, 1>("labels")[199] == 199 * 199);
}

TEST_CASE("a file filled in place is the same bytes as one written at once") {
  const TemporaryFolder folder;
  const Tensor<std::uint8_t, 4> images({2, 5, 7, 3});
  const Tensor<std::int32_t, 1> labels({2}, {8, 9});
  SafetensorsWriter writer;
  writer.add("images", images);
  writer.add("labels", labels);
  writer.set_metadata("image size", "5x7");
  writer.write(folder / "written");

  SafetensorsOutput output(folder / "filled", images_header(2));
  output.values<std::int32_t>("labels")[0] = 8;
  output.values<std::int32_t>("labels")[1] = 9;
  output.commit();
  CHECK(file_text(folder / "filled") == file_text(folder / "written"));
}

TEST_CASE("a disk too full for a cache is an error that names it, and nothing stays") {
  const TemporaryFolder folder;
  std::string error;
  {
    const FileSizeLimit limit(1'000'000);
    error = error_of<FileError>([&] { SafetensorsOutput output(folder / "cache", images_header(100'000)); });
  }
  CHECK(error == (folder / "cache").string() + ": cannot write: File too large");
  CHECK(folder.file_count() == 0);
}

TEST_CASE("only what was declared can be filled") {
  const TemporaryFolder folder;
  SafetensorsOutput output(folder / "cache", images_header(1));
  CHECK_THROWS_AS(output.values<float>("images"), OptionError);
  CHECK_THROWS_AS(output.values<float>("masks"), OptionError);
}
