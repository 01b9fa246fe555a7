#pragma once
// The names that files of pretrained weights have for what ImageNetwork has by torchvision's names: torchvision's own,
// or timm's, which are others for VGG and MobileNetV2 and the same for ResNet.

#include <array>
#include <map>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil::detail {

/// A module in a file.
struct StoredModule {
  std::string name;
  Index kernel = 0;  ///< of the convolution that a dense layer is stored as; 0 where it is not
};

/// What a file of weights holds, as its tensors' names tell.
struct StoredArchitecture {
  std::string name;        ///< one of image_architectures
  std::string first;       ///< the weight of the first convolution
  Shape<4> first_shape{};  ///< of an architecture of its own width: [out, in, height, width]
  std::string classifier;  ///< torchvision's name of the last layer, from pooled features to classes
  std::map<std::string, StoredModule> modules{};  ///< by torchvision's names, those that are called otherwise
};

/// timm has stages of blocks where torchvision has one sequence.
inline std::map<std::string, StoredModule> timm_mobilenet_v2_modules() {
  std::map<std::string, StoredModule> modules{{"features.0.0", {"conv_stem"}},
                                              {"features.0.1", {"bn1"}},
                                              {"features.18.0", {"conv_head"}},
                                              {"features.18.1", {"bn2"}},
                                              {"classifier.1", {"classifier"}}};
  constexpr std::array<Index, 7> blocks{1, 2, 3, 4, 3, 3, 1};
  Index number = 1;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    for (Index block = 0; block < blocks[stage]; ++block, ++number) {
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

/// timm's VGG slides its dense layers over larger images.
inline std::map<std::string, StoredModule> timm_vgg_modules() {
  return {{"classifier.0", {.name = "pre_logits.fc1", .kernel = 7}},
          {"classifier.3", {.name = "pre_logits.fc2", .kernel = 1}},
          {"classifier.6", {.name = "head.fc"}}};
}

/// Which architecture a file holds. Throws FileError where it is none that is known.
inline StoredArchitecture recognize_architecture(const SafetensorsFile& file) {
  const auto has = [&](std::string_view name) { return file.contains(name); };
  if (has("layer1.0.conv1.weight")) {
    const bool bottleneck = has("layer1.0.conv3.weight");
    const std::string name = bottleneck ? (has("layer3.6.conv1.weight") ? "resnet101" : "resnet50")
                                        : (has("layer3.2.conv1.weight") ? "resnet34" : "resnet18");
    return {.name = name, .first = "conv1.weight", .first_shape = {64, 3, 7, 7}, .classifier = "fc"};
  }
  if (has("features.0.weight")) {
    const bool batch_norm = has("features.1.weight");
    const bool timm = has("pre_logits.fc1.weight");
    return {.name = batch_norm ? "vgg16_bn" : "vgg16",
            .first = "features.0.weight",
            .first_shape = {64, 3, 3, 3},
            .classifier = "classifier.6",
            .modules = timm ? timm_vgg_modules() : std::map<std::string, StoredModule>()};
  }
  if (has("features.1.conv.0.0.weight")) {
    return {.name = "mobilenet_v2",
            .first = "features.0.0.weight",
            .first_shape = {32, 3, 3, 3},
            .classifier = "classifier.1"};
  }
  if (has("blocks.0.0.conv_dw.weight")) {
    return {.name = "mobilenet_v2",
            .first = "conv_stem.weight",
            .first_shape = {32, 3, 3, 3},
            .classifier = "classifier.1",
            .modules = timm_mobilenet_v2_modules()};
  }
  throw FileError(message(file.path().string(),
                          ": its tensors have the names of no VGG16, ResNet or MobileNetV2 of torchvision or timm"));
}

}  // namespace pupil::detail
