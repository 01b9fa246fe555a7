#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/checkpoint.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/sequential.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "../support/tied_layers.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using SharedLayers = Sequential<Dense<float>, BatchNorm2d<float>, Dropout<float>>;

TiedLayers<SharedLayers, Dense<float>> tied_layers(std::uint64_t seed) {
  Rng rng(seed);
  return {SharedLayers(Dense<float>({.in_features = 3, .out_features = 3}, rng),
                       BatchNorm2d<float>({.num_features = 3}), Dropout<float>({}, rng)),
          Dense<float>({.in_features = 2, .out_features = 1}, rng)};
}

/// A copy of a file without the tensors whose names begin so, and with one of them changed.
void put_changed(const std::filesystem::path& from, const std::filesystem::path& to, const std::string& without,
                 const std::string& changed = "none") {
  const SafetensorsFile whole(from);
  SafetensorsWriter writer;
  std::vector<std::byte> other;
  for (const std::string& name : whole.names()) {
    const TensorInfo& info = whole.info(name);
    if (name.starts_with(without)) continue;
    const std::byte* data = whole.raw(name).data();
    if (name == changed) {
      other.assign(data, data + info.bytes);
      other[0] ^= std::byte{1};
      data = other.data();
    }
    writer.add(name, info.dtype, info.shape, data);
  }
  for (const auto& [key, text] : whole.metadata()) writer.set_metadata(key, text);
  writer.write(to);
}

/// A batch norm's state dict whose count of batches has this type and these bytes.
template <class Value>
void write_count(const std::filesystem::path& path, Dtype dtype, Value value, const std::vector<Index>& shape = {}) {
  const std::vector<float> ones{1, 1};
  SafetensorsWriter writer;
  for (const char* const name : {"weight", "bias", "running_mean", "running_var"}) {
    writer.add(name, std::vector<Index>{2}, ones.data());
  }
  writer.add("num_batches_tracked", dtype, shape, reinterpret_cast<const std::byte*>(&value));
  writer.write(path);
}

std::int64_t count_of(BatchNorm2d<float>& norm) {
  std::int64_t count = -1;
  for_each_buffer(norm, [&](const Name& name, auto& buffer) {
    if (name == "num_batches_tracked") count = static_cast<std::int64_t>(buffer[0]);
  });
  return count;
}

}  // namespace

TEST_CASE("a state dict has both names of what has two, and a checkpoint the first") {
  const TemporaryFolder folder;
  auto saved = tied_layers(1);
  save_state_dict(folder / "state_dict", saved);
  const SafetensorsFile file(folder / "state_dict");
  for (const char* const name : {"0.weight", "0.bias", "1.running_mean", "1.num_batches_tracked"}) {
    CHECK(file.contains(std::string("first.") + name));
    CHECK(file.contains(std::string("second.") + name));
  }
  CheckpointWriter writer;
  writer.add("", saved);
  writer.write(folder / "checkpoint");
  CHECK(SafetensorsFile(folder / "checkpoint").contains("first.2.generator"));
  for (const std::string& name : SafetensorsFile(folder / "checkpoint").names())
    CHECK_FALSE(name.starts_with("second"));
}

TEST_CASE("what has two names is read from either or both") {
  const TemporaryFolder folder;
  auto saved = tied_layers(2);
  save_state_dict(folder / "both", saved);
  put_changed(folder / "both", folder / "first", "second.");
  put_changed(folder / "both", folder / "second", "first.");
  for (const char* const name : {"both", "first", "second"}) {
    CAPTURE(name);
    auto loaded = tied_layers(3);
    load_state_dict(folder / name, loaded);
    CHECK(loaded.shared.get<0>().forward(Tensor<float, 2>({1, 3}, {1, 2, 3})) ==
          saved.shared.get<0>().forward(Tensor<float, 2>({1, 3}, {1, 2, 3})));
    auto read = tied_layers(4);
    read_model(SafetensorsFile(folder / name), "", read, false);
    CHECK(read.shared.get<0>().forward(Tensor<float, 2>({1, 3}, {1, 2, 3})) ==
          saved.shared.get<0>().forward(Tensor<float, 2>({1, 3}, {1, 2, 3})));
  }
}

