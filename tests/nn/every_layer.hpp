#pragma once
// Every layer, with an input: for what must hold of all of them.

#include <cstdint>
#include <vector>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/adaptive_avg_pool1d.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/adaptive_max_pool1d.hpp>
#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/add.hpp>
#include <pupil/nn/all_steps.hpp>
#include <pupil/nn/avg_pool1d.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/bottleneck.hpp>
#include <pupil/nn/concat.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/conv_transpose2d.hpp>
#include <pupil/nn/convolution_block.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/gelu.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/group_norm.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/hard_swish.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/instance_norm2d.hpp>
#include <pupil/nn/inverted_residual.hpp>
#include <pupil/nn/last_step.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>
#include <pupil/nn/max_pool1d.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/multi_head_attention.hpp>
#include <pupil/nn/pixel_shuffle.hpp>
#include <pupil/nn/pixel_unshuffle.hpp>
#include <pupil/nn/positional_encoding.hpp>
#include <pupil/nn/prelu.hpp>
#include <pupil/nn/residual.hpp>
#include <pupil/nn/rms_norm.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softplus.hpp>
#include <pupil/nn/spatial_dropout2d.hpp>
#include <pupil/nn/transformer_encoder_layer.hpp>
#include <pupil/nn/upsample2d.hpp>

#include "../support/random_tensor.hpp"

