#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/safetensors.hpp>

#include "support/files.hpp"
#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

std::string with_length(const std::string& json, const std::string& data) {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>((json.size() >> (8 * i)) & 0xFFu);
  return length + json + data;
}

std::string open_error(const std::filesystem::path& path) {
  return error_of<FileError>([&] { SafetensorsFile file(path); });
}

template <class T>
void check_round_trip(const TemporaryFolder& folder, Rng& rng) {
  Tensor<T, 2> values({3, 5});
  auto* const bytes = reinterpret_cast<unsigned char*>(values.data());
  for (std::size_t i = 0; i < 15 * sizeof(T); ++i) bytes[i] = static_cast<unsigned char>(rng.below(256));

  SafetensorsWriter writer;
  writer.add("values", values);
  writer.write(folder / "file");
  const SafetensorsFile file(folder / "file");
  const auto again = file.read<T, 2>("values");
  CHECK(file.info("values").dtype == dtype_of<T>());
  CHECK(again.shape() == values.shape());
  CHECK(std::memcmp(again.data(), values.data(), 15 * sizeof(T)) == 0);  // NaN and all
  CHECK(std::memcmp(file.values<T>("values").data(), values.data(), 15 * sizeof(T)) == 0);
}

// A small file with a bit of everything.
std::string sample_file(const TemporaryFolder& folder) {
  Tensor<float, 2> weight({2, 3}, {1, 2, 3, 4, 5, 6});
  Tensor<std::int64_t, 1> steps({1}, {7});
  SafetensorsWriter writer;
  writer.add("layer.weight", weight);
  writer.add("steps", steps);
  writer.set_metadata("words", "a dog\nruns");
  writer.write(folder / "sample");
  return file_text(folder / "sample");
}

}  // namespace

TEST_CASE_TEMPLATE("tensors of every type come back bit for bit", T, float, double, std::int8_t, std::uint8_t,
                   std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t) {
  const TemporaryFolder folder;
  Rng rng(sizeof(T));
  check_round_trip<T>(folder, rng);
}

TEST_CASE("the bytes are those of the reference implementation") {
  const TemporaryFolder folder;
  const std::string json = R"({"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})";
  const Tensor<float, 3> values({1, 2, 3}, {0, 1, 2, 3, 4, 5});
  const std::string data(reinterpret_cast<const char*>(values.data()), 24);
  SafetensorsWriter writer;
  writer.add("attn.0", values);
  writer.write(folder / "file");
  CHECK(json.size() == 64);
  CHECK(file_text(folder / "file") == with_length(json, data));

  SafetensorsWriter padded;
  padded.add("attn0", std::vector<Index>{1, 1, 2, 3}, values.data());
  padded.write(folder / "padded");
  CHECK(file_text(folder / "padded") ==
        with_length(R"({"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       )", data));
}

TEST_CASE("a file without tensors can be written and read") {
  const TemporaryFolder folder;
  SafetensorsWriter().write(folder / "file");
  CHECK(file_text(folder / "file") == with_length("{}      ", ""));
  CHECK(SafetensorsFile(folder / "file").names().empty());
}

TEST_CASE("the same contents give the same bytes in whatever order they were added") {
  const TemporaryFolder folder;
  const Tensor<float, 1> a({2}, {1, 2});
  const Tensor<std::uint8_t, 1> b({3}, {3, 4, 5});
  SafetensorsWriter forward;
  forward.add("a", a);
  forward.add("b", b);
  forward.set_metadata("x", "1");
  forward.set_metadata("y", "2");
  forward.write(folder / "forward");
  SafetensorsWriter backward;
  backward.set_metadata("y", "other");
  backward.set_metadata("y", "2");
  backward.set_metadata("x", "1");
  backward.add("b", b);
  backward.add("a", a);
  backward.write(folder / "backward");
  CHECK(file_text(folder / "forward") == file_text(folder / "backward"));
}

TEST_CASE("scalars and empty tensors come back") {
  const TemporaryFolder folder;
  const double value = 2.5;
  const Tensor<float, 2> nothing({0, 4});
  SafetensorsWriter writer;
  writer.add("scalar", std::span<const Index>{}, &value);
  writer.add("nothing", nothing.shape(), nothing.data());
  writer.write(folder / "file");
  const SafetensorsFile file(folder / "file");
  CHECK(file.read<double, 0>("scalar")[0] == 2.5);
  CHECK(file.read<float, 2>("nothing").shape() == Shape{0, 4});
}