TEST_CASE("two tensors that are one in the model must be the same") {
  const TemporaryFolder folder;
  auto model = tied_layers(5);
  save_state_dict(folder / "both", model);
  for (const std::string name : {"0.weight", "1.running_var"}) {
    put_changed(folder / "both", folder / "differ", "none", "second." + name);
    const std::string expected = (folder / "differ").string() + ": tensor \"second." + name +
                                 "\" is not what \"first." + name + "\" is; in this model they are one";
    CHECK(error_of<FileError>([&] { load_state_dict(folder / "differ", model); }) == expected);
    CHECK(error_of<FileError>([&] { read_model(SafetensorsFile(folder / "differ"), "", model, false); }) == expected);
  }
}

TEST_CASE("one that is missing under all of its names is named by the first") {
  const TemporaryFolder folder;
  auto model = tied_layers(6);
  save_state_dict(folder / "both", model);
  put_changed(folder / "both", folder / "first", "second.");
  put_changed(folder / "first", folder / "none", "first.0.weight");
  CHECK(error_of<FileError>([&] { load_state_dict(folder / "none", model); }) ==
        (folder / "none").string() + ": tensor \"first.0.weight\" is not in this file");
}

TEST_CASE("the number of batches may be of any type, as a cast of all tensors leaves it, or absent") {
  const TemporaryFolder folder;
  const auto path = folder / "norm";
  BatchNorm2d<float> norm({.num_features = 2});
  const auto loaded = [&] {
    load_state_dict(path, norm);
    return count_of(norm);
  };
  write_count(path, Dtype::I64, std::int64_t{1'234'567'890'123});
  CHECK(loaded() == 1'234'567'890'123);
  write_count(path, Dtype::I32, std::int32_t{77});
  CHECK(loaded() == 77);
  write_count(path, Dtype::F32, 500.0F);
  CHECK(loaded() == 500);
  write_count(path, Dtype::F64, 501.0);
  CHECK(loaded() == 501);
  write_count(path, Dtype::F16, std::uint16_t{0x4900});
  CHECK(loaded() == 10);
  write_count(path, Dtype::BF16, std::uint16_t{0x4120});
  CHECK(loaded() == 10);
  write_count(path, Dtype::U8, std::uint8_t{200}, {1});
  CHECK(loaded() == 200);
  write_count(path, Dtype::F16, std::uint16_t{0x7C00});  // more than a half can hold
  CHECK(loaded() == INT64_MAX);
  write_count(path, Dtype::F32, std::nanf(""));
  CHECK(loaded() == 0);
  write_count(path, Dtype::I64, std::int64_t{8});
  loaded();
  put_changed(path, folder / "without", "num_batches");
  load_state_dict(folder / "without", norm);
  CHECK(count_of(norm) == 8);
}

TEST_CASE("no other tensor may be of a type that it was not cast from, or absent") {
  const TemporaryFolder folder;
  BatchNorm2d<float> norm({.num_features = 2});
  write_count(folder / "norm", Dtype::F8_E4M3, std::uint8_t{1});
  CHECK(contains(error_of<FileError>([&] { load_state_dict(folder / "norm", norm); }),
                 "tensor \"num_batches_tracked\" is F8_E4M3, which cannot be read as I64"));
  put_changed(folder / "norm", folder / "without", "running_mean");
  CHECK(contains(error_of<FileError>([&] { load_state_dict(folder / "without", norm); }),
                 "tensor \"running_mean\" is not in this file"));
}

