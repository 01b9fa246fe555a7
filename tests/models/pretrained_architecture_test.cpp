// Weights by other names than torchvision's, and those of other networks. The fixtures are those of
// pretrained_weights_test.cpp, renamed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <regex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/checkpoint.hpp>
#include <pupil/models/pretrained_weights.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Rename = std::function<std::string(const std::string&)>;

std::filesystem::path image_network_fixture(const std::string& name) {
  return std::filesystem::path("tests/fixtures/image_networks") / (name + ".safetensors");
}

/// Adds the tensors of a fixture under other names; those without one are left out.
void add_renamed(SafetensorsWriter& writer, const SafetensorsFile& file, const Rename& rename) {
  for (const std::string& name : file.names()) {
    const TensorInfo& info = file.info(name);
    const std::string renamed = rename(name);
    if (!renamed.empty()) writer.add(renamed, info.dtype, info.shape, file.raw(name).data());
  }
  writer.set_metadata("image_size", "64");
}

Rename with_prefix(const std::string& prefix) {
  return [prefix](const std::string& name) { return prefix + name; };
}

/// Hugging Face's names for a ResNet's tensors.
std::string hugging_face_resnet_name(const std::string& name) {
  std::string result = name;
  const auto replace = [&](std::size_t found, const std::string& part, const std::string& theirs) {
    if (found != std::string::npos) result.replace(found, part.size(), theirs);
  };
  const auto replace_start = [&](const std::string& part, const std::string& theirs) {
    replace(result.starts_with(part) ? 0 : std::string::npos, part, theirs);
  };
  const auto replace_inside = [&](const std::string& part, const std::string& theirs) {
    replace(result.find(part), part, theirs);
  };
  replace_start("fc.", "classifier.1.");
  replace_start("conv1.", "resnet.embedder.embedder.convolution.");
  replace_start("bn1.", "resnet.embedder.embedder.normalization.");
  for (int i = 1; i <= 4; ++i) {
    replace_start(message("layer", i, '.'), message("resnet.encoder.stages.", i - 1, ".layers."));
  }
  for (int i = 1; i <= 3; ++i) {
    replace_inside(message(".conv", i, '.'), message(".layer.", i - 1, ".convolution."));
    replace_inside(message(".bn", i, '.'), message(".layer.", i - 1, ".normalization."));
  }
  replace_inside(".downsample.0.", ".shortcut.convolution.");
  replace_inside(".downsample.1.", ".shortcut.normalization.");
  return result;
}

/// Hugging Face's names for a MobileNetV2's tensors.
std::string hugging_face_mobilenet_v2_name(const std::string& name) {
  std::smatch part;
  const auto tail = [&](bool is_norm) {
    return (is_norm ? ".normalization." : ".convolution.") + part[part.size() - 1].str();
  };
  const std::string prefix = "mobilenet_v2.";
  if (std::regex_match(name, part, std::regex("classifier\\.1\\.(\\w+)"))) return "classifier." + part[1].str();
  if (std::regex_match(name, part, std::regex("features\\.0\\.([01])\\.(\\w+)"))) {
    return prefix + "conv_stem.first_conv" + tail(part[1] == "1");
  }
  if (std::regex_match(name, part, std::regex("features\\.18\\.([01])\\.(\\w+)"))) {
    return prefix + "conv_1x1" + tail(part[1] == "1");
  }
  if (std::regex_match(name, part, std::regex("features\\.1\\.conv\\.(0\\.0|0\\.1|1|2)\\.(\\w+)"))) {
    const bool is_norm = part[1] == "0.1" || part[1] == "2";
    return prefix + "conv_stem." + (part[1].str()[0] == '0' ? "conv_3x3" : "reduce_1x1") + tail(is_norm);
  }
  REQUIRE(
      std::regex_match(name, part, std::regex("features\\.(\\d+)\\.conv\\.(0\\.0|0\\.1|1\\.0|1\\.1|2|3)\\.(\\w+)")));
  const std::string module = part[2];
  const char* const theirs = module[0] == '0' ? "expand_1x1" : module[0] == '1' ? "conv_3x3" : "reduce_1x1";
  const bool is_norm = module == "0.1" || module == "1.1" || module == "3";
  return prefix + "layer." + std::to_string(std::stoi(part[1]) - 2) + "." + theirs + tail(is_norm);
}

