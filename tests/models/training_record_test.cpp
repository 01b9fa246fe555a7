#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/captioner_file.hpp>
#include <pupil/models/training_record.hpp>

#include "../support/files.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

TrainingRecord two_images() {
  TrainingRecord record{.split_seed = 18'446'744'073'709'551'615U, .images = {}};
  record.add(std::vector<ImageIdentity>{{7, 70}, {3, 30}});
  return record;
}

}  // namespace

TEST_CASE("a record knows each image once, however often it is added") {
  TrainingRecord record = two_images();
  record.add(std::vector<ImageIdentity>{{3, 30}, {5, 50}, {3, 31}});
  CHECK(record.images == std::vector<ImageIdentity>{{3, 30}, {3, 31}, {5, 50}, {7, 70}});
}

TEST_CASE("images that were trained on are found, and those that only have the name or the bytes of one") {
  const std::vector<ImageIdentity> images{{1, 10}, {3, 30}, {9, 30}, {7, 71}, {7, 70}, {8, 0}};
  TrainingRecord record = two_images();
  record.add(std::vector<ImageIdentity>{{2, 0}});  // that could not be read is like no other
  const TrainedImages found = find_trained(record, images);
  CHECK(found.same == std::vector<std::size_t>{1, 4});
  CHECK(found.renamed == std::vector<std::size_t>{2});
  CHECK(found.changed == std::vector<std::size_t>{3});
}

TEST_CASE("a captioner's file keeps what it was trained on; without it, nothing is said") {
  const TemporaryFolder folder;
  Rng rng(1);
  Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  save_captioner(folder / "known", captioner, ParameterPrecision::fp32, two_images());
  save_captioner(folder / "unknown", captioner);
  CHECK(read_captioner_description(SafetensorsFile(folder / "known")).training == two_images());
  CHECK(read_captioner_description(SafetensorsFile(folder / "unknown")).training == std::nullopt);
  CHECK_NOTHROW(load_captioner<float>(folder / "known"));
}

namespace {

/// A file with this text for a record, as earlier versions kept it.
SafetensorsFile with_text(const std::filesystem::path& path, const std::string& images) {
  const Tensor<float, 1> values({1});
  SafetensorsWriter writer;
  writer.add("values", values);
  writer.set_metadata("split_seed", "18446744073709551615");
  writer.set_metadata("trained_images", images);
  writer.write(path);
  return SafetensorsFile(path);
}

}  // namespace

TEST_CASE("a record that an earlier version kept as text is read") {
  const TemporaryFolder folder;
  const SafetensorsFile file =
      with_text(folder / "file", "0000000000000007 0000000000000046\n0000000000000003 000000000000001e\n");
  CHECK(read_training_record(file) == two_images());
  CHECK(read_training_record(with_text(folder / "none", ""))->images.empty());
}

TEST_CASE("a text of a record that is damaged is an error that names the file") {
  const TemporaryFolder folder;
  for (const std::string damaged : {"0123456789abcdef 0123456789abcde", "0123456789abcdef", "x", "\n",
                                    "0123456789abcdef 0123456789abcdef\n0123456789abcdefg0123456789abcdef\n1"}) {
    CAPTURE(damaged);
    const SafetensorsFile file = with_text(folder / "file", damaged);
    CHECK(error_of<FileError>([&] { read_training_record(file); }) ==
          (folder / "file").string() + ": trained_images is damaged in the metadata");
  }
}

TEST_CASE("a record of another shape or type is an error that names the file") {
  const TemporaryFolder folder;
  const auto error_with = [&](const auto& images) {
    SafetensorsWriter writer;
    writer.add("about.trained_images", images);
    writer.set_metadata("split_seed", "0");
    writer.write(folder / "file");
    return error_of<FileError>([&] { read_training_record(SafetensorsFile(folder / "file")); });
  };
  const std::string start = (folder / "file").string() + ": tensor \"about.trained_images\" is ";
  CHECK(error_with(Tensor<float, 2>({3, 2})) ==
        start + "F32 of the shape [3, 2], expected U64 and two numbers an image");
  CHECK(error_with(Tensor<std::uint64_t, 2>({2, 3})) ==
        start + "U64 of the shape [2, 3], expected U64 and two numbers an image");
}

TEST_CASE("a record of no image is a record") {
  const TemporaryFolder folder;
  const TrainingRecord record{.split_seed = 3, .images = {}};
  SafetensorsWriter writer;
  write_training_record(writer, record);
  writer.write(folder / "file");
  CHECK(read_training_record(SafetensorsFile(folder / "file")) == record);
}
