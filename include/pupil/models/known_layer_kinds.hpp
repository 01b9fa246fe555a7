#pragma once
// The table of pupil's layers, for files of models (model_file.hpp): what the options of each are called, and each
// layer's kind. A new layer gets the names of its options, above, and a line, below. Names are for good: files that
// were written have them.

#include <pupil/models/layer_kinds.hpp>

#ifndef PUPIL_COMPILED
#include <array>

#include <pupil/models/option_json.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/adaptive_avg_pool1d.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/adaptive_max_pool1d.hpp>
#include <pupil/nn/adaptive_max_pool2d.hpp>
#include <pupil/nn/avg_pool1d.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/bottleneck.hpp>
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
#include <pupil/nn/hard_swish.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/instance_norm2d.hpp>
#include <pupil/nn/inverted_residual.hpp>
#include <pupil/nn/last_step.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/max_pool1d.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/pixel_shuffle.hpp>
#include <pupil/nn/pixel_unshuffle.hpp>
#include <pupil/nn/positional_encoding.hpp>
#include <pupil/nn/prelu.hpp>
#include <pupil/nn/rms_norm.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softplus.hpp>
#include <pupil/nn/spatial_dropout2d.hpp>
#include <pupil/nn/transformer_encoder_layer.hpp>
#include <pupil/nn/upsample2d.hpp>
#endif