/// The names of nn.Sequential(*list(resnet.children())[:-2]), as an encoder of captions has them.
std::string numbered_resnet_name(const std::string& name) {
  const std::vector<std::string> children{"conv1.",  "bn1.",    "relu.",   "maxpool.",
                                          "layer1.", "layer2.", "layer3.", "layer4."};
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (name.starts_with(children[i]))
      return "encoder.resnet." + std::to_string(i) + name.substr(children[i].size() - 1);
  }
  return "";
}

template <class Model>
std::vector<float> all_numbers(Model& model) {
  std::vector<float> values;
  for_each_parameter(model, [&](const Name&, auto& parameter) {
    values.insert(values.end(), parameter.value.begin(), parameter.value.end());
  });
  for_each_buffer(model, [&](const Name&, auto& buffer) {
    for (const auto value : buffer) values.push_back(static_cast<float>(value));
  });
  return values;
}

std::vector<float> network_numbers(const std::filesystem::path& path) {
  const PretrainedWeights weights(path);
  Rng rng = Rng(1).leaving_weights();
  ImageNetwork<float> network(weights.network_options(), rng);
  weights.load(network);
  return all_numbers(network);
}

std::vector<float> classifier_numbers(const std::filesystem::path& path) {
  const PretrainedWeights weights(path);
  Rng rng = Rng(1).leaving_weights();
  ImageClassifier<float> classifier({.network = weights.network_options(), .classes = weights.classes()}, rng);
  weights.load(classifier);
  return all_numbers(classifier);
}

struct StoredTensor {
  std::string name;
  std::vector<Index> shape;
};

/// The error of a file that has tensors of these names, all zeros, without the path at its beginning.
std::string error_of_tensors(const std::vector<StoredTensor>& tensors) {
  const TemporaryFolder folder;
  const auto path = folder / "weights.safetensors";
  Index most = 1;
  for (const StoredTensor& tensor : tensors) {
    Index size = 1;
    for (const Index extent : tensor.shape) size *= extent;
    most = std::max(most, size);
  }
  const std::vector<float> zeros(static_cast<std::size_t>(most));
  SafetensorsWriter writer;
  for (const StoredTensor& tensor : tensors) writer.add(tensor.name, tensor.shape, zeros.data());
  writer.write(path);
  const std::string error = error_of<FileError>([&] { PretrainedWeights{path}; });
  REQUIRE(error.starts_with(path.string() + ": "));
  return error.substr(path.string().size() + 2);
}

}  // namespace

TEST_CASE("a prefix that all names have makes no difference") {
  const TemporaryFolder folder;
  using Prefixes = std::vector<std::string>;
  const Prefixes all{"module.",    "model.",      "backbone.",     "encoder.", "net.",
                     "_orig_mod.", "state_dict.", "module.model.", "a.b.c."};
  for (const std::string fixture : {"resnet18", "timm_vgg16", "timm_mobilenetv2", "mobilenet_v2"}) {
    const SafetensorsFile file(image_network_fixture(fixture));
    const auto expected = classifier_numbers(file.path());
    for (const std::string& prefix : fixture == "mobilenet_v2" ? all : Prefixes{"module.", "a.b.c."}) {
      CAPTURE(prefix);
      SafetensorsWriter writer;
      add_renamed(writer, file, with_prefix(prefix));
      writer.write(folder / "prefixed");
      CHECK(classifier_numbers(folder / "prefixed") == expected);
      CHECK(PretrainedWeights(folder / "prefixed").ignored().empty());
    }
  }
}

TEST_CASE("Hugging Face's names of ResNets are known, with and without their prefixes and classifier") {
  const TemporaryFolder folder;
  for (const std::string fixture : {"resnet18", "resnet34", "resnet50", "resnet101"}) {
    const SafetensorsFile file(image_network_fixture(fixture));
    const auto expected = classifier_numbers(file.path());
    for (const std::string prefix : {"", "module."}) {
      SafetensorsWriter writer;
      add_renamed(writer, file, [&](const std::string& name) { return prefix + hugging_face_resnet_name(name); });
      writer.write(folder / "renamed");
      CHECK(PretrainedWeights(folder / "renamed").architecture() == fixture);
      CHECK(classifier_numbers(folder / "renamed") == expected);
    }
    SafetensorsWriter bare;
    add_renamed(bare, file, [&](const std::string& name) {
      const std::string renamed = hugging_face_resnet_name(name);
      return renamed.starts_with("resnet.") ? renamed.substr(7) : std::string();
    });
    bare.write(folder / "bare");
    CHECK(PretrainedWeights(folder / "bare").classes() == 0);
    CHECK(network_numbers(folder / "bare") == network_numbers(file.path()));
  }
}

