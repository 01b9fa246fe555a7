// Weights of torchvision's networks and what these say: tools/fixtures/image_networks.py makes the fixtures.

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/pretrained_weights.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

const std::filesystem::path fixtures = "tests/fixtures/image_networks";

ImageClassifier<float> load_classifier(const PretrainedWeights& weights, bool same_padding = false) {
  Rng rng(1);
  ImageNetworkOptions options = weights.network_options();
  options.same_padding = options.same_padding || same_padding;
  ImageClassifier<float> classifier({.network = options, .classes = weights.classes()}, rng);
  weights.load(classifier);
  return classifier;
}

/// Compares logits, pooled features and grid with torchvision's under `name`.
void check_outputs(const ImageClassifier<float>& classifier, const std::string& name) {
  CAPTURE(name);
  constexpr double tolerance = 1e-4;
  const SafetensorsFile expected(fixtures / "expected.safetensors");
  const auto images = expected.read<float, 4>("images");
  const auto grid = classifier.network().grid(images);
  CHECK(relative_difference(grid, expected.read<float, 4>(name + "/grid")) <= tolerance);
  CHECK(relative_difference(classifier.network().pooled_of_grid(grid), expected.read<float, 2>(name + "/pooled")) <=
        tolerance);
  CHECK(relative_difference(classifier.logits(images), expected.read<float, 2>(name + "/logits")) <= tolerance);
}

/// What is done to a file of weights.
struct WeightDamage {
  std::string without = "none";  ///< beginning of the names of the tensors that are left out
  std::string reshaped = "none";
  std::vector<Index> shape = {};  ///< of that one
  std::string additional = "";
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

void write_damaged(const std::filesystem::path& from, const WeightDamage& damage, const std::filesystem::path& to) {
  const SafetensorsFile whole(from);
  SafetensorsWriter writer;
  for (const std::string& name : whole.names()) {
    if (name.starts_with(damage.without)) continue;
    const TensorInfo& info = whole.info(name);
    writer.add(name, info.dtype, name == damage.reshaped ? damage.shape : info.shape, whole.raw(name).data());
  }
  const Tensor<float, 2> another({3, 2});
  if (!damage.additional.empty()) writer.add(damage.additional, another);
  for (const auto& [key, text] : damage.metadata) writer.set_metadata(key, text);
  writer.write(to);
}

/// The error of loading a fixture's network, or the classifier too, after damage, without the path at its beginning.
std::string error_with(const std::string& fixture, const WeightDamage& damage, bool with_classifier = false) {
  const TemporaryFolder folder;
  const auto path = folder / "damaged.safetensors";
  write_damaged(fixtures / (fixture + ".safetensors"), damage, path);
  const std::string error = error_of<FileError>([&] {
    const PretrainedWeights weights(path);
    Rng rng(1);
    ImageClassifier<float> classifier({.network = weights.network_options(), .classes = 5}, rng);
    if (with_classifier) {
      weights.load(classifier);
    } else {
      weights.load(classifier.network());
    }
  });
  REQUIRE(error.starts_with(path.string() + ": "));
  return error.substr(path.string().size() + 2);
}

}  // namespace

TEST_CASE("every architecture's logits, pooled features and grids are torchvision's") {
  for (const std::string name :
       {"vgg16", "vgg16_bn", "resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2"}) {
    const PretrainedWeights weights(fixtures / (name + ".safetensors"));
    CHECK(weights.architecture() == name);
    CHECK(weights.classes() == 5);
    check_outputs(load_classifier(weights), name);
  }
}

TEST_CASE("with TensorFlow's padding they are what TensorFlow would compute") {
  for (const std::string name : {"resnet50", "mobilenet_v2"}) {
    check_outputs(load_classifier(PretrainedWeights(fixtures / (name + ".safetensors")), true), name + "_same");
  }
}

TEST_CASE("timm's names are known") {
  for (const auto& [file, name] : {std::pair{"timm_vgg16", "vgg16"}, std::pair{"timm_mobilenetv2", "mobilenet_v2"}}) {
    const PretrainedWeights weights(fixtures / (std::string(file) + ".safetensors"));
    CHECK(weights.architecture() == name);
    check_outputs(load_classifier(weights), name);
  }
}

TEST_CASE("a classifier may be absent, or of no use, where only features are asked") {
  const TemporaryFolder folder;
  for (const auto& [fixture, classifier] : {std::pair{"resnet18", "fc."}, std::pair{"timm_vgg16", "head.fc."}}) {
    const auto whole = fixtures / (std::string(fixture) + ".safetensors");
    const auto features = folder / "features.safetensors";
    write_damaged(whole, {.without = classifier, .metadata = {{"image_size", "64"}}}, features);
    const PretrainedWeights weights(features);
    CHECK(weights.classes() == 0);
    Rng rng(1);
    ImageNetwork<float> network(weights.network_options(), rng);
    weights.load(network);
    const auto images = random_tensor<float>(Shape{1, 64, 64, 3}, rng);
    CHECK(network.pooled(images) == load_classifier(PretrainedWeights(whole)).network().pooled(images));
  }
}

