#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/group_norm.hpp>
#include <pupil/nn/instance_norm2d.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/rms_norm.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// Scale and shift other than those that a layer begins with.
template <class T, class Layer>
void randomize_parameters(Layer& layer, Draw& draw) {
  for_each_parameter(layer, [&](const Name&, auto& p) { p.value = draw.tensor<T>(p.value.shape()); });
}

template <class T>
void check_batch_norm2d(Draw& draw) {
  const Index features = draw.between(1, 9);
  BatchNorm2d<T> layer({.num_features = features});
  randomize_parameters<T>(layer, draw);
  const auto x = draw.tensor<T>(Shape{draw.between(2, 4), draw.between(2, 9), draw.between(2, 9), features});
  compare_layer(
      layer, x,
      [](const at::Tensor& input, const State& state) {
        return at::batch_norm(input, state.at("weight"), state.at("bias"), {}, {}, true, 0.1, 1e-5, false);
      },
      draw);
}

template <class T>
void check_batch_norm1d(Draw& draw) {
  const Index features = draw.between(1, 9);
  BatchNorm1d<T> layer({.num_features = features});
  randomize_parameters<T>(layer, draw);
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(4, 40), features}),
      [](const at::Tensor& input, const State& state) {
        return at::batch_norm(input, state.at("weight"), state.at("bias"), {}, {}, true, 0.1, 1e-5, false);
      },
      draw);
}

template <class T>
void check_layer_norm(Draw& draw) {
  const Index features = draw.between(4, 70);
  const bool affine = draw.coin();
  LayerNorm<T> layer({.normalized_shape = features, .elementwise_affine = affine});
  randomize_parameters<T>(layer, draw);
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(1, 9), draw.between(1, 9), features}),
      [&](const at::Tensor& input, const State& state) {
        return at::layer_norm(input, {features}, optional(state, "weight"), optional(state, "bias"));
      },
      draw, false);
}

template <class T>
void check_rms_norm(Draw& draw) {
  const Index features = draw.between(1, 70);
  const double epsilon = static_cast<double>(draw.between(1, 8)) / 1024;
  RmsNorm<T> layer({.normalized_shape = features, .epsilon = epsilon, .elementwise_affine = draw.coin()});
  randomize_parameters<T>(layer, draw);
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(1, 9), draw.between(1, 9), features}),
      [&](const at::Tensor& input, const State& state) {
        const at::Tensor y = input * at::rsqrt(input.pow(2).mean(-1, true) + epsilon);
        const auto weight = optional(state, "weight");
        return weight ? y * *weight : y;
      },
      draw, false);
}

template <class T>
void check_group_norm(Draw& draw) {
  const Index groups = draw.between(1, 5);
  const Index channels = groups * draw.between(1, 6);
  GroupNorm<T> layer({.num_groups = groups, .num_channels = channels});
  randomize_parameters<T>(layer, draw);
  const auto x = draw.tensor<T>(Shape{draw.between(1, 4), draw.between(2, 9), draw.between(2, 9), channels});
  compare_layer(
      layer, x,
      [&](const at::Tensor& input, const State& state) {
        return at::group_norm(input, groups, optional(state, "weight"), optional(state, "bias"));
      },
      draw);
}

template <class T>
void check_instance_norm2d(Draw& draw) {
  const Index features = draw.between(1, 9);
  InstanceNorm2d<T> layer({.num_features = features, .affine = draw.coin()});
  randomize_parameters<T>(layer, draw);
  const auto x = draw.tensor<T>(Shape{draw.between(1, 4), draw.between(2, 9), draw.between(2, 9), features});
  compare_layer(
      layer, x,
      [](const at::Tensor& input, const State& state) {
        return at::instance_norm(input, optional(state, "weight"), optional(state, "bias"), {}, {}, true, 0.1, 1e-5,
                                 false);
      },
      draw);
}

}  // namespace

void add_normalizations(Agreements& agreements) {
  agreements.push_back({"batch_norm1d", check_batch_norm1d<double>, check_batch_norm1d<float>});
  agreements.push_back({"batch_norm2d", check_batch_norm2d<double>, check_batch_norm2d<float>});
  agreements.push_back({"group_norm", check_group_norm<double>, check_group_norm<float>});
  agreements.push_back({"instance_norm2d", check_instance_norm2d<double>, check_instance_norm2d<float>});
  agreements.push_back({"layer_norm", check_layer_norm<double>, check_layer_norm<float>});
  agreements.push_back({"rms_norm", check_rms_norm<double>, check_rms_norm<float>});
}

}  // namespace pupil::agreement
