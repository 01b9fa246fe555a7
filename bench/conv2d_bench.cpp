// Every convolution that ResNet-18 has, and depthwise ones of MobileNetV2.

#include <pupil/nn/conv2d.hpp>

#include "benchmarks.hpp"
#include "operations.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Conv2d = pupil::Conv2d<float>;

Conv2d make_conv2d(const Convolution& convolution, Rng& rng) {
  return Conv2d({.in_channels = convolution.in_channels,
                 .out_channels = convolution.out_channels,
                 .kernel_size = convolution.kernel_size,
                 .stride = convolution.stride,
                 .padding = convolution.kernel_size / 2,
                 .groups = convolution.groups,
                 .bias = false},
                rng);
}

Tensor<float, 4> make_conv2d_input(const Convolution& convolution, Index batch, Rng& rng) {
  return random_tensor(Shape{batch, convolution.in_size, convolution.in_size, convolution.in_channels}, rng);
}

/// As much work as `passes` forward passes.
Work work_of_conv2d(const Convolution& convolution, Index batch, int passes) {
  const auto images = static_cast<double>(batch);
  return {.operations = passes * images * convolution.operations(), .images = images};
}

void time_conv2d_forward(benchmark::State& state, const Convolution& convolution, Index batch) {
  Rng rng(1);
  Conv2d conv = make_conv2d(convolution, rng);
  time_forward(state, work_of_conv2d(convolution, batch, 1), conv, make_conv2d_input(convolution, batch, rng));
}

void time_conv2d_backward(benchmark::State& state, const Convolution& convolution, Index batch) {
  Rng rng(1);
  Conv2d conv = make_conv2d(convolution, rng);
  time_backward(state, work_of_conv2d(convolution, batch, 2), conv, make_conv2d_input(convolution, batch, rng), rng);
}

/// Without the gradient of the input, as a network's first layer is trained.
void time_backward_parameters(benchmark::State& state, const Convolution& convolution, Index batch) {
  Rng rng(1);
  Conv2d conv = make_conv2d(convolution, rng);
  Conv2d::Context context;
  auto dy = conv.forward(make_conv2d_input(convolution, batch, rng), context);
  pupil::fill_uniform(dy, 1.0F, rng);
  const auto no_input = [] { return 0; };
  const auto backward = [&](int) {
    conv.backward_parameters(dy, context);
    benchmark::ClobberMemory();
  };
  time_passes(state, work_of_conv2d(convolution, batch, 1), no_input, backward);
}

}  // namespace

void add_conv2d(Index batch) {
  const auto add_both = [=](const Convolution& each) {
    add("conv2d/forward/" + each.name(), [=](auto& state) { time_conv2d_forward(state, each, batch); });
    add("conv2d/backward/" + each.name(), [=](auto& state) { time_conv2d_backward(state, each, batch); });
  };
  for (const Convolution& each : resnet18_convolutions) add_both(each);
  for (const Convolution& each : mobilenet_v2_depthwise_convolutions) add_both(each);
  const Convolution& first = resnet18_convolutions.front();
  add("conv2d/backward_parameters/" + first.name(),
      [=](auto& state) { time_backward_parameters(state, first, batch); });
}

}  // namespace bench