namespace pupil {

/// All layers of pupil's that take one tensor and give one. What holds layers of types that the compiler knows
/// (Sequential, Add, Concat, Residual) is written as AnySequential has it: AnySequential<T>(Sequential{...}).
template <class T>
LayerKinds<T> known_layer_kinds();

#ifndef PUPIL_COMPILED

void name_options(const AdaptiveAvgPool2dOptions*, const auto& option) {
  option("output_size", &AdaptiveAvgPool2dOptions::output_size);
}
void name_options(const AvgPool2dOptions*, const auto& option) {
  using O = AvgPool2dOptions;
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("count_include_pad", &O::count_include_pad);
}
void name_options(const BasicBlockOptions*, const auto& option) {
  using O = BasicBlockOptions;
  option("in_channels", &O::in_channels);
  option("out_channels", &O::out_channels);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("frozen_statistics", &O::frozen_statistics);
}
void name_options(const BatchNormOptions*, const auto& option) {
  using O = BatchNormOptions;
  option("num_features", &O::num_features);
  option("epsilon", &O::epsilon);
  option("momentum", &O::momentum);
  option("frozen_statistics", &O::frozen_statistics);
}
void name_options(const BottleneckOptions*, const auto& option) {
  using O = BottleneckOptions;
  option("in_channels", &O::in_channels);
  option("hidden_channels", &O::hidden_channels);
  option("out_channels", &O::out_channels);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("frozen_statistics", &O::frozen_statistics);
}
void name_options(const Conv1dOptions*, const auto& option) {
  using O = Conv1dOptions;
  option("in_channels", &O::in_channels);
  option("out_channels", &O::out_channels);
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("dilation", &O::dilation);
  option("groups", &O::groups);
  option("bias", &O::bias);
}
void name_options(const Conv2dOptions*, const auto& option) {
  using O = Conv2dOptions;
  option("in_channels", &O::in_channels);
  option("out_channels", &O::out_channels);
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("dilation", &O::dilation);
  option("groups", &O::groups);
  option("bias", &O::bias);
}
constexpr auto value_names(const Activation*) { return std::array{"none", "relu", "relu6"}; }
void name_options(const Conv2dNormActivationOptions*, const auto& option) {
  using O = Conv2dNormActivationOptions;
  option("conv", &O::conv);
  option("norm", &O::norm);
  option("activation", &O::activation);
  option("epsilon", &O::epsilon);
  option("frozen_statistics", &O::frozen_statistics);
}
void name_options(const ConvolutionBlockNames*, const auto& option) {
  using O = ConvolutionBlockNames;
  option("conv", &O::conv);
  option("norm", &O::norm);
  option("activation", &O::activation);
  option("pool", &O::pool);
}
void name_options(const ConvolutionBlockOptions*, const auto& option) {
  using O = ConvolutionBlockOptions;
  option("layer", &O::layer);
  option("pool", &O::pool);
  option("names", &O::names);
}
void name_options(const DenseOptions*, const auto& option) {
  using O = DenseOptions;
  option("in_features", &O::in_features);
  option("out_features", &O::out_features);
  option("bias", &O::bias);
}
void name_options(const DropoutOptions*, const auto& option) { option("probability", &DropoutOptions::probability); }
void name_options(const EluOptions*, const auto& option) { option("alpha", &EluOptions::alpha); }
void name_options(const EmbeddingOptions*, const auto& option) {
  using O = EmbeddingOptions;
  option("num_embeddings", &O::num_embeddings);
  option("embedding_dim", &O::embedding_dim);
  option("standard_deviation", &O::standard_deviation);
  option("padding_index", &O::padding_index);
}
void name_options(const FlattenOptions*, const auto& option) {
  option("channels_first", &FlattenOptions::channels_first);
}
constexpr auto value_names(const GeluApproximation*) { return std::array{"none", "tanh"}; }
void name_options(const GeluOptions*, const auto& option) { option("approximate", &GeluOptions::approximate); }
void name_options(const GroupNormOptions*, const auto& option) {
  using O = GroupNormOptions;
  option("num_groups", &O::num_groups);
  option("num_channels", &O::num_channels);
  option("epsilon", &O::epsilon);
  option("affine", &O::affine);
}
void name_options(const InvertedResidualOptions*, const auto& option) {
  using O = InvertedResidualOptions;
  option("in_channels", &O::in_channels);
  option("out_channels", &O::out_channels);
  option("stride", &O::stride);
  option("expand_ratio", &O::expand_ratio);
  option("padding", &O::padding);
  option("frozen_statistics", &O::frozen_statistics);
}
void name_options(const LayerNormOptions*, const auto& option) {
  using O = LayerNormOptions;
  option("normalized_shape", &O::normalized_shape);
  option("epsilon", &O::epsilon);
  option("elementwise_affine", &O::elementwise_affine);
  option("bias", &O::bias);
}
void name_options(const LeakyReluOptions*, const auto& option) {
  option("negative_slope", &LeakyReluOptions::negative_slope);
}
void name_options(const MaxPool2dOptions*, const auto& option) {
  using O = MaxPool2dOptions;
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
}
void name_options(const RecurrentOptions*, const auto& option) {
  using O = RecurrentOptions;
  option("input_size", &O::input_size);
  option("hidden_size", &O::hidden_size);
  option("num_layers", &O::num_layers);
  option("bias", &O::bias);
  option("dropout", &O::dropout);
  option("bidirectional", &O::bidirectional);
  option("batch_first", &O::batch_first);
}

void name_options(const AdaptiveAvgPool1dOptions*, const auto& option) {
  option("output_size", &AdaptiveAvgPool1dOptions::output_size);
}
void name_options(const AdaptiveMaxPool1dOptions*, const auto& option) {
  option("output_size", &AdaptiveMaxPool1dOptions::output_size);
}
void name_options(const AdaptiveMaxPool2dOptions*, const auto& option) {
  option("output_size", &AdaptiveMaxPool2dOptions::output_size);
}
void name_options(const AvgPool1dOptions*, const auto& option) {
  using O = AvgPool1dOptions;
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("count_include_pad", &O::count_include_pad);
}
void name_options(const ConvTranspose2dOptions*, const auto& option) {
  using O = ConvTranspose2dOptions;
  option("in_channels", &O::in_channels);
  option("out_channels", &O::out_channels);
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
  option("output_padding", &O::output_padding);
  option("dilation", &O::dilation);
  option("groups", &O::groups);
  option("bias", &O::bias);
}
void name_options(const InstanceNorm2dOptions*, const auto& option) {
  using O = InstanceNorm2dOptions;
  option("num_features", &O::num_features);
  option("epsilon", &O::epsilon);
  option("affine", &O::affine);
}
void name_options(const MaxPool1dOptions*, const auto& option) {
  using O = MaxPool1dOptions;
  option("kernel_size", &O::kernel_size);
  option("stride", &O::stride);
  option("padding", &O::padding);
}
void name_options(const PixelShuffleOptions*, const auto& option) {
  option("upscale_factor", &PixelShuffleOptions::upscale_factor);
}
void name_options(const PixelUnshuffleOptions*, const auto& option) {
  option("downscale_factor", &PixelUnshuffleOptions::downscale_factor);
}
void name_options(const PositionalEncodingOptions*, const auto& option) {
  using O = PositionalEncodingOptions;
  option("d_model", &O::d_model);
  option("max_len", &O::max_len);
  option("batch_first", &O::batch_first);
}
void name_options(const PReluOptions*, const auto& option) {
  using O = PReluOptions;
  option("num_parameters", &O::num_parameters);
  option("init", &O::init);
}
void name_options(const RmsNormOptions*, const auto& option) {
  using O = RmsNormOptions;
  option("normalized_shape", &O::normalized_shape);
  option("epsilon", &O::epsilon);
  option("elementwise_affine", &O::elementwise_affine);
}
void name_options(const SoftplusOptions*, const auto& option) {
  using O = SoftplusOptions;
  option("beta", &O::beta);
  option("threshold", &O::threshold);
}
constexpr auto value_names(const TransformerActivation*) { return std::array{"relu", "gelu"}; }
void name_options(const TransformerEncoderLayerOptions*, const auto& option) {
  using O = TransformerEncoderLayerOptions;
  option("d_model", &O::d_model);
  option("nhead", &O::nhead);
  option("dim_feedforward", &O::dim_feedforward);
  option("dropout", &O::dropout);
  option("activation", &O::activation);
  option("layer_norm_eps", &O::layer_norm_eps);
  option("batch_first", &O::batch_first);
  option("norm_first", &O::norm_first);
  option("causal", &O::causal);
}
void name_options(const Scale2d*, const auto& option) {
  option("height", &Scale2d::height);
  option("width", &Scale2d::width);
}
constexpr auto value_names(const UpsampleMode*) { return std::array{"nearest", "bilinear"}; }
void name_options(const Upsample2dOptions*, const auto& option) {
  using O = Upsample2dOptions;
  option("size", &O::size);
  option("scale_factor", &O::scale_factor);
  option("mode", &O::mode);
  option("align_corners", &O::align_corners);
}

template <class T>
LayerKinds<T> known_layer_kinds() {
  LayerKinds<T> kinds;
  kinds.template add<AdaptiveAvgPool1d<T>>("AdaptiveAvgPool1d");
  kinds.template add<AdaptiveAvgPool2d<T>>("AdaptiveAvgPool2d");
  kinds.template add<AdaptiveMaxPool1d<T>>("AdaptiveMaxPool1d");
  kinds.template add<AdaptiveMaxPool2d<T>>("AdaptiveMaxPool2d");
  kinds.template add<AvgPool1d<T>>("AvgPool1d");
  kinds.template add<AvgPool2d<T>>("AvgPool2d");
  kinds.template add<BasicBlock<T>>("BasicBlock");
  kinds.template add<BatchNorm1d<T>>("BatchNorm1d");
  kinds.template add<BatchNorm2d<T>>("BatchNorm2d");
  kinds.template add<Bottleneck<T>>("Bottleneck");
  kinds.template add<Conv1d<T>>("Conv1d");
  kinds.template add<Conv2d<T>>("Conv2d");
  kinds.template add<Conv2dNormActivation<T>>("Conv2dNormActivation");
  kinds.template add<ConvolutionBlock<T>>("ConvolutionBlock");
  kinds.template add<ConvTranspose2d<T>>("ConvTranspose2d");
  kinds.template add<Dense<T>>("Dense");
  kinds.template add<Dropout<T>>("Dropout");
  kinds.template add<Elu<T>>("Elu");
  kinds.template add<Embedding<T>>("Embedding");
  kinds.template add<Flatten<T>>("Flatten");  // of images; the rank of others is part of the type
  kinds.template add<Flatten<T, 2>>("Flatten2");
  kinds.template add<Flatten<T, 3>>("Flatten3");
  kinds.template add<Gelu<T>>("Gelu");
  kinds.template add<GlobalAvgPool2d<T>>("GlobalAvgPool2d");
  kinds.template add<GroupNorm<T>>("GroupNorm");
  kinds.template add<Gru<T>>("Gru");
  kinds.template add<LastStepOf<Gru<T>>>("GruLastStep");
  kinds.template add<HardSwish<T>>("HardSwish");
  kinds.template add<Identity>("Identity");
  kinds.template add<InstanceNorm2d<T>>("InstanceNorm2d");
  kinds.template add<InvertedResidual<T>>("InvertedResidual");
  kinds.template add<LayerNorm<T>>("LayerNorm");
  kinds.template add<LeakyRelu<T>>("LeakyRelu");
  kinds.template add<LogSoftmax<T>>("LogSoftmax");
  kinds.template add<Lstm<T>>("Lstm");
  kinds.template add<LastStepOf<Lstm<T>>>("LstmLastStep");
  kinds.template add<MaxPool1d<T>>("MaxPool1d");
  kinds.template add<MaxPool2d<T>>("MaxPool2d");
  kinds.template add<PixelShuffle<T>>("PixelShuffle");
  kinds.template add<PixelUnshuffle<T>>("PixelUnshuffle");
  kinds.template add<PositionalEncoding<T>>("PositionalEncoding");
  kinds.template add<PRelu<T>>("PRelu");
  kinds.template add<Relu<T>>("Relu");
  kinds.template add<Relu6<T>>("Relu6");
  kinds.template add<RmsNorm<T>>("RmsNorm");
  kinds.template add<Sigmoid<T>>("Sigmoid");
  kinds.template add<Silu<T>>("Silu");
  kinds.template add<Softmax<T>>("Softmax");
  kinds.template add<Softplus<T>>("Softplus");
  kinds.template add<SpatialDropout2d<T>>("SpatialDropout2d");
  kinds.template add<Tanh<T>>("Tanh");
  kinds.template add<TransformerEncoderLayer<T>>("TransformerEncoderLayer");
  kinds.template add<Upsample2d<T>>("Upsample2d");
  return kinds;
}

#endif

}  // namespace pupil
