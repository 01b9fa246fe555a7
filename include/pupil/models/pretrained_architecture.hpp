#pragma once
// Which network a file of pretrained weights holds, under which prefix, and whose names it has.

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/models/other_architectures.hpp>
#include <pupil/models/preprocessing.hpp>
#include <pupil/models/pretrained_names.hpp>

namespace pupil::detail {

/// What a file of weights holds, as its tensors' names tell.
struct StoredArchitecture {
  std::string name{};                  ///< one of image_architectures
  std::string prefix{};                ///< of all its tensors' names, such as "module."
  std::vector<std::string> copies{};   ///< prefixes of other networks in the file that have the same names
  std::string first{};                 ///< torchvision's name of the first convolution
  Shape<4> first_shape{};              ///< of an architecture of its own width: [out, in, height, width]
  std::string classifier{};            ///< torchvision's name of the last layer, from pooled features to classes
  std::string stored_classifier = "";  ///< what the file calls it, prefix and all
  StoredModules modules{};
  double norm_epsilon = 1e-5;     ///< of its batch norms
  Preprocessing preprocessing{};  ///< where the metadata say nothing
};

/// Recognises one way of naming one kind of network.
struct NamingScheme {
  std::string_view key;  ///< a tensor that all of them have
  StoredArchitecture (*recognize)(const SafetensorsFile& file, const std::string& prefix);
};

inline bool has_shape(const SafetensorsFile& file, const std::string& name, std::size_t rank) {
  return file.contains(name) && file.info(name).shape.size() == rank;
}

/// Whether a tensor's name begins so.
inline bool has_tensors(const SafetensorsFile& file, const std::string& beginning) {
  return std::ranges::any_of(file.names(), [&](const std::string& name) { return name.starts_with(beginning); });
}

/// The kind of ResNet whose stages' names begin so, followed by the number of a block and the name of one of its
/// convolutions. Throws FileError for one that is not read.
inline std::string resnet_name(const SafetensorsFile& file, const std::array<std::string, 4>& stages,
                               const std::string& conv1, const std::string& conv2, const std::string& conv3) {
  std::array<Index, 4> blocks{};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto has = [&](const std::string& convolution) {
      return file.contains(message(stages[i], blocks[i], ".", convolution));
    };
    while (has(conv1) || has(conv2)) ++blocks[i];
  }
  const bool bottleneck = file.contains(stages[0] + "0." + conv3);
  const std::string first = stages[0] + "0." + conv1, second = stages[0] + "0." + conv2;
  if (bottleneck && has_shape(file, first, 4) && has_shape(file, second, 4)) {
    // 3x3 in either layout; a convolution without groups reads as many channels as it gives.
    const Index hidden = file.info(second).shape[0];
    if (file.info(second).size() < 9 * hidden * hidden) {
      throw_not_read(file, message("these are weights of a ResNeXt: ", json_quoted(second),
                                   " has groups, its shape is ", format_extents(file.info(second).shape)));
    }
    if (file.info(first).size() < hidden * hidden) {
      throw_not_read(file, message("these are weights of a Wide ResNet: ", json_quoted(first), " has the shape ",
                                   format_extents(file.info(first).shape)));
    }
  }
  using Blocks = std::array<Index, 4>;
  if (!bottleneck && blocks == Blocks{2, 2, 2, 2}) return "resnet18";
  if (!bottleneck && blocks == Blocks{3, 4, 6, 3}) return "resnet34";
  if (bottleneck && blocks == Blocks{3, 4, 6, 3}) return "resnet50";
  if (bottleneck && blocks == Blocks{3, 4, 23, 3}) return "resnet101";
  const bool is_152 = bottleneck && blocks == Blocks{3, 8, 36, 3};
  throw_not_read(
      file, message("these are weights of a ResNet", is_152 ? "-152, which has " : " of ", blocks[0], ", ", blocks[1],
                    ", ", blocks[2], " and ", blocks[3], bottleneck ? " bottlenecks" : " blocks"));
}

inline StoredArchitecture resnet_architecture(const std::string& prefix, std::string name) {
  return {.name = std::move(name),
          .prefix = prefix,
          .first = "conv1",
          .first_shape = {64, 3, 7, 7},
          .classifier = "fc",
          .stored_classifier = prefix + "fc"};
}

