#pragma once
// Random agreement with LibTorch: a layer of a random configuration and PyTorch's function of the same parameters get
// the same input and the same cotangent, and must give the same output and the same gradients.
//
// PyTorch computes in double; a layer of float is compared with what that gives for the same floats.

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/nn/parameter.hpp>

#include "../support/random_tensor.hpp"

namespace pupil::agreement {

/// What a configuration is drawn from.
class Draw {
 public:
  explicit Draw(Rng rng) : rng_(rng) {}

  /// A whole number from `low` to `high`.
  Index between(Index low, Index high) { return low + rng_.below(high - low + 1); }
  bool coin() { return rng_.below(2) == 1; }
  Size2d size_between(Index low, Index high) {
    const Index height = between(low, high);
    return {height, between(low, high)};
  }
  /// Normal numbers.
  template <class T, std::size_t Rank>
  Tensor<T, Rank> tensor(const Shape<Rank>& shape) {
    return testing::random_tensor<T>(shape, rng_);
  }

  Rng& rng() { return rng_; }

 private:
  Rng rng_;
};

/// The values as doubles of PyTorch, laid out as they are.
template <class T, std::size_t Rank>
at::Tensor as_it_lies(const Tensor<T, Rank>& tensor) {
  const auto result = at::empty(at::IntArrayRef(tensor.shape().dims.data(), Rank), at::kDouble);
  std::copy(tensor.begin(), tensor.end(), result.template data_ptr<double>());
  return result;
}

/// Features last to features second, as images and convolution weights lie in PyTorch. Fewer than three dimensions
/// stay.
inline at::Tensor channels_first(const at::Tensor& tensor) {
  return tensor.dim() < 3 ? tensor : tensor.movedim(-1, 1).contiguous();
}
inline at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.dim() < 3 ? tensor : tensor.movedim(1, -1).contiguous();
}

/// How far a number may be from PyTorch's, relative to the tensor's largest and to `scale`.
template <class T>
inline constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-10;

/// Throws Error, saying which and by how much, where a tensor is not PyTorch's.
template <class T, std::size_t Rank>
void compare_tensor(const std::string& what, const Tensor<T, Rank>& actual, const at::Tensor& expected) {
  const at::IntArrayRef shape(actual.shape().dims.data(), Rank);
  require<Error>(expected.sizes() == shape, what, " is ", actual.shape(), ", PyTorch's has other extents");
  const auto difference = (as_it_lies(actual) - expected).abs();
  const double largest = actual.empty() ? 0 : difference.max().template item<double>();
  const double scale = actual.empty() ? 0 : expected.abs().max().template item<double>();
  require<Error>(largest <= tolerance<T> * std::max(scale, 1e-3), what, " differs from PyTorch's by ", largest,
                 ", where the largest is ", scale);
}

/// A module's parameters and buffers under their names, as PyTorch lays them out.
using State = std::map<std::string, at::Tensor>;

template <class Model>
State state_of(Model& model) {
  State state;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    state[name.str()] = channels_first(as_it_lies(parameter.value)).clone().requires_grad_();
  });
  return state;
}

/// A parameter that the module may be without.
inline c10::optional<at::Tensor> optional(const State& state, const std::string& name) {
  const auto found = state.find(name);
  return found == state.end() ? c10::optional<at::Tensor>() : found->second;
}

template <class Model>
void compare_gradients(Model& model, const State& state) {
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    const at::Tensor gradient = state.at(name.str()).grad();
    const auto expected = gradient.defined() ? gradient : at::zeros_like(state.at(name.str()));
    compare_tensor("the gradient of " + name.str(), parameter.gradient, channels_last(expected));
  });
}

/// Compares a layer of one tensor with `reference(x, state)`. Where `features_second`, PyTorch has features second.
template <class Layer, class T, std::size_t Rank, class Reference>
void compare_layer(Layer& layer, const Tensor<T, Rank>& x, const Reference& reference, Draw& draw,
                   bool features_second = true) {
  const auto to_torch = [&](const at::Tensor& tensor) { return features_second ? channels_first(tensor) : tensor; };
  const auto from_torch = [&](const at::Tensor& tensor) { return features_second ? channels_last(tensor) : tensor; };
  const State state = state_of(layer);
  const at::Tensor expected_x = to_torch(as_it_lies(x)).clone().requires_grad_();
  const at::Tensor expected_y = reference(expected_x, state);

  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  compare_tensor("the output", y, from_torch(expected_y));
  const auto cotangent = draw.tensor<T>(y.shape());
  expected_y.backward(to_torch(as_it_lies(cotangent)));
  const auto dx = layer.backward(cotangent, context);
  compare_tensor("the gradient of the input", dx, from_torch(expected_x.grad()));
  compare_gradients(layer, state);
}

/// One layer, or loss, and how one random configuration of it is checked.
struct Agreement {
  std::string name;
  void (*check_double)(Draw&);
  void (*check_float)(Draw&);
};

using Agreements = std::vector<Agreement>;

void add_convolutions(Agreements& agreements);
void add_pooling(Agreements& agreements);
void add_normalizations(Agreements& agreements);
void add_dense(Agreements& agreements);
void add_activations(Agreements& agreements);
void add_recurrent(Agreements& agreements);
void add_losses(Agreements& agreements);

}  // namespace pupil::agreement
