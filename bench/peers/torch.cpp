// LibTorch: convolutions of images in its channels-last format, with its own choice of kernels, and the LSTM.

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "comparison.hpp"
#include "convolution.hpp"
#include "lstm.hpp"
#include "peers.hpp"

namespace bench {

namespace {

/// Images or weights that lie with the channels last, as PyTorch sees them: channels second, without a copy.
at::Tensor channels_last(const Tensor<float, 4>& tensor) {
  const auto [n, h, w, c] = tensor.shape().dims;
  return at::from_blob(const_cast<float*>(tensor.data()), {n, c, h, w}, {h * w * c, 1, w * c, c});
}

template <std::size_t Rank>
at::Tensor as_it_lies(const Tensor<float, Rank>& tensor) {
  return at::from_blob(const_cast<float*>(tensor.data()), at::IntArrayRef(tensor.shape().dims.data(), Rank));
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().contiguous();
  return {plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()};
}

std::vector<float> channels_last_values_of(const at::Tensor& tensor) { return values_of(tensor.permute({0, 2, 3, 1})); }

Contender torch_convolution(const std::shared_ptr<const ConvolutionProblem>& problem, ConvolutionPass pass) {
  const auto& shape = problem->shape;
  const std::vector<std::int64_t> stride{shape.stride.height, shape.stride.width};
  const std::vector<std::int64_t> padding{shape.padding.top, shape.padding.left};
  const std::vector<std::int64_t> dilation{1, 1};
  const std::vector<std::int64_t> zeros{0, 0};
  const at::Tensor x = channels_last(problem->x);
  const at::Tensor weight = channels_last(problem->weight);
  const at::Tensor dy = channels_last(problem->dy);
  const auto result = std::make_shared<at::Tensor>();
  const auto run = [=] {
    const at::NoGradGuard no_graph;
    if (pass == ConvolutionPass::forward) {
      *result = at::conv2d(x, weight, {}, stride, padding);
      return;
    }
    const std::array<bool, 3> wanted{pass == ConvolutionPass::backward_data, pass == ConvolutionPass::backward_weights,
                                     false};
    auto [dx, dw, no_bias] =
        at::convolution_backward(dy, x, weight, at::nullopt, stride, padding, dilation, false, zeros, 1, wanted);
    *result = pass == ConvolutionPass::backward_data ? dx : dw;
  };
  return {.run = run, .results = [=] { return Results{channels_last_values_of(*result)}; }};
}

Contender torch_lstm(const std::shared_ptr<LstmProblem>& problem) {
  std::vector<at::Tensor> leaves{as_it_lies(problem->x)};
  pupil::for_each_parameter(problem->lstm,
                            [&](const auto&, auto& parameter) { leaves.push_back(as_it_lies(parameter.value)); });
  for (at::Tensor& leaf : leaves) leaf.set_requires_grad(true);
  const std::vector<at::Tensor> weights(leaves.begin() + 1, leaves.end());
  const at::Tensor zeros = at::zeros({1, problem->x.dim(1), sizes::hidden});
  const at::Tensor dy = as_it_lies(problem->dy.output);
  const auto y = std::make_shared<at::Tensor>();
  const auto run = [=] {
    for (const at::Tensor& leaf : leaves) leaf.mutable_grad().reset();
    *y = std::get<0>(at::lstm(leaves[0], {zeros, zeros}, weights, true, 1, 0.0, true, false, false));
    y->backward(dy);
  };
  const auto results = [=] {
    Results all{values_of(*y)};
    for (const at::Tensor& leaf : leaves) all.push_back(values_of(leaf.grad()));
    return all;
  };
  return {.run = run, .results = results};
}

}  // namespace

void add_torch_comparisons(Index images, Index captions, int threads) {
  at::set_num_threads(threads);
  for (const Convolution& each : resnet18_convolutions) {
    if (each.kernel_size == 3) continue;  // oneDNN's, which LibTorch calls for all of them
    for (const ConvolutionPass pass : convolution_passes) {
      add_convolution_comparison(each, images, pass, {.peer = "LibTorch"},
                                 [=](const auto& problem) { return torch_convolution(problem, pass); });
    }
  }
  add_lstm_comparison(captions, "LibTorch", torch_lstm);
}

}  // namespace bench
