#include <pupil/nn/activations.hpp>
#include <pupil/nn/gelu.hpp>
#include <pupil/nn/hard_swish.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/prelu.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softplus.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// An activation without options, on images.
template <class Layer, class T, at::Tensor (*reference)(const at::Tensor&)>
void check_activation(Draw& draw) {
  Layer layer;
  auto x = draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 9), draw.between(1, 9), draw.between(1, 40)});
  const T scale = static_cast<T>(draw.between(1, 8));
  for (T& value : x) value *= scale;
  compare_layer(
      layer, x, [](const at::Tensor& input, const State&) { return reference(input); }, draw);
}

template <template <class> class Layer, at::Tensor (*reference)(const at::Tensor&)>
Agreement activation(const std::string& name) {
  return {name, check_activation<Layer<double>, double, reference>, check_activation<Layer<float>, float, reference>};
}

/// PReLU of one weight, or of one a channel.
template <class T>
void check_prelu(Draw& draw) {
  const Index channels = draw.between(1, 40);
  PRelu<T> layer({.num_parameters = draw.coin() ? 1 : channels});
  for_each_parameter(layer, [&](const Name&, auto& weight) { weight.value = draw.tensor<T>(weight.value.shape()); });
  compare_layer(
      layer, draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 9), draw.between(1, 9), channels}),
      [](const at::Tensor& input, const State& state) { return at::prelu(input, state.at("weight")); }, draw);
}

template <class T>
void check_softplus(Draw& draw) {
  const double beta = static_cast<double>(draw.between(1, 12)) / 4;
  const double threshold = static_cast<double>(draw.between(1, 20));
  Softplus<T> layer({.beta = beta, .threshold = threshold});
  auto x = draw.tensor<T>(Shape{draw.between(1, 9), draw.between(1, 70)});
  const T scale = static_cast<T>(draw.between(1, 8));
  for (T& value : x) value *= scale;
  compare_layer(
      layer, x, [&](const at::Tensor& input, const State&) { return at::softplus(input, beta, threshold); }, draw);
}

at::Tensor leaky_relu(const at::Tensor& x) { return at::leaky_relu(x, 0.01); }
at::Tensor elu(const at::Tensor& x) { return at::elu(x); }
at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor hard_swish(const at::Tensor& x) { return at::hardswish(x); }
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }
at::Tensor softmax(const at::Tensor& x) { return at::softmax(x, 1); }
at::Tensor log_softmax(const at::Tensor& x) { return at::log_softmax(x, 1); }

}  // namespace

void add_activations(Agreements& agreements) {
  agreements.push_back(activation<Relu, at::relu>("relu"));
  agreements.push_back(activation<Relu6, at::relu6>("relu6"));
  agreements.push_back(activation<Sigmoid, at::sigmoid>("sigmoid"));
  agreements.push_back(activation<Tanh, at::tanh>("tanh"));
  agreements.push_back(activation<LeakyRelu, leaky_relu>("leaky_relu"));
  agreements.push_back(activation<Elu, elu>("elu"));
  agreements.push_back(activation<Gelu, gelu>("gelu"));
  agreements.push_back(activation<HardSwish, hard_swish>("hard_swish"));
  agreements.push_back({"prelu", check_prelu<double>, check_prelu<float>});
  agreements.push_back({"softplus", check_softplus<double>, check_softplus<float>});
  agreements.push_back(activation<Silu, silu>("silu"));
  agreements.push_back(activation<Softmax, softmax>("softmax"));
  agreements.push_back(activation<LogSoftmax, log_softmax>("log_softmax"));
}

}  // namespace pupil::agreement