TEST_CASE("a file tells its names, shapes and texts") {
  const TemporaryFolder folder;
  sample_file(folder);
  const SafetensorsFile file(folder / "sample");
  CHECK(file.names() == std::vector<std::string>{"steps", "layer.weight"});
  CHECK(file.contains("steps"));
  CHECK_FALSE(file.contains("step"));
  CHECK(file.info("layer.weight").shape == std::vector<Index>{2, 3});
  CHECK(file.info("layer.weight").bytes == 24);
  CHECK(file.raw("steps").size() == 8);
  CHECK(file.metadata("words") == "a dog\nruns");
  CHECK(file.metadata().size() == 1);
}

TEST_CASE("floating-point types are read as each other") {
  const TemporaryFolder folder;
  const std::vector<std::uint16_t> halves{0x3C00, 0xC000, 0x3555};
  const std::vector<std::uint16_t> bfloats{0x3F80, 0xC000, 0x3EAB};
  const Tensor<double, 1> doubles({3}, {1, -2, 1.0 / 3});
  const std::vector<Index> shape{3};
  SafetensorsWriter writer;
  writer.add("half", Dtype::F16, shape, reinterpret_cast<const std::byte*>(halves.data()));
  writer.add("bfloat", Dtype::BF16, shape, reinterpret_cast<const std::byte*>(bfloats.data()));
  writer.add("double", doubles);
  writer.write(folder / "file");
  const SafetensorsFile file(folder / "file");
  CHECK(file.read<float, 1>("half") == Tensor<float, 1>({3}, {1, -2, 0.333251953125f}));
  CHECK(file.read<double, 1>("bfloat") == Tensor<double, 1>({3}, {1, -2, 0.333984375}));
  CHECK(file.read<float, 1>("double") == Tensor<float, 1>({3}, {1, -2, 1.0f / 3}));
}

TEST_CASE("tensors are read into the memory of others of the same shape") {
  const TemporaryFolder folder;
  sample_file(folder);
  Tensor<double, 2> weight({2, 3});
  SafetensorsFile(folder / "sample").read_into("layer.weight", weight.shape(), weight.data());
  CHECK(weight == Tensor<double, 2>({2, 3}, {1, 2, 3, 4, 5, 6}));
}

TEST_CASE("a tensor that is not as expected is an error that names the file, the tensor and both sides") {
  const TemporaryFolder folder;
  sample_file(folder);
  const SafetensorsFile file(folder / "sample");
  const std::string path = (folder / "sample").string();
  float place[6];
  CHECK(error_of<FileError>([&] {
          file.read_into("layer.weight", Shape{3, 2}, place);
        }) == path + ": tensor \"layer.weight\" has the shape [2, 3], expected [3, 2]");
  CHECK(error_of<FileError>([&] { file.read<float, 1>("layer.weight"); }) ==
        path + ": tensor \"layer.weight\" has the shape [2, 3], expected 1 dimensions");
  CHECK(error_of<FileError>([&] { file.read<std::int32_t, 1>("steps"); }) ==
        path + ": tensor \"steps\" is I64, which cannot be read as I32");
  CHECK(error_of<FileError>([&] { file.read<float, 1>("steps"); }) ==
        path + ": tensor \"steps\" is I64, which cannot be read as F32");
  CHECK(error_of<FileError>([&] { file.values<double>("layer.weight"); }) ==
        path + ": tensor \"layer.weight\" is F32, expected F64");
  CHECK(error_of<FileError>([&] { file.info("absent"); }) == path + ": tensor \"absent\" is not in this file");
  CHECK(error_of<FileError>([&] { file.metadata("absent"); }) == path + ": no \"absent\" in the metadata");
}

TEST_CASE("data that is not aligned is read all the same") {
  const TemporaryFolder folder;
  const std::vector<float> values{1.5f, -2.5f};
  std::string data = "!";
  data.append(reinterpret_cast<const char*>(values.data()), 8);
  put_file(folder / "file", with_length(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                        R"("b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}} )",
                                        data));
  const SafetensorsFile file(folder / "file");
  CHECK(file.read<float, 1>("b") == Tensor<float, 1>({2}, {1.5f, -2.5f}));
}