TEST_CASE("Hugging Face's MobileNetV2 is known with TensorFlow's padding, images and epsilon") {
  const TemporaryFolder folder;
  const SafetensorsFile file(image_network_fixture("mobilenet_v2"));
  SafetensorsWriter writer;
  add_renamed(writer, file, hugging_face_mobilenet_v2_name);
  writer.write(folder / "renamed");
  const PretrainedWeights weights(folder / "renamed");
  CHECK(weights.architecture() == "mobilenet_v2");
  CHECK(weights.classes() == 5);
  CHECK(weights.preprocessing().same_padding);
  CHECK(weights.preprocessing().normalization.mean == symmetric_normalization.mean);
  CHECK(weights.preprocessing().normalization.standard_deviation == symmetric_normalization.standard_deviation);
  Rng rng(1);
  ImageNetworkOptions options = weights.network_options();
  ImageNetwork<double> network(options, rng);
  weights.load(network);
  ImageNetwork<double> expected(PretrainedWeights(file.path()).network_options(), rng);
  PretrainedWeights(file.path()).load(expected);
  std::vector<std::pair<std::string, std::vector<double>>> buffers;
  for_each_buffer(expected, [&](const Name& name, auto& buffer) {
    std::vector<double> values(buffer.begin(), buffer.end());
    if (name.str().ends_with("running_var")) {
      for (double& value : values) value += 1e-3 - 1e-5;
    }
    buffers.emplace_back(name.str(), values);
  });
  std::size_t i = 0;
  for_each_buffer(network, [&](const Name& name, auto& buffer) {
    CHECK(name.str() == buffers[i].first);
    CHECK(std::vector<double>(buffer.begin(), buffer.end()) == buffers[i].second);
    ++i;
  });
  std::vector<double> values, expected_values;
  for_each_parameter(network,
                     [&](const Name&, auto& p) { values.insert(values.end(), p.value.begin(), p.value.end()); });
  for_each_parameter(expected, [&](const Name&, auto& p) {
    expected_values.insert(expected_values.end(), p.value.begin(), p.value.end());
  });
  CHECK(values == expected_values);
}

TEST_CASE("a ResNet in an nn.Sequential of a captioning model is known by its numbers") {
  const TemporaryFolder folder;
  const Tensor<float, 2> other({4, 4});
  for (const std::string fixture : {"resnet18", "resnet101"}) {
    const SafetensorsFile file(image_network_fixture(fixture));
    SafetensorsWriter writer;
    add_renamed(writer, file, numbered_resnet_name);
    writer.add("decoder.lstm.weight_ih_l0", other);
    writer.write(folder / "renamed");
    const PretrainedWeights weights(folder / "renamed");
    CHECK(weights.architecture() == fixture);
    CHECK(weights.ignored() == std::vector<std::string>{"decoder.lstm.weight_ih_l0"});
    CHECK(network_numbers(folder / "renamed") == network_numbers(file.path()));
  }
}

TEST_CASE("what belongs to training is left out and listed, and what may belong to the network is refused") {
  const TemporaryFolder folder;
  const SafetensorsFile file(image_network_fixture("resnet18"));
  const auto expected = classifier_numbers(file.path());
  const Tensor<float, 2> matrix({3, 2});
  const float number = 1;
  for (const std::string name : {"projector.0.weight", "optimizer.exp_avg.conv1.weight", "criterion.weight"}) {
    SafetensorsWriter writer;
    add_renamed(writer, file, with_prefix(""));
    writer.add(name, matrix);
    writer.add("ema_decay", std::span<const Index>(), &number);
    writer.write(folder / "more");
    CHECK(classifier_numbers(folder / "more") == expected);
    auto ignored = PretrainedWeights(folder / "more").ignored();
    std::ranges::sort(ignored);
    std::vector<std::string> both{"ema_decay", name};
    std::ranges::sort(both);
    CHECK(ignored == both);
  }
  for (const std::string name : {"fc2.weight", "layer1.0.conv1.bias", "layer0.weight", "gamma"}) {
    SafetensorsWriter writer;
    add_renamed(writer, file, with_prefix(""));
    writer.add(name, matrix);
    writer.write(folder / "more");
    CHECK(error_of<FileError>([&] { classifier_numbers(folder / "more"); }) ==
          (folder / "more").string() + ": tensor \"" + name + "\" of the shape [3, 2] has no place in resnet18");
  }
}

