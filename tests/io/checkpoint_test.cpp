#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/checkpoint.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// With parameters, buffers and a generator.
using Net = Sequential<Conv2d<float>, BatchNorm2d<float>, Relu<float>, Dropout<float>, Flatten<float>, Dense<float>>;

Net make_net(std::uint64_t seed) {
  Rng rng(seed);
  return Net(Conv2d<float>({.in_channels = 2, .out_channels = 3, .kernel_size = 3}, rng),
             BatchNorm2d<float>({.num_features = 3}), Relu<float>(), Dropout<float>({.probability = 0.4}, rng),
             Flatten<float>(), Dense<float>({.in_features = 12, .out_features = 2}, rng));
}

/// A step towards outputs of zero.
void train(Net& net, Adam<float>& adam) {
  Rng rng(99);
  Net::Context context;
  const auto y = net.forward(random_tensor<float>(Shape{4, 4, 4, 2}, rng), context);
  net.backward(y, context);
  adam.step(net);
}

/// Everything that is state, in order.
std::vector<double> state_of(Net& net) {
  std::vector<double> state;
  const auto add = [&](const Name&, const auto& tensor) {
    for (const auto value : tensor) state.push_back(static_cast<double>(value));
  };
  for_each_parameter(net, [&](const Name& name, auto& parameter) { add(name, parameter.value); });
  for_each_buffer(net, add);
  for_each_generator(net, [&](const Name&, Rng& rng) { state.push_back(static_cast<double>(rng.state().position)); });
  return state;
}

void save(const std::filesystem::path& path, Net& net, Adam<float>& adam) {
  CheckpointWriter writer;
  writer.add("model.", net);
  writer.add("adam.", adam);
  writer.write(path);
}

}  // namespace

TEST_CASE("parameters, buffers and generators come back") {
  const TemporaryFolder folder;
  Net saved = make_net(1);
  Adam<float> adam;
  train(saved, adam);
  save(folder / "checkpoint", saved, adam);
  Net loaded = make_net(2);
  REQUIRE(state_of(loaded) != state_of(saved));
  read_model(SafetensorsFile(folder / "checkpoint"), "model.", loaded);
  CHECK(state_of(loaded) == state_of(saved));
  for_each_generator(saved, [&](const Name&, Rng& expected) {
    for_each_generator(loaded, [&](const Name&, Rng& rng) { CHECK(rng.state() == expected.state()); });
  });
}

TEST_CASE("training that was saved and loaded after three steps goes on as if nothing had happened") {
  const TemporaryFolder folder;
  Net whole = make_net(3);
  Adam<float> whole_adam({.learning_rate = 0.01});
  for (int i = 0; i < 3; ++i) train(whole, whole_adam);
  save(folder / "checkpoint", whole, whole_adam);
  for (int i = 0; i < 3; ++i) train(whole, whole_adam);

  Net resumed = make_net(4);
  Adam<float> resumed_adam({.learning_rate = 0.01});
  resumed_adam.prepare(resumed);
  const SafetensorsFile file(folder / "checkpoint");
  read_model(file, "model.", resumed);
  read_model(file, "adam.", resumed_adam);
  CHECK(resumed_adam.step_count() == 3);
  for (int i = 0; i < 3; ++i) train(resumed, resumed_adam);
  CHECK(state_of(resumed) == state_of(whole));
}

TEST_CASE("what is for use alone leaves the generators out") {
  const TemporaryFolder folder;
  Net net = make_net(5);
  CheckpointWriter writer;
  writer.add("", net, false);
  writer.write(folder / "model");
  const SafetensorsFile file(folder / "model");
  CHECK_FALSE(file.contains("3.generator"));
  CHECK(file.contains("0.weight"));
  CHECK(file.contains("1.running_mean"));
  Net loaded = make_net(6);
  CHECK_NOTHROW(read_model(file, "", loaded, false));
  CHECK(error_of<FileError>([&] { read_model(file, "", loaded); }) ==
        (folder / "model").string() + ": tensor \"3.generator\" is not in this file");
}

TEST_CASE("a model reads what is under its prefix, and what others have under theirs does not matter") {
  const TemporaryFolder folder;
  Net first = make_net(7);
  Net second = make_net(8);
  CheckpointWriter writer;
  writer.add("first.", first);
  writer.add("second.", second);
  writer.write(folder / "both");
  Net loaded = make_net(9);
  read_model(SafetensorsFile(folder / "both"), "second.", loaded);
  CHECK(state_of(loaded) == state_of(second));
}

TEST_CASE("a tensor that is missing, has another shape, or has no place is named") {
  const TemporaryFolder folder;
  const auto path = folder / "model";
  Rng rng(10);
  Dense<float> dense({.in_features = 3, .out_features = 2}, rng);
  CheckpointWriter writer;
  writer.add("", dense);
  writer.write(path);
  const SafetensorsFile file(path);
  const auto error = [&](const DenseOptions& options) {
    Dense<float> other(options, rng);
    return error_of<FileError>([&] { read_model(file, "", other); });
  };
  CHECK(error({.in_features = 4, .out_features = 2}) ==
        path.string() + ": tensor \"weight\" has the shape [2, 3], expected [2, 4]");
  CHECK(error({.in_features = 3, .out_features = 2, .bias = false}) ==
        path.string() + ": tensor \"bias\" has no place in this model");
  CHECK(error_of<FileError>([&] { read_model(file, "encoder.", dense); }) ==
        path.string() + ": tensor \"encoder.weight\" is not in this file");
}

TEST_CASE("what a file says about a model is no part of it") {
  const TemporaryFolder folder;
  Rng rng(10);
  Dense<float> dense({.in_features = 3, .out_features = 2}, rng), read({.in_features = 3, .out_features = 2}, rng);
  const Tensor<float, 1> average({7});
  CheckpointWriter writer;
  writer.add("", dense);
  writer.tensors().add("about.average", average);
  writer.write(folder / "model");
  read_model(SafetensorsFile(folder / "model"), "", read);
  Tensor<float, 2> x({1, 3});
  x.fill(1);
  CHECK(read.forward(x) == dense.forward(x));
}

TEST_CASE("rounded parameters are those that a file of that precision gives back, and buffers stay") {
  const TemporaryFolder folder;
  for (const ParameterPrecision precision : {ParameterPrecision::fp32, ParameterPrecision::bf16}) {
    Net net = make_net(1);
    const auto before = state_of(net);
    CheckpointWriter writer(precision);
    writer.add("", net);
    writer.write(folder / "net.safetensors");
    Net read = make_net(2);
    read_model(SafetensorsFile(folder / "net.safetensors"), "", read);
    round_parameters(net, precision);
    CHECK(state_of(net) == state_of(read));
    CHECK((state_of(net) == before) == (precision == ParameterPrecision::fp32));
  }
}

TEST_CASE("single tensors and texts may stand beside the models") {
  const TemporaryFolder folder;
  Net net = make_net(11);
  const Tensor<std::int64_t, 1> epoch({1}, {7});
  CheckpointWriter writer;
  writer.add("model.", net);
  writer.tensors().add("epoch", epoch);
  writer.tensors().set_metadata("note", "good");
  writer.write(folder / "checkpoint");
  const SafetensorsFile file(folder / "checkpoint");
  CHECK(file.read<std::int64_t, 1>("epoch") == epoch);
  CHECK(file.metadata("note") == "good");
  CHECK_NOTHROW(read_model(file, "model.", net));
}