namespace pupil::testing {

/// Calls `use(name, layer, x)` for every layer that has weights. What forward(x, context) gives, its backward takes.
template <class Use>
void for_each_layer_with_weights(const Use& use) {
  Rng rng(1);
  const auto rows = random_tensor<float>(Shape{4, 6}, rng);
  const auto sequences = random_tensor<float>(Shape{3, 4, 6}, rng);
  const auto images = random_tensor<float>(Shape{2, 8, 8, 6}, rng);
  const Conv2dOptions conv{.in_channels = 6, .out_channels = 6, .kernel_size = 3, .padding = 1};

  use("Dense", Dense<float>({.in_features = 6, .out_features = 5}, rng), rows);
  use("Dense without bias", Dense<float>({.in_features = 6, .out_features = 5, .bias = false}, rng), images);
  use("Conv1d", Conv1d<float>({.in_channels = 6, .out_channels = 5, .kernel_size = 3}, rng), sequences);
  use("Conv2d", Conv2d<float>(conv, rng), images);
  use("depthwise Conv2d", Conv2d<float>({.in_channels = 6, .out_channels = 6, .kernel_size = 3, .groups = 6}, rng),
      images);
  use("ConvTranspose2d",
      ConvTranspose2d<float>({.in_channels = 6, .out_channels = 5, .kernel_size = 2, .stride = 2}, rng), images);
  use("BatchNorm1d", BatchNorm1d<float>({.num_features = 6}), rows);
  use("BatchNorm2d", BatchNorm2d<float>({.num_features = 6}), images);
  use("frozen BatchNorm2d", BatchNorm2d<float>({.num_features = 6, .frozen_statistics = true}), images);
  use("LayerNorm", LayerNorm<float>({.normalized_shape = 6}), sequences);
  use("LayerNorm without weights", LayerNorm<float>({.normalized_shape = 6, .elementwise_affine = false}), rows);
  use("RmsNorm", RmsNorm<float>({.normalized_shape = 6}), sequences);
  use("GroupNorm", GroupNorm<float>({.num_groups = 2, .num_channels = 6}), images);
  use("InstanceNorm2d", InstanceNorm2d<float>({.num_features = 6, .affine = true}), images);
  use("PRelu", PRelu<float>({.num_parameters = 6}), sequences);
  use("Embedding", Embedding<float>({.num_embeddings = 9, .embedding_dim = 3}, rng),
      Tensor<std::int32_t, 1>({3}, {0, 8, 4}));
  use("Lstm", Lstm<float>({.input_size = 6, .hidden_size = 3}, rng), sequences);
  use("Lstm of two layers and directions",
      Lstm<float>({.input_size = 6, .hidden_size = 3, .num_layers = 2, .dropout = 0.5, .bidirectional = true}, rng),
      sequences);
  use("Gru", Gru<float>({.input_size = 6, .hidden_size = 3}, rng), sequences);
  use("Gru of sequences one after another", Gru<float>({.input_size = 6, .hidden_size = 3, .batch_first = true}, rng),
      sequences);
  use("LastStepOf", LastStepOf<Lstm<float>>({.input_size = 6, .hidden_size = 3, .bidirectional = true}, rng),
      sequences);
  use("LstmCell", LstmCell<float>({.input_size = 6, .hidden_size = 3}, rng), rows);
  use("GruCell", GruCell<float>({.input_size = 6, .hidden_size = 3, .bias = false}, rng), rows);
  use("MultiHeadAttention", MultiHeadAttention<float>({.embed_dim = 6, .num_heads = 2, .dropout = 0.5}, rng),
      AttentionInput<float>{sequences, sequences, sequences});
  use("PositionalEncoding", PositionalEncoding<float>({.d_model = 6, .max_len = 9}), sequences);
  use("TransformerEncoderLayer", TransformerEncoderLayer<float>({.d_model = 6, .nhead = 2, .dim_feedforward = 5}, rng),
      sequences);
  use("Conv2dNormActivation", Conv2dNormActivation<float>({.conv = conv}, rng), images);
  use("Conv2dNormActivation without norm", Conv2dNormActivation<float>({.conv = conv, .norm = false}, rng), images);
  use("ConvolutionBlock",
      ConvolutionBlock<float>({.layer = {.conv = conv}, .pool = MaxPool2dOptions{.kernel_size = 2}}, rng), images);
  use("BasicBlock", BasicBlock<float>({.in_channels = 6, .out_channels = 6}, rng), images);
  use("BasicBlock with a shortcut", BasicBlock<float>({.in_channels = 6, .out_channels = 8, .stride = 2}, rng), images);
  use("Bottleneck", Bottleneck<float>({.in_channels = 6, .hidden_channels = 2, .out_channels = 6}, rng), images);
  use("InvertedResidual", InvertedResidual<float>({.in_channels = 6, .out_channels = 6}, rng), images);
  use("Sequential", Sequential{Relu<float>(), Dense<float>({.in_features = 6, .out_features = 5}, rng), Tanh<float>()},
      rows);
  use("Add", Add{Relu<float>(), Dense<float>({.in_features = 6, .out_features = 6}, rng)}, rows);
  use("Concat", Concat{Identity(), Dense<float>({.in_features = 6, .out_features = 5}, rng)}, rows);
  use("Residual", Residual{Conv2d<float>(conv, rng)}, images);
  use("Residual with a shortcut", Residual{Conv2d<float>(conv, rng), Conv2d<float>(conv, rng)}, images);
}

/// As for_each_layer_with_weights, for the other layers; but for Identity, which keeps nothing.
template <class Use>
void for_each_layer_without_weights(const Use& use) {
  Rng rng(2);
  const auto rows = random_tensor<float>(Shape{4, 6}, rng);
  const auto sequences = random_tensor<float>(Shape{3, 4, 6}, rng);
  const auto images = random_tensor<float>(Shape{2, 8, 8, 6}, rng);

  use("Relu", Relu<float>(), rows);
  use("Relu6", Relu6<float>(), rows);
  use("Sigmoid", Sigmoid<float>(), rows);
  use("Tanh", Tanh<float>(), rows);
  use("LeakyRelu", LeakyRelu<float>(), rows);
  use("Elu", Elu<float>(), rows);
  use("Silu", Silu<float>(), rows);
  use("Gelu", Gelu<float>(), rows);
  use("HardSwish", HardSwish<float>(), rows);
  use("Softplus", Softplus<float>(), rows);
  use("Softmax", Softmax<float>(), rows);
  use("LogSoftmax", LogSoftmax<float>(), rows);
  use("Dropout", Dropout<float>({}, rng), rows);
  use("SpatialDropout2d", SpatialDropout2d<float>({}, rng), images);
  use("Flatten", Flatten<float>(), images);
  use("Flatten to PyTorch's order", Flatten<float>({.channels_first = true}), images);
  use("MaxPool2d", MaxPool2d<float>({.kernel_size = 2}), images);
  use("AvgPool2d", AvgPool2d<float>({.kernel_size = 2}), images);
  use("AdaptiveAvgPool2d", AdaptiveAvgPool2d<float>({.output_size = 3}), images);
  use("GlobalAvgPool2d", GlobalAvgPool2d<float>(), images);
  use("AdaptiveMaxPool2d", AdaptiveMaxPool2d<float>({.output_size = 3}), images);
  use("MaxPool1d", MaxPool1d<float>({.kernel_size = 2}), sequences);
  use("AvgPool1d", AvgPool1d<float>({.kernel_size = 2}), sequences);
  use("AdaptiveAvgPool1d", AdaptiveAvgPool1d<float>({.output_size = 3}), sequences);
  use("AdaptiveMaxPool1d", AdaptiveMaxPool1d<float>({.output_size = 3}), sequences);
  use("PixelShuffle", PixelShuffle<float>({.upscale_factor = 1}), images);
  use("PixelUnshuffle", PixelUnshuffle<float>({.downscale_factor = 2}), images);
  use("Upsample2d", Upsample2d<float>({.scale_factor = 2}), images);
  use("bilinear Upsample2d", Upsample2d<float>({.size = {9, 5}, .mode = UpsampleMode::bilinear}), images);
  const GruOutput<float> hiddens{sequences, {random_tensor<float>(Shape{1, 4, 6}, rng)}};
  use("LastStep", LastStep<float>(), hiddens);
  use("AllSteps", AllSteps<float>(), hiddens);
  use("ScaledDotProductAttention", ScaledDotProductAttention<float>(),
      AttentionInput<float>{sequences, sequences, sequences});
  use("Add without weights", Add{Relu<float>(), Identity()}, rows);
  use("Concat without weights", Concat{Identity(), Identity()}, images);
  use("Residual without weights", Residual{Tanh<float>()}, rows);
}

template <class Use>
void for_each_layer(const Use& use) {
  for_each_layer_with_weights(use);
  for_each_layer_without_weights(use);
}

/// All numbers of an output, of whatever kind.
template <class T, std::size_t Rank>
std::vector<T> numbers_of(const Tensor<T, Rank>& y) {
  return {y.begin(), y.end()};
}
template <class T, class State>
std::vector<T> numbers_of(const RecurrentOutput<T, State>& y) {
  return numbers_of(y.output);
}
template <class State>
auto numbers_of(const State& state) requires requires {
  state.hidden;
}
{ return numbers_of(state.hidden); }

}  // namespace pupil::testing
