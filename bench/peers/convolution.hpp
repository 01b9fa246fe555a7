#pragma once
// One convolution of a network, its three passes apart, and pupil's side of comparisons of them.

#include <array>
#include <memory>
#include <string>

#include <pupil/kernels/conv/conv2d.hpp>

#include "../operations.hpp"
#include "comparison.hpp"

namespace bench {

enum class ConvolutionPass { forward, backward_data, backward_weights };

inline constexpr std::array<ConvolutionPass, 3> convolution_passes{
    ConvolutionPass::forward, ConvolutionPass::backward_data, ConvolutionPass::backward_weights};

inline std::string name_of(ConvolutionPass pass) {
  constexpr std::array<const char*, 3> names{"forward", "backward_data", "backward_weights"};
  return names[static_cast<std::size_t>(pass)];
}

/// The tensors that both sides read: images, weights, and the gradient of the output.
struct ConvolutionProblem {
  ConvolutionProblem(const Convolution& convolution, Index batch)
      : shape{.batch = batch,
              .height = convolution.in_size,
              .width = convolution.in_size,
              .in_channels = convolution.in_channels,
              .out_height = convolution.out_size(),
              .out_width = convolution.out_size(),
              .out_channels = convolution.out_channels,
              .kernel = convolution.kernel_size,
              .stride = convolution.stride,
              .dilation = 1,
              .padding = convolution.kernel_size / 2,
              .groups = 1} {
    Rng rng(1);
    x = random_tensor(Shape<4>{batch, shape.height, shape.width, shape.in_channels}, rng);
    dy = random_tensor(Shape<4>{batch, shape.out_height, shape.out_width, shape.out_channels}, rng);
    weight =
        random_tensor(Shape<4>{shape.out_channels, shape.kernel.height, shape.kernel.width, shape.in_channels}, rng);
  }

  pupil::kernels::ConvShape shape;
  Tensor<float, 4> x, dy, weight;
};

/// Every pass reads two of the three tensors, and writes one of the size of the third.
inline Work work_of(const Convolution& convolution, Index batch) {
  const auto images = static_cast<double>(batch);
  const auto floats = [](Index size, Index channels) { return static_cast<double>(size * size * channels); };
  const double numbers = images * (floats(convolution.in_size, convolution.in_channels) +
                                   floats(convolution.out_size(), convolution.out_channels)) +
                         floats(convolution.kernel_size, convolution.in_channels * convolution.out_channels);
  return {.operations = images * convolution.operations(),
          .bytes = static_cast<double>(sizeof(float)) * numbers,
          .images = images};
}

/// Whom pupil is compared with at a convolution.
struct Opponent {
  std::string peer;
  pupil::Precision precision = pupil::Precision::highest;  ///< of pupil's side
  double tolerance = 1e-4;
  bool packs_beforehand = false;  ///< has its weights as it reads them; then pupil's forward pass has so too
};

inline Contender pupil_convolution(std::shared_ptr<const ConvolutionProblem> problem, ConvolutionPass pass,
                                   const Opponent& opponent) {
  const auto result =
      std::make_shared<Tensor<float, 4>>(pass == ConvolutionPass::forward         ? problem->dy.shape()
                                         : pass == ConvolutionPass::backward_data ? problem->x.shape()
                                                                                  : problem->weight.shape());
  const auto packed = std::make_shared<pupil::kernels::PackedFilters<float>>();
  if (opponent.packs_beforehand && pass == ConvolutionPass::forward) {
    const pupil::PrecisionScope precision(opponent.precision);
    *packed = pupil::kernels::PackedFilters<float>(problem->shape, problem->weight.data());
  }
  const auto run = [=] {
    const auto& [shape, x, dy, weight] = *problem;
    if (pass == ConvolutionPass::forward) {
      pupil::kernels::conv2d_forward<float>(shape, x.data(), weight.data(), nullptr, result->data(), nullptr, *packed);
    } else if (pass == ConvolutionPass::backward_data) {
      pupil::kernels::conv2d_input_gradient(shape, dy.data(), weight.data(), result->data());
    } else {
      pupil::kernels::conv2d_weight_gradient(shape, x.data(), dy.data(), result->data());
    }
  };
  return {.run = run, .results = [=] { return Results{values_of(*result)}; }};
}

/// The comparison of one pass; its benchmark begins with `make_peer(problem)`.
template <class MakePeer>
void add_convolution_comparison(const Convolution& convolution, Index batch, ConvolutionPass pass,
                                const Opponent& opponent, const MakePeer& make_peer) {
  add_comparison({.workload = "conv2d_" + convolution.name(),
                  .pass = name_of(pass),
                  .precision = opponent.precision,
                  .peer = opponent.peer,
                  .work = work_of(convolution, batch),
                  .tolerance = opponent.tolerance},
                 [=] {
                   const auto problem = std::make_shared<const ConvolutionProblem>(convolution, batch);
                   return Contenders{pupil_convolution(problem, pass, opponent), make_peer(problem)};
                 });
}

}  // namespace bench