inline StoredArchitecture torchvision_resnet(const SafetensorsFile& file, const std::string& prefix) {
  if (file.contains(prefix + "conv1.0.weight") || file.contains(prefix + "conv2.weight")) {
    throw_not_read(file,
                   "these are weights of a ResNet that begins with three convolutions, as ResNet-D and CLIP's do");
  }
  const std::string layer = prefix + "layer";
  return resnet_architecture(prefix, resnet_name(file, {layer + "1.", layer + "2.", layer + "3.", layer + "4."},
                                                 "conv1.weight", "conv2.weight", "conv3.weight"));
}

inline StoredArchitecture numbered_resnet(const SafetensorsFile& file, const std::string& prefix) {
  StoredArchitecture found =
      resnet_architecture(prefix, resnet_name(file, {prefix + "4.", prefix + "5.", prefix + "6.", prefix + "7."},
                                              "conv1.weight", "conv2.weight", "conv3.weight"));
  found.modules = numbered_resnet_modules();
  found.stored_classifier = prefix + "9";  // behind the pooling; a Flatten there has no tensors
  return found;
}

/// The prefix without its last part, behind which Hugging Face's models have their classifier.
inline std::string outer_prefix(const std::string& prefix, std::string_view last) {
  return prefix.substr(0, prefix.size() - (prefix.ends_with(last) ? last.size() : 0));
}

inline StoredArchitecture hugging_face_resnet(const SafetensorsFile& file, const std::string& prefix) {
  const std::string stages = prefix + "encoder.stages.";
  StoredArchitecture found = resnet_architecture(
      prefix,
      resnet_name(file, {stages + "0.layers.", stages + "1.layers.", stages + "2.layers.", stages + "3.layers."},
                  "layer.0.convolution.weight", "layer.1.convolution.weight", "layer.2.convolution.weight"));
  found.modules = hugging_face_resnet_modules();
  found.stored_classifier = outer_prefix(prefix, "resnet.") + "classifier.1";
  return found;
}

inline StoredArchitecture mobilenet_v2_architecture(const std::string& prefix) {
  return {.name = "mobilenet_v2",
          .prefix = prefix,
          .first = "features.0.0",
          .first_shape = {32, 3, 3, 3},
          .classifier = "classifier.1",
          .stored_classifier = prefix + "classifier.1"};
}

inline StoredArchitecture torchvision_mobilenet_v2(const SafetensorsFile&, const std::string& prefix) {
  return mobilenet_v2_architecture(prefix);
}

inline StoredArchitecture timm_mobilenet_v2(const SafetensorsFile& file, const std::string& prefix) {
  for (std::size_t stage = 0; stage < mobilenet_v2_blocks.size(); ++stage) {
    const Index blocks = mobilenet_v2_blocks[stage];
    const bool has_more = has_tensors(file, message(prefix, "blocks.", stage, ".", blocks, "."));
    const bool has_all = has_tensors(file, message(prefix, "blocks.", stage, ".", blocks - 1, "."));
    if (has_all && !has_more) continue;
    throw_not_read(file,
                   message("its tensors have timm's names, as those of MobileNetV2, EfficientNet and others, but ",
                           has_more ? "more" : "fewer", " than MobileNetV2's ", blocks, " blocks in stage ", stage));
  }
  StoredArchitecture found = mobilenet_v2_architecture(prefix);
  found.modules = timm_mobilenet_v2_modules();
  found.stored_classifier = prefix + "classifier";
  return found;
}

/// They come from TensorFlow: its padding, its epsilon, and images from -1 to 1.
inline StoredArchitecture hugging_face_mobilenet_v2(const SafetensorsFile&, const std::string& prefix) {
  StoredArchitecture found = mobilenet_v2_architecture(prefix);
  found.modules = hugging_face_mobilenet_v2_modules();
  found.stored_classifier = outer_prefix(prefix, "mobilenet_v2.") + "classifier";
  found.norm_epsilon = 1e-3;
  found.preprocessing = {.normalization = symmetric_normalization, .same_padding = true};
  return found;
}

