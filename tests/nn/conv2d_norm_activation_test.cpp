#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/conv2d_norm_activation.hpp>

#include "../support/files.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Of `x` and `residual` in one tensor, x before residual, so that both gradients are checked.
struct WithResidual {
  struct Context {
    Conv2dNormActivation<double>::Context layer;
  };

  Tensor<double, 4> forward(const Tensor<double, 4>& both, Context& context) {
    auto [x, residual] = split(both);
    return layer.forward(std::move(x), residual, context.layer);
  }

  Tensor<double, 4> backward(Tensor<double, 4> dy, const Context& context) {
    const auto [dx, d_residual] = layer.backward_with_residual(std::move(dy), context.layer);
    auto both = Tensor<double, 4>::uninitialized({2 * dx.dim(0), dx.dim(1), dx.dim(2), dx.dim(3)});
    std::copy(dx.begin(), dx.end(), both.begin());
    std::copy(d_residual.begin(), d_residual.end(), both.begin() + dx.size());
    return both;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layer.visit(visitor, name);
  }

  static std::pair<Tensor<double, 4>, Tensor<double, 4>> split(const Tensor<double, 4>& both) {
    const Shape<4> half{both.dim(0) / 2, both.dim(1), both.dim(2), both.dim(3)};
    auto x = Tensor<double, 4>::uninitialized(half);
    auto residual = Tensor<double, 4>::uninitialized(half);
    std::copy_n(both.begin(), x.size(), x.begin());
    std::copy_n(both.begin() + x.size(), x.size(), residual.begin());
    return {std::move(x), std::move(residual)};
  }

  Conv2dNormActivation<double> layer;
};

Conv2dNormActivationOptions tiny(Activation activation, bool norm = true, bool frozen_statistics = false) {
  return {.conv = {.in_channels = 3, .out_channels = 3, .kernel_size = 3, .padding = 1, .bias = !norm},
          .norm = norm,
          .activation = activation,
          .frozen_statistics = frozen_statistics};
}

}  // namespace

TEST_CASE("gradients of convolution, norm and activation agree with differences, with and without a residual") {
  for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6}) {
    for (const bool norm : {true, false}) {
      CAPTURE(static_cast<int>(activation));
      CAPTURE(norm);
      Rng rng(1);
      const Conv2dNormActivation<double> layer(tiny(activation, norm), rng);
      const GradientCheckOptions options{.step = 1e-6, .tolerance = 2e-6, .most_elements = 40};
      check_gradients(layer, random_tensor<double>(Shape{2, 4, 5, 3}, rng), rng, options);
      check_gradients(WithResidual{layer}, random_tensor<double>(Shape{4, 4, 5, 3}, rng), rng, options);
    }
  }
}

TEST_CASE("gradients agree with differences where statistics are frozen, which then stay") {
  Rng rng(2);
  Conv2dNormActivation<double> layer(tiny(Activation::relu, true, true), rng);
  for_each_buffer(layer, [](const Name&, auto& buffer) {
    for (Index i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<std::remove_cvref_t<decltype(buffer[0])>>(i + 1);
  });
  const auto x = random_tensor<double>(Shape{1, 4, 5, 3}, rng);
  check_gradients(layer, x, rng, {.step = 1e-6, .tolerance = 2e-6});
  const auto before = layer.forward(x);
  Conv2dNormActivation<double>::Context context;
  CHECK(relative_difference(layer.forward(x, context), before) < 1e-14);
  CHECK(layer.forward(x) == before);
}

TEST_CASE("inference adds the residual before the activation") {
  Rng rng(3);
  const Conv2dNormActivation<float> layer(tiny(Activation::relu6), rng);
  const Conv2dNormActivation<float> linear = [&] {
    Rng same(3);
    return Conv2dNormActivation<float>(tiny(Activation::none), same);
  }();
  const auto x = random_tensor<float>(Shape{2, 4, 4, 3}, rng);
  const auto residual = random_tensor<float>(Shape{2, 4, 4, 3}, rng);
  const auto y = layer.forward(x, residual);
  const auto sum = linear.forward(x);
  for (Index i = 0; i < y.size(); ++i) REQUIRE(y[i] == std::clamp(sum[i] + residual[i], 0.0F, 6.0F));
}

TEST_CASE("backward_parameters gives the parameters the gradients of backward") {
  Rng rng(4);
  Conv2dNormActivation<float> whole(tiny(Activation::relu), rng);
  auto spared = whole;
  const auto x = random_tensor<float>(Shape{2, 4, 4, 3}, rng);
  const auto dy = random_tensor<float>(Shape{2, 4, 4, 3}, rng);
  Conv2dNormActivation<float>::Context context;
  whole.forward(x, context);
  whole.backward(dy, context);
  spared.backward_parameters(dy, context);
  for_each_parameter(whole, [&](const Name& name, auto& expected) {
    for_each_parameter(spared, [&](const Name& other, auto& parameter) {
      if constexpr (std::is_same_v<decltype(expected), decltype(parameter)>) {
        if (name.str() == other.str()) CHECK(parameter.gradient == expected.gradient);
      }
    });
  });
}

TEST_CASE("a residual of another shape is refused") {
  Rng rng(5);
  const Conv2dNormActivation<float> layer(tiny(Activation::relu), rng);
  CHECK(contains(error_of<ShapeError>([&] {
                   layer.forward(Tensor<float, 4>({1, 4, 4, 3}), Tensor<float, 4>({1, 4, 3, 3}));
                 }),
                 "[1, 4, 3, 3]"));
}
