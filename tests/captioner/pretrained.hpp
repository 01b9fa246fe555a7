#pragma once
// Weights of a MobileNetV2 that was never trained, under torchvision's names, for commands that take pretrained ones.

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <pupil/core/random.hpp>
#include <pupil/io/safetensors.hpp>

#include "program.hpp"

namespace pupil::testing {

/// Collects the tensors of a MobileNetV2, layer by layer.
class MobileNetV2Weights {
 public:
  MobileNetV2Weights(Index classes, std::uint64_t seed) : rng_(seed) {
    convolution("features.0.0", "features.0.1", 32, 3, 3);
    struct Stage {
      Index expansion, channels, blocks;
    };
    constexpr std::array<Stage, 7> stages{
        {{1, 16, 1}, {6, 24, 2}, {6, 32, 3}, {6, 64, 4}, {6, 96, 3}, {6, 160, 3}, {6, 320, 1}}};
    Index in = 32, number = 1;
    for (const Stage& stage : stages) {
      for (Index i = 0; i < stage.blocks; ++i) {
        block("features." + std::to_string(number++) + ".conv.", in, in * stage.expansion, stage.channels);
        in = stage.channels;
      }
    }
    convolution("features.18.0", "features.18.1", 1280, in, 1);
    if (classes == 0) return;
    uniform("classifier.1.weight", {classes, 1280}, 1280);
    constant("classifier.1.bias", classes, 0);
  }

  void write(const std::filesystem::path& path) const {
    SafetensorsWriter writer;
    for (const auto& [name, shape, values] : tensors_) writer.add(name, shape, values.data());
    writer.write(path);
  }

 private:
  struct Stored {
    std::string name;
    std::vector<Index> shape;
    std::vector<float> values;
  };

  void block(const std::string& name, Index in, Index hidden, Index out) {
    const bool expands = hidden != in;
    if (expands) convolution(name + "0.0", name + "0.1", hidden, in, 1);
    const std::string depthwise = name + (expands ? "1." : "0.");
    convolution(depthwise + "0", depthwise + "1", hidden, 1, 3);
    convolution(name + (expands ? "2" : "1"), name + (expands ? "3" : "2"), out, hidden, 1);
  }

  void convolution(const std::string& name, const std::string& norm, Index out, Index in, Index kernel) {
    uniform(name + ".weight", {out, in, kernel, kernel}, in * kernel * kernel);
    constant(norm + ".weight", out, 1);
    constant(norm + ".bias", out, 0);
    constant(norm + ".running_mean", out, 0);
    constant(norm + ".running_var", out, 1);
  }

  void uniform(const std::string& name, const std::vector<Index>& shape, Index fan_in) {
    Index size = 1;
    for (const Index extent : shape) size *= extent;
    const float bound = std::sqrt(6.0F / static_cast<float>(fan_in));
    auto& values = tensors_.emplace_back(Stored{name, shape, {}}).values;
    for (Index i = 0; i < size; ++i) values.push_back(rng_.uniform<float>() * 2 * bound - bound);
  }

  void constant(const std::string& name, Index size, float value) {
    tensors_.push_back({name, {size}, std::vector<float>(static_cast<std::size_t>(size), value)});
  }

  Rng rng_;
  std::vector<Stored> tensors_;
};

/// Scenes, and two networks that differ only in what they drew at random.
struct Pretrained {
  TemporaryFolder folder;
  std::filesystem::path data = folder / "scenes";
  std::filesystem::path weights = folder / "mobilenet_v2.safetensors";
  std::filesystem::path other_weights = folder / "other.safetensors";

  Pretrained() {
    make_scenes(data, 20);
    MobileNetV2Weights(10, 1).write(weights);
    MobileNetV2Weights(10, 2).write(other_weights);
  }

  std::string image(int number) const {
    const std::string digits = std::to_string(number);
    return (data / "Images" / ("scene_" + std::string(5 - digits.size(), '0') + digits + ".jpg")).string();
  }
};

/// For all tests that only look at it.
inline const Pretrained& pretrained() {
  static const Pretrained files;
  return files;
}

/// The weights that were trained on ImageNet, where they are at hand; empty, and says so, where they are not.
inline std::filesystem::path imagenet_weights() {
  const auto path = shared_folder() / "weights" / "mobilenet_v2_imagenet.safetensors";
  if (std::filesystem::exists(path)) return path;
  MESSAGE("skipped: no ", path.string());
  return {};
}

}  // namespace pupil::testing
