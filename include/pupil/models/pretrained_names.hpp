#pragma once
// The names that files of pretrained weights have for what ImageNetwork has by torchvision's names: torchvision's own;
// timm's, which are others for VGG and MobileNetV2 and the same for ResNet; those of Hugging Face's transformers, for
// ResNet and MobileNetV2; and the numbers of a ResNet whose parts were put into an nn.Sequential, as encoders of
// captioners have it.

#include <array>
#include <cstddef>
#include <map>
#include <string>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>

namespace pupil::detail {

/// A module in a file.
struct StoredModule {
  std::string name;
  Index kernel = 0;  ///< of the convolution that a dense layer is stored as; 0 where it is not
};

/// Modules in a file by torchvision's names, those that are called otherwise.
using StoredModules = std::map<std::string, StoredModule>;

/// How many blocks each of MobileNetV2's stages has.
inline constexpr std::array<Index, 7> mobilenet_v2_blocks{1, 2, 3, 4, 3, 3, 1};

/// timm has stages of blocks where torchvision has one sequence.
inline StoredModules timm_mobilenet_v2_modules() {
  StoredModules modules{{"features.0.0", {"conv_stem"}},
                        {"features.0.1", {"bn1"}},
                        {"features.18.0", {"conv_head"}},
                        {"features.18.1", {"bn2"}},
                        {"classifier.1", {"classifier"}}};
  Index number = 1;
  for (std::size_t stage = 0; stage < mobilenet_v2_blocks.size(); ++stage) {
    for (Index block = 0; block < mobilenet_v2_blocks[stage]; ++block, ++number) {
      const std::string ours = message("features.", number, ".conv.");
      const std::string theirs = message("blocks.", stage, ".", block, ".");
      const auto rename = [&](const char* from, const char* to) { modules[ours + from] = {theirs + to}; };
      if (stage == 0) {  // the only one that does not expand
        rename("0.0", "conv_dw"), rename("0.1", "bn1");
        rename("1", "conv_pw"), rename("2", "bn2");
      } else {
        rename("0.0", "conv_pw"), rename("0.1", "bn1");
        rename("1.0", "conv_dw"), rename("1.1", "bn2");
        rename("2", "conv_pwl"), rename("3", "bn3");
      }
    }
  }
  return modules;
}

/// Hugging Face's has a stem of the first convolution and the first block, and 16 layers behind it.
inline StoredModules hugging_face_mobilenet_v2_modules() {
  StoredModules modules;
  const auto rename = [&](const std::string& convolution, const std::string& norm, const std::string& theirs) {
    modules[convolution] = {theirs + ".convolution"};
    modules[norm] = {theirs + ".normalization"};
  };
  rename("features.0.0", "features.0.1", "conv_stem.first_conv");
  rename("features.1.conv.0.0", "features.1.conv.0.1", "conv_stem.conv_3x3");
  rename("features.1.conv.1", "features.1.conv.2", "conv_stem.reduce_1x1");
  for (Index number = 2; number <= 17; ++number) {
    const std::string ours = message("features.", number, ".conv.");
    const std::string theirs = message("layer.", number - 2, ".");
    rename(ours + "0.0", ours + "0.1", theirs + "expand_1x1");
    rename(ours + "1.0", ours + "1.1", theirs + "conv_3x3");
    rename(ours + "2", ours + "3", theirs + "reduce_1x1");
  }
  rename("features.18.0", "features.18.1", "conv_1x1");
  return modules;
}

/// timm's VGG slides its dense layers over larger images.
inline StoredModules timm_vgg_modules() {
  return {{"classifier.0", {.name = "pre_logits.fc1", .kernel = 7}},
          {"classifier.3", {.name = "pre_logits.fc2", .kernel = 1}},
          {"classifier.6", {.name = "head.fc"}}};
}

/// More blocks than any stage of a ResNet that is read has.
inline constexpr Index most_resnet_blocks = 64;

/// Calls `use(stage, block)` for more blocks than a ResNet has, both counted from 0.
template <class Use>
void for_each_resnet_block(const Use& use) {
  for (Index stage = 0; stage < 4; ++stage) {
    for (Index block = 0; block < most_resnet_blocks; ++block) use(stage, block);
  }
}

/// Hugging Face's ResNet: each convolution with its norm.
inline StoredModules hugging_face_resnet_modules() {
  StoredModules modules{{"conv1", {"embedder.embedder.convolution"}}, {"bn1", {"embedder.embedder.normalization"}}};
  for_each_resnet_block([&](Index stage, Index block) {
    const std::string ours = message("layer", stage + 1, ".", block, ".");
    const std::string theirs = message("encoder.stages.", stage, ".layers.", block, ".");
    for (Index i = 0; i < 3; ++i) {
      modules[message(ours, "conv", i + 1)] = {message(theirs, "layer.", i, ".convolution")};
      modules[message(ours, "bn", i + 1)] = {message(theirs, "layer.", i, ".normalization")};
    }
    modules[ours + "downsample.0"] = {theirs + "shortcut.convolution"};
    modules[ours + "downsample.1"] = {theirs + "shortcut.normalization"};
  });
  return modules;
}

/// nn.Sequential(*resnet.children()): rectifier and pooling are 2 and 3, and the stages 4 to 7.
inline StoredModules numbered_resnet_modules() {
  StoredModules modules{{"conv1", {"0"}}, {"bn1", {"1"}}};
  for_each_resnet_block([&](Index stage, Index block) {
    const std::string ours = message("layer", stage + 1, ".", block, ".");
    const std::string theirs = message(stage + 4, ".", block, ".");
    for (const char* module : {"conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1"}) {
      modules[ours + module] = {theirs + module};
    }
  });
  return modules;
}

}  // namespace pupil::detail
