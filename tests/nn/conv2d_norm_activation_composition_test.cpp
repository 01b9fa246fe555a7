#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/conv2d_norm_activation.hpp>

#include "../support/gradient_check.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Convolution, norm, residual and activation, one after another.
template <class T>
struct Composition {
  Composition(const Conv2dNormActivationOptions& o, Rng& rng)
      : activation(o.activation),
        has_norm(o.norm),
        conv(o.conv, rng),
        norm({.num_features = o.conv.out_channels, .epsilon = o.epsilon, .frozen_statistics = o.frozen_statistics}) {}

  Tensor<T, 4> forward(const Tensor<T, 4>& x, const Tensor<T, 4>& residual) const {
    auto y = conv.forward(x);
    if (has_norm) y = norm.forward(y);
    kernels::add_to(y, residual);
    if (activation == Activation::relu) return relu.forward(std::move(y));
    return activation == Activation::relu6 ? relu6.forward(std::move(y)) : y;
  }

  Tensor<T, 4> forward(const Tensor<T, 4>& x, const Tensor<T, 4>& residual, bool) {
    auto y = conv.forward(x, conv_context);
    if (has_norm) y = norm.forward(std::move(y), norm_context);
    kernels::add_to(y, residual);
    if (activation == Activation::relu) return relu.forward(std::move(y), relu_context);
    return activation == Activation::relu6 ? relu6.forward(std::move(y), relu6_context) : y;
  }

  /// dx and the residual's gradient.
  std::pair<Tensor<T, 4>, Tensor<T, 4>> backward(Tensor<T, 4> dy) {
    if (activation == Activation::relu) dy = relu.backward(std::move(dy), relu_context);
    if (activation == Activation::relu6) dy = relu6.backward(std::move(dy), relu6_context);
    auto behind = has_norm ? norm.backward(dy, norm_context) : dy;
    return {conv.backward(behind, conv_context), dy};
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    conv.visit(visitor, name / "0");
    if (has_norm) norm.visit(visitor, name / "1");
  }

  Activation activation;
  bool has_norm;
  Conv2d<T> conv;
  BatchNorm2d<T> norm;
  Relu<T> relu;
  Relu6<T> relu6;
  typename Conv2d<T>::Context conv_context;
  typename BatchNorm2d<T>::Context norm_context;
  typename Relu<T>::Context relu_context;
  typename Relu6<T>::Context relu6_context;
};

/// Gives a model numbers of a seed of their own: statistics that a norm begins with would hide much.
template <class T, class Model>
void randomize(Model& model) {
  Rng rng(9);
  model.visit([&]<class Visited>(const Name& name, Visited& visited) {
    const auto draw = [&](auto& tensor) {
      for (T& number : tensor) number = static_cast<T>(rng.normal<double>());
      if (name.str().ends_with("running_var")) {
        for (T& number : tensor) number = number * number + static_cast<T>(0.1);
      }
    };
    if constexpr (requires { visited.gradient; }) {
      draw(visited.value);
    } else if constexpr (std::is_same_v<typename Visited::Scalar, T>) {
      draw(visited);
    }
  });
}

std::vector<Conv2dNormActivationOptions> all_kinds() {
  const Conv2dOptions plain{.in_channels = 16, .out_channels = 20, .kernel_size = 3, .padding = 1, .bias = false};
  const Conv2dOptions depthwise{.in_channels = 5, .out_channels = 5, .kernel_size = 3, .stride = 2, .groups = 5};
  return {{.conv = plain},
          {.conv = plain, .activation = Activation::none},
          {.conv = depthwise, .activation = Activation::relu6, .epsilon = 1e-3},
          {.conv = depthwise, .activation = Activation::relu, .frozen_statistics = true},
          {.conv = depthwise, .norm = false}};
}

Shape<4> input_shape(const Conv2dNormActivationOptions& options) { return {3, 9, 7, options.conv.in_channels}; }

}  // namespace

TEST_CASE("inference in one pass is convolution, norm, residual and activation one after another") {
  for (const auto& options : all_kinds()) {
    Rng rng(1);
    Rng same(1);
    Conv2dNormActivation<float> layer(options, rng);
    Composition<float> expected(options, same);
    randomize<float>(layer);
    randomize<float>(expected);
    const auto x = random_tensor<float>(input_shape(options), rng);
    const auto residual = random_tensor<float>(layer.output_shape(x.shape()), rng);
    CHECK(relative_difference(layer.forward(x, residual), expected.forward(x, residual)) < 1e-5);
    CHECK(relative_difference(layer.forward(x), expected.forward(x, Tensor<float, 4>(residual.shape()))) < 1e-5);
    check_thread_counts([&] { return layer.forward(x, residual); });
  }
}

TEST_CASE("training in fused passes is convolution, norm, residual and activation one after another") {
  for (const auto& options : all_kinds()) {
    Rng rng(2);
    Rng same(2);
    Conv2dNormActivation<double> layer(options, rng);
    Composition<double> expected(options, same);
    randomize<double>(layer);
    randomize<double>(expected);
    const auto x = random_tensor<double>(input_shape(options), rng);
    const auto residual = random_tensor<double>(layer.output_shape(x.shape()), rng);
    const auto dy = random_tensor<double>(residual.shape(), rng);

    const PoisonedMemory poison;
    typename Conv2dNormActivation<double>::Context context;
    CHECK(relative_difference(layer.forward(x, residual, context), expected.forward(x, residual, true)) < 1e-12);
    const auto [dx, d_residual] = layer.backward_with_residual(dy, context);
    const auto [expected_dx, expected_d_residual] = expected.backward(dy);
    CHECK(relative_difference(dx, expected_dx) < 1e-12);
    CHECK(d_residual == expected_d_residual);
    // Statistics have moved, and gradients were added to, in the same way.
    std::vector<double> actual_numbers;
    std::vector<double> expected_numbers;
    const auto list = [](auto& model, std::vector<double>& numbers) {
      model.visit([&](const Name&, auto& visited) {
        if constexpr (requires { visited.gradient; }) {
          numbers.insert(numbers.end(), visited.gradient.begin(), visited.gradient.end());
        } else {
          for (const auto number : visited) numbers.push_back(static_cast<double>(number));
        }
      });
    };
    list(layer, actual_numbers);
    list(expected, expected_numbers);
    REQUIRE(actual_numbers.size() == expected_numbers.size());
    for (std::size_t i = 0; i < actual_numbers.size(); ++i) {
      CHECK(actual_numbers[i] == doctest::Approx(expected_numbers[i]).epsilon(1e-10));
    }
  }
}
