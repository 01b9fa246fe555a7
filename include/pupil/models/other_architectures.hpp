#pragma once
// Networks whose weights are not read, by the names of their tensors: for messages that say what a file is.

#include <array>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil::detail {

struct OtherArchitecture {
  std::string_view part;  ///< of a tensor's name that no network that is read has
  std::string_view name;
};

/// What tells more comes first.
inline constexpr std::array<OtherArchitecture, 54> other_architectures{{
    {"attnpool.", "CLIP"},
    {"text_model.", "CLIP"},
    {"token_embedding.", "CLIP"},
    {"visual.transformer.", "CLIP"},
    {"denseblock", "DenseNet"},
    {".squeeze.weight", "SqueezeNet"},
    {"fire2.", "SqueezeNet"},
    {"relative_position_bias_table", "Swin Transformer"},
    {"swin.", "Swin Transformer"},
    {"convnext", "ConvNeXt"},
    {"dwconv.", "ConvNeXt"},
    {"stages.0.blocks.0.conv_dw.", "ConvNeXt"},
    {"layer_scale", "ConvNeXt or CaiT"},
    {"cls_token", "Vision Transformer"},
    {"class_token", "Vision Transformer"},
    {"class_embedding", "Vision Transformer"},
    {"pos_embed", "Vision Transformer"},
    {"patch_embed", "Vision Transformer"},
    {"encoder_layer_0.", "Vision Transformer"},
    {"Conv2d_1a_3x3.", "Inception"},
    {"Mixed_5b.", "Inception"},
    {"conv2d_1a.", "Inception-ResNet"},
    {"inception3a.", "GoogLeNet"},
    {"efficientnet", "EfficientNet"},
    {"_depthwise_conv.", "EfficientNet"},
    {"features.1.0.block.0.0.", "EfficientNet"},
    {"features.1.block.0.0.", "MobileNetV3"},
    {"blocks.0.0.se.", "EfficientNet or MobileNetV3"},
    {".se.conv_reduce.", "EfficientNet or MobileNetV3"},
    {"mobilenet_v1.", "MobileNetV1"},
    {"mobilevit", "MobileViT"},
    {"regnet.", "RegNet"},
    {"trunk_output.", "RegNet"},
    {"s1.b1.conv1.", "RegNet"},
    {"stage2.0.branch2.", "ShuffleNet"},
    {"layers.8.0.layers.", "MNASNet"},
    {"block1.rep.", "Xception"},
    {"stem.conv1x1", "NASNet"},
    {"cell_0.", "NASNet"},
    {"hrnet", "HRNet"},
    {"transition1.", "HRNet"},
    {"stages.0.blocks.0.conv1.", "ResNetV2 or NFNet"},
    {"stages.0.blocks.0.norm1.", "ResNetV2"},
    {".se_module.", "SE-ResNet"},
    {".se.", "SE-ResNet"},
    {"model.0.conv.weight", "YOLO"},
    {"model.22.", "YOLO"},
    {"down_blocks.", "U-Net"},
    {"bert.", "a language model"},
    {"transformer.h.0.", "a language model"},
    {"self_attn.", "a Transformer"},
    {".attention.", "a Transformer"},
    {"weight_ih_l0", "a recurrent network, such as a decoder of captions"},
    {"weight_hh", "a recurrent network, such as a decoder of captions"},
}};

/// What a message says of the networks that are read.
inline constexpr std::string_view known_architectures =
    "VGG16, ResNet-18, -34, -50, -101 and MobileNetV2, by the names of torchvision, timm or Hugging Face";

/// `these are weights of SqueezeNet, as the tensor "features.3.squeeze.weight" shows`, by the tensors whose names begin
/// with the prefix; empty where they tell nothing.
inline std::string other_architecture(const SafetensorsFile& file, std::string_view prefix) {
  const auto names = file.names();
  for (const OtherArchitecture& other : other_architectures) {
    for (const std::string& name : names) {
      if (!name.starts_with(prefix)) continue;
      if (name.find(other.part, prefix.size()) == std::string::npos) continue;
      return message("these are weights of ", other.name, ", as the tensor ", json_quoted(name), " shows");
    }
  }
  return "";
}

/// Throws FileError for weights that are `what`.
[[noreturn]] inline void throw_not_read(const SafetensorsFile& file, std::string_view what) {
  throw FileError(message(file.path().string(), ": ", what, "; read are ", known_architectures));
}

}  // namespace pupil::detail