TEST_CASE("files that are no safetensors files are errors that name them") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  const std::string huge_header = "\xff\xff\xff\xff\xff\xff\xff\xff"s + "{}";
  const std::string longer_than_file = "\x10\0\0\0\0\0\0\0"s + "{}";
  struct Case {
    std::string text, expected;
  };
  const std::vector<Case> cases{
      {"", "the file is empty"},
      {"\1\2\3\4\5\6\7", "it has only 7 bytes"},
      {huge_header, "its header would have 18446744073709551615 bytes"},
      {longer_than_file, "truncated, the header has 16 bytes and the file 10"},
      {"\0\0\0\0\0\0\0\0\1"s, "expected '{'"},
      {"PK\x03\x04 a zip archive, as PyTorch writes them", "not a safetensors file"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    put_file(path, c.text);
    const std::string error = open_error(path);
    CAPTURE(error);
    CHECK(error.starts_with(path.string() + ": "));
    CHECK(contains(error, c.expected));
  }
  CHECK(contains(open_error(folder / "absent"), "No such file"));
}

TEST_CASE("a file cut off anywhere is an error") {
  const TemporaryFolder folder;
  const std::string whole = sample_file(folder);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    put_file(folder / "cut", whole.substr(0, length));
    REQUIRE(open_error(folder / "cut").starts_with((folder / "cut").string() + ": "));
  }
  put_file(folder / "longer", whole + '\0');
  CHECK(contains(open_error(folder / "longer"), "the tensors end at byte 32 of the data, which has 33"));
}

TEST_CASE("a file with any one bit of its header flipped is read or is an error, and never anything else") {
  const TemporaryFolder folder;
  const std::string whole = sample_file(folder);
  const std::size_t header_size = whole.size() - 32;
  int errors = 0;
  for (std::size_t bit = 0; bit < 8 * header_size; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    put_file(folder / "damaged", damaged);
    errors += error_of<FileError>([&] {
                const SafetensorsFile file(folder / "damaged");
                for (const std::string& name : file.names()) {
                  const auto raw = file.raw(name);
                  std::accumulate(raw.begin(), raw.end(), 0, [](int sum, std::byte b) { return sum + int(b); });
                }
              }) != "no error";
  }
  CHECK(errors > static_cast<int>(header_size) * 4);  // names and texts may change unseen
}

TEST_CASE("a full disk leaves the old file") {
  const TemporaryFolder folder;
  const std::string old = sample_file(folder);
  const Tensor<float, 1> large({100'000});
  SafetensorsWriter writer;
  writer.add("large", large);
  std::string error;
  {
    const FileSizeLimit limit(200'000);
    error = error_of<FileError>([&] { writer.write(folder / "sample"); });
  }
  CHECK(error == (folder / "sample").string() + ": cannot write: File too large");
  CHECK(file_text(folder / "sample") == old);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("what cannot stand in a file is refused when it is added") {
  const Tensor<float, 1> x({1});
  const float value = 0;
  SafetensorsWriter writer;
  writer.add("x", x);
  CHECK(contains(error_of<OptionError>([&] { writer.add("x", x); }), "\"x\" was added twice"));
  CHECK_THROWS_AS(writer.add("__metadata__", x), OptionError);
  CHECK_THROWS_AS(writer.add("\xff", x), OptionError);
  CHECK_THROWS_AS(writer.set_metadata("words", "caf\xe9"), OptionError);
  CHECK_THROWS_AS(writer.add("y", std::vector<Index>{-1}, &value), ShapeError);
}

TEST_CASE("a pretrained MobileNetV2 can be read") {
  const auto path = shared_folder() / "weights" / "mobilenet_v2_imagenet.safetensors";
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: there is no " << path.string());
    return;
  }
  const SafetensorsFile file(path);
  CHECK(file.metadata().size() > 0);
  const auto first = file.read<float, 4>("features.0.0.weight");
  CHECK(first.shape() == Shape{32, 3, 3, 3});
  CHECK(std::all_of(first.begin(), first.end(), [](float weight) { return std::abs(weight) < 100; }));
  for (const std::string& name : file.names()) {
    const TensorInfo& info = file.info(name);
    std::vector<double> values(static_cast<std::size_t>(info.size()));
    file.read_into(name, info.shape, values.data());
    CAPTURE(name);
    CHECK(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }));
  }
}