TEST_CASE("a missing, surplus or misshapen tensor is named with its shapes") {
  CHECK(error_with("resnet18", {.without = "layer2.0.bn1.weight"}) ==
        "tensor \"layer2.0.bn1.weight\" is missing, expected the shape [8]");
  CHECK(error_with("mobilenet_v2", {.without = "features.18.1.running_var"}) ==
        "tensor \"features.18.1.running_var\" is missing, expected the shape [1280]");
  CHECK(error_with("resnet50", {.additional = "layer3.6.conv2.bias"}) ==
        "tensor \"layer3.6.conv2.bias\" of the shape [3, 2] has no place in resnet50");
  CHECK(error_with("vgg16", {.reshaped = "features.2.weight", .shape = {1, 9, 1, 1}}) ==
        "tensor \"features.2.weight\" has the shape [1, 9, 1, 1], expected [1, 1, 3, 3]");
  CHECK(error_with("timm_vgg16", {.reshaped = "pre_logits.fc1.weight", .shape = {64, 392}}) ==
        "tensor \"pre_logits.fc1.weight\" has the shape [64, 392], expected [64, 8, 7, 7]");
  CHECK(error_with("timm_mobilenetv2", {.without = "blocks.3.2.conv_dw.weight"}) ==
        "tensor \"blocks.3.2.conv_dw.weight\" is missing, expected the shape [24, 1, 3, 3]");
  CHECK(error_with("resnet18", {.without = "fc.bias"}, true) ==
        "tensor \"fc.bias\" is missing, expected the shape [5]");
}

TEST_CASE("weights are not taken for another architecture's, or a wider one's") {
  CHECK(error_with("resnet18", {.without = "layer1.0.conv1"}) ==
        "its tensors have the names of no network that is known, the first is \"bn1.num_batches_tracked\"; read are "
        "VGG16, ResNet-18, -34, -50, -101 and MobileNetV2, by the names of torchvision, timm or Hugging Face");
  CHECK(error_with("resnet18", {.without = "conv1.weight"}) ==
        "tensor \"conv1.weight\" is missing, expected the shape [64, 3, 7, 7]");
  CHECK(error_with("resnet18", {.reshaped = "conv1.weight", .shape = {588, 1, 1, 1}}) ==
        "tensor \"conv1.weight\" has the shape [588, 1, 1, 1], expected [64, 3, 7, 7]");
  const PretrainedWeights weights(fixtures / "resnet18.safetensors");
  Rng rng(1);
  ImageNetwork<float> other({.architecture = "resnet34", .image_size = 32, .width = 1}, rng);
  CHECK(error_of<FileError>([&] { weights.load(other); }) ==
        weights.path().string() + ": holds weights of resnet18, not of resnet34");
}

TEST_CASE("how images must be prepared is read with the weights, and what makes no sense is refused") {
  const TemporaryFolder folder;
  const auto path = folder / "weights.safetensors";
  write_damaged(fixtures / "mobilenet_v2.safetensors", {.metadata = {{"image_size", "96"}}}, path);
  CHECK(PretrainedWeights(path).preprocessing().image_size == 96);
  CHECK(error_with("mobilenet_v2", {.metadata = {{"image_size", "0"}}}) == "image_size is 0 in the metadata");
}

TEST_CASE("files that hold the same have the same fingerprint, and others another") {
  const TemporaryFolder folder;
  const auto whole = fixtures / "resnet34.safetensors";
  const auto fingerprint = [](const std::filesystem::path& path) { return PretrainedWeights(path).fingerprint(); };
  CHECK(fingerprint(whole) == fingerprint(whole));
  std::string bytes = file_text(whole);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  put_file(folder / "bit", bytes);
  CHECK(fingerprint(folder / "bit") != fingerprint(whole));
  write_damaged(whole, {.metadata = {{"same_padding", "1"}}}, folder / "padding");
  CHECK(fingerprint(folder / "padding") != fingerprint(whole));
}

TEST_CASE("a truncated or hostile file is refused, naming what is wrong") {
  const TemporaryFolder folder;
  const auto path = folder / "weights.safetensors";
  const std::string whole = file_text(fixtures / "resnet34.safetensors");
  const auto error_of_bytes = [&](const std::string& bytes) {
    put_file(path, bytes);
    return error_of<FileError>([&] { PretrainedWeights{path}; });
  };
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, whole.size() / 9, whole.size() - 1}) {
    CHECK(error_of_bytes(whole.substr(0, size)).starts_with(path.string() + ": "));
  }
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string bytes = whole;
    REQUIRE(from.size() == to.size());
    bytes.replace(bytes.find(from), from.size(), to);
    return error_of_bytes(bytes);
  };
  const std::string entry = "\"fc.bias\":{\"dtype\":\"F32\"";
  CHECK(
      contains(replaced(entry, "\"fc.bias\":{\"dtype\":\"Q32\""), "tensor \"fc.bias\" has the unknown dtype \"Q32\""));
  CHECK(contains(replaced("\"bn1.weight\"", "\"fc.weights\""), "tensor \"conv1.weight\"") == false);
  CHECK(contains(replaced("\"bn1.weight\"", "\"bn1.bias\"  "), "\"bn1.bias\" stands twice"));
  std::string gigabyte = whole;
  gigabyte.replace(0, 8, std::string("\0\0\0\x40\0\0\0\0", 8));
  CHECK(contains(error_of_bytes(gigabyte), "its header would have 1073741824 bytes"));
}

TEST_CASE("a network's weights that cannot be read as numbers are named") {
  const TemporaryFolder folder;
  const auto path = folder / "weights.safetensors";
  const SafetensorsFile whole(fixtures / "resnet18.safetensors");
  SafetensorsWriter writer;
  for (const std::string& name : whole.names()) {
    const TensorInfo& info = whole.info(name);
    writer.add(name, name == "bn1.bias" ? Dtype::I32 : info.dtype, info.shape, whole.raw(name).data());
  }
  writer.write(path);
  const PretrainedWeights weights(path);
  CHECK(contains(error_of<FileError>([&] { load_classifier(weights); }),
                 "tensor \"bn1.bias\" is I32, which cannot be read as F32"));
}