TEST_CASE("a trainer's copy beside the network is left out, and of two networks neither is chosen") {
  const TemporaryFolder folder;
  const SafetensorsFile file(image_network_fixture("resnet18"));
  const auto expected = classifier_numbers(file.path());
  for (const auto& [own, copy] : std::vector<std::pair<std::string, std::string>>{
           {"model.", "model_ema.module."}, {"", "ema."}, {"student.", "teacher."}, {"encoder_q.", "encoder_k."}}) {
    SafetensorsWriter writer;
    add_renamed(writer, file, with_prefix(own));
    add_renamed(writer, file, with_prefix(copy));
    writer.write(folder / "both");
    CHECK(classifier_numbers(folder / "both") == expected);
    CHECK(PretrainedWeights(folder / "both").ignored().size() == file.names().size());
  }
  SafetensorsWriter writer;
  add_renamed(writer, file, with_prefix("a."));
  add_renamed(writer, file, with_prefix("b."));
  writer.write(folder / "two");
  CHECK(error_of<FileError>([&] { PretrainedWeights{folder / "two"}; }) ==
        (folder / "two").string() + ": holds 2 networks, whose names begin with \"a.\", \"b.\": keep one of them");
}

TEST_CASE("counts of batches may be of any type or absent, and metadata null") {
  const TemporaryFolder folder;
  const SafetensorsFile file(image_network_fixture("resnet18"));
  const auto expected = network_numbers(file.path());
  const std::vector<std::uint16_t> infinity{0x7C00};
  for (const bool present : {true, false}) {
    SafetensorsWriter writer;
    for (const std::string& name : file.names()) {
      const TensorInfo& info = file.info(name);
      const bool is_count = name.ends_with("num_batches_tracked");
      if (is_count && !present) continue;
      writer.add(name, is_count ? Dtype::F16 : info.dtype, info.shape,
                 is_count ? reinterpret_cast<const std::byte*>(infinity.data()) : file.raw(name).data());
    }
    writer.write(folder / "counts");
    CHECK(network_numbers(folder / "counts").size() == expected.size());
  }
}

TEST_CASE("a network that was saved as a checkpoint is read with its channels last") {
  const TemporaryFolder folder;
  for (const std::string fixture : {"resnet50", "vgg16_bn", "mobilenet_v2"}) {
    const PretrainedWeights weights(image_network_fixture(fixture));
    Rng rng(1);
    ImageClassifier<float> classifier({.network = weights.network_options(), .classes = weights.classes()}, rng);
    weights.load(classifier);
    CheckpointWriter writer;
    writer.add("", classifier, false);
    writer.tensors().set_metadata("image_size", "64");
    writer.write(folder / "checkpoint");
    CHECK(classifier_numbers(folder / "checkpoint") == all_numbers(classifier));
  }
}

TEST_CASE("other networks are called what they are") {
  const std::vector<std::pair<StoredTensor, std::string>> cases{
      {{"blocks.0.0.se.conv_reduce.weight", {8, 32, 1, 1}}, "EfficientNet or MobileNetV3"},
      {{"features.1.0.block.0.0.weight", {32, 1, 3, 3}}, "EfficientNet"},
      {{"_blocks.0._depthwise_conv.weight", {32, 1, 3, 3}}, "EfficientNet"},
      {{"features.1.block.0.0.weight", {16, 1, 3, 3}}, "MobileNetV3"},
      {{"features.3.squeeze.weight", {16, 64, 1, 1}}, "SqueezeNet"},
      {{"features.denseblock1.denselayer1.conv1.weight", {4, 4, 1, 1}}, "DenseNet"},
      {{"cls_token", {1, 1, 4}}, "Vision Transformer"},
      {{"vit.embeddings.patch_embeddings.projection.weight", {4, 3, 2, 2}}, "Vision Transformer"},
      {{"layers.0.blocks.0.attn.relative_position_bias_table", {4, 3}}, "Swin Transformer"},
      {{"stages.0.blocks.0.conv_dw.weight", {4, 1, 7, 7}}, "ConvNeXt"},
      {{"convnext.embeddings.patch_embeddings.weight", {4, 3, 4, 4}}, "ConvNeXt"},
      {{"text_model.embeddings.position_ids", {4}}, "CLIP"},
      {{"visual.attnpool.k_proj.weight", {4, 4}}, "CLIP"},
      {{"Mixed_5b.branch1x1.conv.weight", {4, 4, 1, 1}}, "Inception"},
      {{"inception3a.branch1.conv.weight", {4, 4, 1, 1}}, "GoogLeNet"},
      {{"trunk_output.block1.weight", {4}}, "RegNet"},
      {{"stage2.0.branch2.0.weight", {4, 4, 1, 1}}, "ShuffleNet"},
      {{"decoder.lstm.weight_ih_l0", {4, 4}}, "recurrent network"},
      {{"transformer.h.0.attn.weight", {4, 4}}, "language model"},
  };
  for (const auto& [tensor, name] : cases) {
    const std::string error = error_of_tensors({tensor, {"conv_stem.weight", {32, 3, 3, 3}}, {"bn1.weight", {32}}});
    CAPTURE(error);
    CHECK(contains(error, name));
    CHECK(contains(error, "\"" + tensor.name + "\""));
    CHECK(contains(error, "read are VGG16"));
  }
}

