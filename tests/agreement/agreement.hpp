#pragma once
// Random agreement with LibTorch: a layer of a random configuration and PyTorch's function of the same parameters get
// the same input and the same cotangent, and must give the same output and the same gradients.
//
// PyTorch computes in double; a layer of float is compared with what that gives for the same floats.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
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

/// PyTorch's tensors under names: a module's parameters under theirs, and whatever else goes into a function or comes
/// out.
using State = std::map<std::string, at::Tensor>;

/// A module's parameters, as PyTorch lays them out.
template <class Model>
State state_of(Model& model) {
  State state;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    state[name.str()] = channels_first(as_it_lies(parameter.value)).clone();
  });
  return state;
}

/// A parameter that the module may be without.
inline c10::optional<at::Tensor> optional(const State& state, const std::string& name) {
  const auto found = state.find(name);
  return found == state.end() ? c10::optional<at::Tensor>() : found->second;
}

/// PyTorch's half of a comparison: the outputs of a function, and the gradients of everything that went in.
///
/// A tensor agrees where no number is further from PyTorch's in double than `tolerance` times the largest. In float,
/// terms larger than their sum may have left it with fewer right digits, and 1 - y^2 has no more of them than the last
/// bits of 1 give. So there a tensor also agrees where it is not further off than a small multiple of
///
///   - the most that PyTorch's own numbers in float are off when all that goes in is changed by about its last bit, a
///     few times over, which finds sums that cancel, and steps on the way that lose digits,
///   - and, for a gradient, the last bit of the largest cotangent.
///
/// Double, in which every second configuration is computed, is forgiven nothing, and finds wrong formulas.
template <class T>
class Twin {
 public:
  using Function = std::function<State(const State&)>;

  /// `function` maps the inputs to the outputs that the cotangents have the names of.
  Twin(State inputs, State cotangents, Function function, const Rng& rng)
      : inputs_(std::move(inputs)),
        cotangents_(std::move(cotangents)),
        function_(std::move(function)),
        rng_(rng),
        expected_(evaluate(inputs_, cotangents_)) {}

  /// Throws Error, saying which and by how much, where a tensor is not PyTorch's: an output, under its name, or "the
  /// gradient of " an input. Where `features_second`, PyTorch has features second.
  template <std::size_t Rank>
  void compare(const std::string& what, const Tensor<T, Rank>& actual, bool features_second = false) const {
    const at::Tensor expected = features_second ? channels_last(expected_.at(what)) : expected_.at(what);
    const at::IntArrayRef shape(actual.shape().dims.data(), Rank);
    require<Error>(expected.sizes() == shape, what, " is ", actual.shape(), ", PyTorch's has other extents");
    if (actual.empty()) return;
    const double difference = largest(as_it_lies(actual) - expected);
    if (difference <= tolerance * std::max(largest(expected), 1e-3)) return;
    const double forgiven = std::is_same_v<T, float> ? last_bits_allowed * loss_of_digits(what) : 0;
    require<Error>(difference <= forgiven, what, " differs from PyTorch's by ", difference, ", where the largest is ",
                   largest(expected), " and the loss of digits excuses ", forgiven);
  }

 private:
  static constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-10;
  static constexpr double last_bits_allowed = 4;
  static constexpr double last_bit = std::numeric_limits<float>::epsilon();
  static constexpr int changes = 8;
  static inline const std::string gradient_of = "the gradient of ";

  static double largest(const at::Tensor& tensor) { return tensor.abs().max().template item<double>(); }

  /// All outputs and all gradients, computed in the type of the inputs.
  State evaluate(const State& inputs, const State& cotangents) const {
    State leaves;
    for (const auto& [name, value] : inputs) leaves[name] = value.detach().requires_grad_();
    State results = function_(leaves);
    at::Tensor sum = at::zeros({});
    for (const auto& [name, cotangent] : cotangents) {
      const at::Tensor& output = results.at(name);
      require<Error>(output.sizes() == cotangent.sizes(), name, " has other extents than PyTorch's");
      sum = sum + (output * cotangent).sum();
    }
    sum.backward();
    for (const auto& [name, leaf] : leaves) {
      results[gradient_of + name] = leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf);
    }
    return results;
  }

  double loss_of_digits(const std::string& what) const {
    Rng rng = rng_;
    double loss = 0;
    for (int i = 0; i < changes; ++i) {
      const State inputs = changed(inputs_, rng);
      loss = std::max(loss, largest(evaluate(inputs, changed(cotangents_, rng)).at(what) - expected_.at(what)));
    }
    if (!what.starts_with(gradient_of)) return loss;
    double largest_cotangent = 0;
    for (const auto& [name, cotangent] : cotangents_) {
      largest_cotangent = std::max(largest_cotangent, largest(cotangent));
    }
    return loss + last_bit * largest_cotangent;
  }

  static State changed(const State& state, Rng& rng) {
    State result;
    for (const auto& [name, value] : state) {
      at::Tensor factors = at::empty(value.sizes(), at::kDouble);
      for (std::int64_t i = 0; i < factors.numel(); ++i) {
        factors.data_ptr<double>()[i] = 1 + last_bit * rng.normal<double>();
      }
      result[name] = (value * factors).to(at::kFloat);
    }
    return result;
  }

  State inputs_;
  State cotangents_;
  Function function_;
  Rng rng_;
  State expected_;
};

template <class Model, class T>
void compare_gradients(Model& model, const Twin<T>& twin) {
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    twin.compare("the gradient of " + name.str(), parameter.gradient, true);
  });
}

/// Compares a layer of one tensor with `reference(x, state)`. Where `features_second`, PyTorch has features second.
template <class Layer, class T, std::size_t Rank, class Reference>
void compare_layer(Layer& layer, const Tensor<T, Rank>& x, const Reference& reference, Draw& draw,
                   bool features_second = true) {
  const auto to_torch = [&](const at::Tensor& tensor) { return features_second ? channels_first(tensor) : tensor; };
  State inputs = state_of(layer);
  inputs["the input"] = to_torch(as_it_lies(x));
  typename Layer::Context context;
  const auto y = layer.forward(x, context);
  const auto cotangent = draw.tensor<T>(y.shape());
  const auto dx = layer.backward(cotangent, context);

  const Twin<T> twin(
      std::move(inputs), {{"the output", to_torch(as_it_lies(cotangent))}},
      [&](const State& state) {
        return State{{"the output", reference(state.at("the input"), state)}};
      },
      draw.rng());
  twin.compare("the output", y, features_second);
  twin.compare("the gradient of the input", dx, features_second);
  compare_gradients(layer, twin);
}

/// One layer, or loss, and how one random configuration of it is checked.
struct Agreement {
  std::string name;
  void (*check_double)(Draw&);
  void (*check_float)(Draw&);
};

using Agreements = std::vector<Agreement>;

void add_branches(Agreements& agreements);
void add_convolutions(Agreements& agreements);
void add_pooling(Agreements& agreements);
void add_resampling(Agreements& agreements);
void add_normalizations(Agreements& agreements);
void add_dense(Agreements& agreements);
void add_activations(Agreements& agreements);
void add_recurrent(Agreements& agreements);
void add_attention(Agreements& agreements);
void add_losses(Agreements& agreements);

}  // namespace pupil::agreement