inline StoredArchitecture vgg(const SafetensorsFile& file, const std::string& prefix) {
  Index convolutions = 0;
  for (Index i = 0; i < 64; ++i) convolutions += has_shape(file, message(prefix, "features.", i, ".weight"), 4);
  for (const auto& [count, name] : {std::pair{5, "AlexNet"}, {8, "VGG11"}, {10, "VGG13"}, {16, "VGG19"}}) {
    if (convolutions == count) throw_not_read(file, message("these are weights of ", name));
  }
  const bool batch_norm = has_shape(file, prefix + "features.1.weight", 1);
  const bool timm = file.contains(prefix + "pre_logits.fc1.weight");
  return {.name = batch_norm ? "vgg16_bn" : "vgg16",
          .prefix = prefix,
          .first = "features.0",
          .first_shape = {64, 3, 3, 3},
          .classifier = "classifier.6",
          .stored_classifier = prefix + (timm ? "head.fc" : "classifier.6"),
          .modules = timm ? timm_vgg_modules() : StoredModules()};
}

inline constexpr std::array<NamingScheme, 7> naming_schemes{
    {{"layer1.0.conv1.weight", torchvision_resnet},
     {"encoder.stages.0.layers.0.layer.0.convolution.weight", hugging_face_resnet},
     {"features.1.conv.0.0.weight", torchvision_mobilenet_v2},
     {"blocks.0.0.conv_dw.weight", timm_mobilenet_v2},
     {"layer.0.expand_1x1.convolution.weight", hugging_face_mobilenet_v2},
     {"features.0.weight", vgg},
     {"4.0.conv1.weight", numbered_resnet}}};

/// The prefixes, of whole parts, under which the file has a tensor of this name.
inline std::vector<std::string> prefixes_of(const SafetensorsFile& file, std::string_view key) {
  std::vector<std::string> prefixes;
  for (const std::string& name : file.names()) {
    if (!name.ends_with(key)) continue;
    const std::string prefix = name.substr(0, name.size() - key.size());
    if (prefix.empty() || prefix.ends_with('.')) prefixes.push_back(prefix);
  }
  std::ranges::sort(prefixes);
  return prefixes;
}

/// Whether a prefix is of a copy that a trainer keeps beside the network that it trains: an average, or a teacher.
inline bool is_trainers_copy(std::string_view prefix) {
  constexpr std::array<std::string_view, 6> words{"ema", "average", "teacher", "momentum", "target", "_k."};
  return std::ranges::any_of(words, [&](std::string_view word) { return prefix.find(word) != std::string_view::npos; });
}

/// The prefix of the network that is meant. Throws FileError where that cannot be told.
inline std::string chosen_prefix(const SafetensorsFile& file, const std::vector<std::string>& prefixes) {
  if (prefixes.size() == 1 || prefixes.front().empty()) return prefixes.front();
  std::vector<std::string> own;
  std::ranges::copy_if(prefixes, std::back_inserter(own),
                       [](const std::string& prefix) { return !is_trainers_copy(prefix); });
  if (own.size() == 1) return own.front();
  throw FileError(message(file.path().string(), ": holds ", prefixes.size(), " networks, whose names begin with ",
                          joined(prefixes, ", ", json_quoted), ": keep one of them"));
}

/// Which architecture a file holds. Throws FileError, with the name of what it is where that is known, where it is none
/// that is read.
inline StoredArchitecture recognize_architecture(const SafetensorsFile& file) {
  const auto format = file.metadata().find("format");
  require<FileError>(
      format == file.metadata().end() || !format->second.starts_with("pupil captioner"), file.path().string(),
      ": a captioner's model, not the weights of an image network: `captioner train --start-from` trains "
      "on from its run");
  for (const NamingScheme& scheme : naming_schemes) {
    std::vector<std::string> prefixes = prefixes_of(file, scheme.key);
    if (prefixes.empty()) continue;
    const std::string prefix = chosen_prefix(file, prefixes);
    const std::string other = other_architecture(file, prefix);
    if (!other.empty()) throw_not_read(file, other);
    StoredArchitecture found = scheme.recognize(file, prefix);
    std::erase(prefixes, prefix);
    found.copies = prefixes;
    return found;
  }
  const std::string other = other_architecture(file, "");
  if (!other.empty()) throw_not_read(file, other);
  const std::vector<std::string> names = file.names();
  require<FileError>(!names.empty(), file.path().string(), ": holds no tensors");
  throw_not_read(file, message("its tensors have the names of no network that is known, the first is ",
                               json_quoted(names.front())));
}

}  // namespace pupil::detail
