#include <pupil/nn/add.hpp>
#include <pupil/nn/concat.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/residual.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

template <class T>
Conv2d<T> branch(Draw& draw, Index in_channels, Index out_channels) {
  const Index side = draw.between(0, 2);
  return Conv2d<T>({.in_channels = in_channels,
                    .out_channels = out_channels,
                    .kernel_size = 2 * side + 1,
                    .padding = side,
                    .bias = draw.coin()},
                   draw.rng());
}

/// What PyTorch makes of x by the convolution under that name.
at::Tensor convolved(const at::Tensor& x, const State& state, const std::string& name) {
  const at::Tensor& weight = state.at(name + ".weight");
  return at::conv2d(x, weight, optional(state, name + ".bias"), 1, weight.size(2) / 2);
}

template <class T>
Tensor<T, 4> images_for_branches(Draw& draw, Index channels) {
  return draw.tensor<T>(Shape{draw.between(1, 3), draw.between(1, 8), draw.between(1, 8), channels});
}

template <class T>
void check_residual(Draw& draw) {
  const Index in = draw.between(1, 9);
  const Index out = draw.between(1, 9);
  const auto x = images_for_branches<T>(draw, in);
  if (draw.coin()) {
    Residual layer{branch<T>(draw, in, in)};
    compare_layer(
        layer, x, [](const at::Tensor& input, const State& state) { return convolved(input, state, "inner") + input; },
        draw);
  } else {
    Residual layer{branch<T>(draw, in, out), branch<T>(draw, in, out)};
    compare_layer(
        layer, x,
        [](const at::Tensor& input, const State& state) {
          return convolved(input, state, "inner") + convolved(input, state, "shortcut");
        },
        draw);
  }
}

template <class T>
void check_add(Draw& draw) {
  const Index channels = draw.between(1, 9);
  Add layer{branch<T>(draw, channels, channels), Identity(), branch<T>(draw, channels, channels)};
  compare_layer(
      layer, images_for_branches<T>(draw, channels),
      [](const at::Tensor& input, const State& state) {
        return convolved(input, state, "0") + input + convolved(input, state, "2");
      },
      draw);
}

template <class T>
void check_concat(Draw& draw) {
  const Index channels = draw.between(1, 9);
  Concat layer{branch<T>(draw, channels, draw.between(1, 9)), Identity(),
               branch<T>(draw, channels, draw.between(1, 9))};
  compare_layer(
      layer, images_for_branches<T>(draw, channels),
      [](const at::Tensor& input, const State& state) {
        return at::cat({convolved(input, state, "0"), input, convolved(input, state, "2")}, 1);
      },
      draw);
}

}  // namespace

void add_branches(Agreements& agreements) {
  agreements.push_back({"add", check_add<double>, check_add<float>});
  agreements.push_back({"concat", check_concat<double>, check_concat<float>});
  agreements.push_back({"residual", check_residual<double>, check_residual<float>});
}

}  // namespace pupil::agreement