TEST_CASE("other networks of a kind that is read are told apart by their layers and shapes") {
  const StoredTensor stem{"conv1.weight", {64, 3, 7, 7}};
  const auto resnet = [&](const std::vector<Index>& first, const std::vector<Index>& second, bool bottleneck) {
    std::vector<StoredTensor> tensors{stem, {"layer1.0.conv1.weight", first}, {"layer1.0.conv2.weight", second}};
    if (bottleneck) tensors.push_back({"layer1.0.conv3.weight", {4, 4, 1, 1}});
    return tensors;
  };
  CHECK(contains(error_of_tensors(resnet({8, 4, 1, 1}, {8, 1, 3, 3}, true)), "a ResNeXt"));
  CHECK(contains(error_of_tensors(resnet({8, 4, 1, 1}, {8, 8, 3, 3}, true)), "a Wide ResNet"));
  CHECK(contains(error_of_tensors(resnet({4, 4, 3, 3}, {4, 4, 3, 3}, false)), "a ResNet of 1, 0, 0 and 0 blocks"));
  std::vector<StoredTensor> deep = resnet({4, 4, 1, 1}, {4, 4, 3, 3}, true);
  const std::vector<int> blocks{3, 8, 36, 3};
  deep.erase(deep.begin() + 2);
  for (int stage = 0; stage < 4; ++stage) {
    for (int block = 0; block < blocks[static_cast<std::size_t>(stage)]; ++block) {
      deep.push_back(
          {"layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".conv2.weight", {4, 4, 3, 3}});
    }
  }
  CHECK(contains(error_of_tensors(deep), "ResNet-152"));
  std::vector<StoredTensor> stems = resnet({4, 4, 1, 1}, {4, 4, 3, 3}, true);
  stems[0].name = "conv1.0.weight";
  CHECK(contains(error_of_tensors(stems), "three convolutions"));
  for (const auto& [count, name] : {std::pair{5, "AlexNet"}, {8, "VGG11"}, {10, "VGG13"}, {16, "VGG19"}}) {
    std::vector<StoredTensor> tensors;
    for (int i = 0; i < count; ++i) tensors.push_back({"features." + std::to_string(2 * i) + ".weight", {4, 4, 3, 3}});
    CHECK(contains(error_of_tensors(tensors), name));
  }
  CHECK(contains(error_of_tensors({{"conv_stem.weight", {32, 3, 3, 3}}, {"blocks.0.0.conv_dw.weight", {32, 1, 3, 3}}}),
                 "fewer than MobileNetV2's 2 blocks in stage 1"));
  CHECK(contains(
      error_of_tensors({{"features.1.conv.0.0.weight", {48, 1, 3, 3}}, {"features.0.0.weight", {48, 3, 3, 3}}}),
      "a wider mobilenet_v2 than the usual one is not read"));
  CHECK(error_of_tensors({}) == "holds no tensors");
}

TEST_CASE("a captioner's own model is not taken for weights") {
  const TemporaryFolder folder;
  const Tensor<float, 1> x({1});
  SafetensorsWriter writer;
  writer.add("encoder.layer1.0.conv1.weight", x);
  writer.set_metadata("format", "pupil captioner 1");
  writer.write(folder / "model");
  CHECK(contains(error_of<FileError>([&] { PretrainedWeights{folder / "model"}; }), "a captioner's model"));
}
