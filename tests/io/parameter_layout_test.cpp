#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/checkpoint.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/moving_average.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// The usual first convolution, whose shape is [8, 3, 3, 3] in both layouts.
Conv2d<float> alike_convolution(Rng& rng) {
  return Conv2d<float>({.in_channels = 3, .out_channels = 8, .kernel_size = 3}, rng);
}

/// All parameters, in order.
template <class Model>
std::vector<float> values_of(Model& model) {
  std::vector<float> values;
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    values.insert(values.end(), parameter.value.begin(), parameter.value.end());
  });
  return values;
}

/// Writes the model as both kinds of file, and reads each by both readers.
template <class Make>
void check_all_ways(const Make& make) {
  const TemporaryFolder folder;
  Rng rng(1);
  auto saved = make(rng);
  CheckpointWriter writer;
  writer.add("", saved);
  writer.write(folder / "checkpoint");
  save_state_dict(folder / "state_dict", saved);
  for (const char* const name : {"checkpoint", "state_dict"}) {
    CAPTURE(name);
    auto by_load = make(rng);
    REQUIRE(values_of(by_load) != values_of(saved));
    load_state_dict(folder / name, by_load);
    CHECK(values_of(by_load) == values_of(saved));
    auto by_read = make(rng);
    read_model(SafetensorsFile(folder / name), "", by_read);
    CHECK(values_of(by_read) == values_of(saved));
  }
}

/// A copy of a file with other metadata.
void put_metadata(const std::filesystem::path& from, const std::filesystem::path& to,
                  const std::vector<std::pair<std::string, std::string>>& metadata) {
  const SafetensorsFile whole(from);
  SafetensorsWriter writer;
  for (const std::string& name : whole.names()) {
    const TensorInfo& info = whole.info(name);
    writer.add(name, info.dtype, info.shape, whole.raw(name).data());
  }
  for (const auto& [key, text] : metadata) writer.set_metadata(key, text);
  writer.write(to);
}

}  // namespace

TEST_CASE("either reader reads either kind of file, whether shapes tell the layout or not") {
  check_all_ways(alike_convolution);
  check_all_ways([](Rng& rng) { return Conv2d<float>({.in_channels = 5, .out_channels = 5, .kernel_size = 1}, rng); });
  check_all_ways([](Rng& rng) { return Conv2d<float>({.in_channels = 3, .out_channels = 4, .kernel_size = 5}, rng); });
  check_all_ways([](Rng& rng) {
    return Conv2d<float>({.in_channels = 6, .out_channels = 6, .kernel_size = 3, .groups = 6}, rng);
  });
  check_all_ways([](Rng& rng) {
    return Conv2d<float>({.in_channels = 6, .out_channels = 4, .kernel_size = 3, .groups = 2}, rng);
  });
  check_all_ways([](Rng& rng) { return Conv1d<float>({.in_channels = 3, .out_channels = 4, .kernel_size = 3}, rng); });
  check_all_ways([](Rng& rng) {
    return Sequential(alike_convolution(rng), Dense<float>({.in_features = 8, .out_features = 8}, rng));
  });
}

TEST_CASE("averages are a model, and say their layout as one") {
  const TemporaryFolder folder;
  Rng rng(2);
  MovingAverage average(alike_convolution(rng));
  CheckpointWriter writer;
  writer.add("", average);
  writer.write(folder / "averages");
  auto loaded = alike_convolution(rng);
  load_state_dict(folder / "averages", loaded);
  CHECK(values_of(loaded) == values_of(average.model()));
}

TEST_CASE("an optimizer's state in a checkpoint is read as it was written") {
  const TemporaryFolder folder;
  Rng rng(3);
  auto model = alike_convolution(rng);
  Adam<float> adam;
  for_each_parameter(model, [&](const Name&, auto& p) { p.gradient = random_tensor<float>(p.value.shape(), rng); });
  adam.step(model);
  CheckpointWriter writer;
  writer.add("model.", model);
  writer.add("adam.", adam);
  writer.write(folder / "checkpoint");
  Adam<float> resumed;
  resumed.prepare(model);
  read_model(SafetensorsFile(folder / "checkpoint"), "adam.", resumed);
  std::vector<float> expected, actual;
  const auto collect = [](std::vector<float>& values) {
    return [&](const Name&, auto& buffer) {
      for (const auto value : buffer) values.push_back(static_cast<float>(value));
    };
  };
  for_each_buffer(adam, collect(expected));
  for_each_buffer(resumed, collect(actual));
  CHECK(actual == expected);
}

TEST_CASE("who wrote a file tells its layout where it does not say it itself") {
  const TemporaryFolder folder;
  Rng rng(4);
  auto saved = alike_convolution(rng);
  CheckpointWriter writer;
  writer.add("", saved);
  writer.write(folder / "checkpoint");
  save_state_dict(folder / "state_dict", saved);
  const auto check = [&](const char* from, const char* format) {
    CAPTURE(format);
    put_metadata(folder / from, folder / "copy", {{"format", format}});
    auto by_load = alike_convolution(rng);
    load_state_dict(folder / "copy", by_load);
    CHECK(values_of(by_load) == values_of(saved));
    auto by_read = alike_convolution(rng);
    read_model(SafetensorsFile(folder / "copy"), "", by_read);
    CHECK(values_of(by_read) == values_of(saved));
  };
  check("checkpoint", "pupil captioner 1");
  check("checkpoint", "mlx");
  check("state_dict", "pt");
}

TEST_CASE("a file that says nothing is PyTorch's to load_state_dict, and to read_model where shapes leave no doubt") {
  const TemporaryFolder folder;
  Rng rng(5);
  auto alike = alike_convolution(rng);
  save_state_dict(folder / "state_dict", alike);
  put_metadata(folder / "state_dict", folder / "silent", {});
  auto loaded = alike_convolution(rng);
  load_state_dict(folder / "silent", loaded);
  CHECK(values_of(loaded) == values_of(alike));
  const std::string error = error_of<FileError>([&] { read_model(SafetensorsFile(folder / "silent"), "", loaded); });
  CHECK(contains(error, (folder / "silent").string() + ": tensor \"weight\" may lie"));
  CHECK(contains(error, "\"parameter_layout\""));

  const auto make = [&] {
    return Sequential(alike_convolution(rng),
                      Conv2d<float>({.in_channels = 8, .out_channels = 2, .kernel_size = 3}, rng));
  };
  auto pair = make();
  CheckpointWriter writer;
  writer.add("", pair);
  writer.write(folder / "checkpoint");
  put_metadata(folder / "checkpoint", folder / "older", {});
  auto read = make();
  read_model(SafetensorsFile(folder / "older"), "", read);
  CHECK(values_of(read) == values_of(pair));
}

TEST_CASE("a layout that is not known is refused") {
  const TemporaryFolder folder;
  Rng rng(6);
  auto model = alike_convolution(rng);
  save_state_dict(folder / "state_dict", model);
  for (const auto& [key, text] :
       {std::pair{"parameter_layout", "sideways"}, std::pair{"format", "tf"}, std::pair{"format", "flax"}}) {
    put_metadata(folder / "state_dict", folder / "other", {{key, text}});
    const auto error = error_of<FileError>([&] { load_state_dict(folder / "other", model); });
    CHECK(error.starts_with((folder / "other").string() + ": "));
    CHECK(contains(error, text));
    CHECK(error_of<FileError>([&] { read_model(SafetensorsFile(folder / "other"), "", model); }) == error);
  }
}