TEST_CASE("all that is missing and all that is left over is named, and nothing was read") {
  const TemporaryFolder folder;
  Rng rng(7);
  Sequential small{Dense<float>({.in_features = 2, .out_features = 2}, rng)};
  Sequential large{Dense<float>({.in_features = 2, .out_features = 2}, rng), BatchNorm2d<float>({.num_features = 2})};
  save_state_dict(folder / "small", small);
  save_state_dict(folder / "large", large);
  CHECK(error_of<FileError>([&] { load_state_dict(folder / "small", large); }) ==
        (folder / "small").string() + ": tensors \"1.weight\", \"1.bias\", \"1.running_mean\", \"1.running_var\" are " +
            "not in this file");
  const auto before = small;
  CHECK(contains(error_of<FileError>([&] { load_state_dict(folder / "large", small); }), "\"1.weight\""));
  CHECK(
      contains(error_of<FileError>([&] { load_state_dict(folder / "large", small); }), " have no place in this model"));
  CHECK(small.get<0>().forward(Tensor<float, 2>({1, 2}, {1, 2})) ==
        before.get<0>().forward(Tensor<float, 2>({1, 2}, {1, 2})));
  put_changed(folder / "large", folder / "other", "0.bias");
  put_changed(folder / "other", folder / "both", "1.running");
  Sequential dense{Dense<float>({.in_features = 2, .out_features = 2}, rng)};
  const auto error = error_of<FileError>([&] { load_state_dict(folder / "both", dense); });
  CHECK(contains(error, ": tensor \"0.bias\" is not in this file; tensors "));
  CHECK(contains(error, "\"1.num_batches_tracked\""));
}

TEST_CASE("a state dict that is not strict is read where names are the same, and the others are returned") {
  const TemporaryFolder folder;
  Rng rng(8);
  Sequential saved{Dense<float>({.in_features = 2, .out_features = 2}, rng),
                   Dense<float>({.in_features = 2, .out_features = 3, .bias = false}, rng)};
  save_state_dict(folder / "saved", saved);
  Sequential loaded{Dense<float>({.in_features = 2, .out_features = 2}, rng), Dropout<float>({}, rng),
                    BatchNorm2d<float>({.num_features = 2})};
  const Tensor<float, 2> x({1, 2}, {1, 2});
  REQUIRE_FALSE(loaded.get<0>().forward(x) == saved.get<0>().forward(x));
  const IncompatibleNames left = load_state_dict(folder / "saved", loaded, {.strict = false});
  CHECK(left.missing == std::vector<std::string>{"2.weight", "2.bias", "2.running_mean", "2.running_var"});
  CHECK(left.unexpected == std::vector<std::string>{"1.weight"});
  CHECK_FALSE(left.empty());
  CHECK(loaded.get<0>().forward(x) == saved.get<0>().forward(x));
  CHECK(load_state_dict(folder / "saved", saved, {.strict = false}).empty());
}

TEST_CASE("a state dict is read from under a prefix, and what is outside of it counts for nothing") {
  const TemporaryFolder folder;
  auto both = tied_layers(9);
  save_state_dict(folder / "both", both);
  auto loaded = tied_layers(10).shared;
  CHECK(load_state_dict(folder / "both", loaded, {.prefix = "second."}).empty());
  const Tensor<float, 2> x({1, 3}, {1, 2, 3});
  CHECK(loaded.get<0>().forward(x) == both.shared.get<0>().forward(x));
  CHECK(contains(error_of<FileError>([&] { load_state_dict(folder / "both", loaded, {.prefix = "third."}); }),
                 "tensors \"third.0.weight\", \"third.0.bias\", "));
  const IncompatibleNames left = load_state_dict(folder / "both", loaded, {.prefix = "third.", .strict = false});
  CHECK(left.missing.size() == 6);
  CHECK(left.unexpected.empty());
}

TEST_CASE("a tensor of another shape is an error, strict or not") {
  const TemporaryFolder folder;
  Rng rng(11);
  Dense<float> saved({.in_features = 2, .out_features = 2}, rng);
  save_state_dict(folder / "saved", saved);
  Dense<float> other({.in_features = 3, .out_features = 2}, rng);
  CHECK(error_of<FileError>([&] { load_state_dict(folder / "saved", other, {.strict = false}); }) ==
        (folder / "saved").string() + ": tensor \"weight\" has the shape [2, 2], expected [2, 3]");
}

TEST_CASE("names that did not come together print themselves") {
  CHECK(message(IncompatibleNames{}) == "all names match");
  CHECK(message(IncompatibleNames{.missing = {"a"}}) == "tensor \"a\" is not in this file");
  CHECK(message(IncompatibleNames{.missing = {"a", "b"}, .unexpected = {"c", "d"}}) ==
        "tensors \"a\", \"b\" are not in this file; tensors \"c\", \"d\" have no place in this model");
}
