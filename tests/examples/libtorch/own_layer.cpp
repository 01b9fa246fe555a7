// own_layer: a layer and a loss that the library does not have, their gradients checked, and a regression with them.

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <torch/torch.h>

namespace nn = torch::nn;
using torch::Tensor;

namespace {

/// y = x sigmoid(b x), with a number b for each feature that is learned. Ramachandran, Zoph and Le, "Searching for
/// activation functions", 2017, call it Swish.
struct SwishImpl : nn::Module {
  explicit SwishImpl(int64_t features) : slope(register_parameter("slope", torch::ones(features))) {}

  Tensor forward(const Tensor& x) {
    TORCH_CHECK(x.size(-1) == slope.size(0), "swish: input has ", x.size(-1), " features, the layer was made for ",
                slope.size(0));
    return x * torch::sigmoid(slope * x);
  }

  Tensor slope;
};
TORCH_MODULE(Swish);

/// The mean of ln cosh(prediction - target), a square near 0 and a magnitude far from it.
Tensor log_cosh(const Tensor& predictions, const Tensor& targets) {
  return (predictions - targets).cosh().log().mean();
}

/// Whether the gradients of a sum of f with respect to some tensors are what central differences say.
bool gradient_check(const std::string& name, const std::function<Tensor()>& f, const std::vector<Tensor>& inputs) {
  const double step = 1e-5;
  double worst = 0;
  const auto gradients = torch::autograd::grad({f().sum()}, inputs);
  torch::NoGradGuard no_grad;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const auto values = inputs[k].view(-1), gradient = gradients[k].reshape(-1);
    for (int64_t i = 0; i < values.numel(); ++i) {
      values[i] += step;
      const auto above = f().sum();
      values[i] -= 2 * step;
      const auto slope = (above - f().sum()) / (2 * step);
      values[i] += step;
      worst = std::max(worst, (slope - gradient[i]).abs().item<double>());
    }
  }
  std::cout << name << ": largest error of a gradient " << worst << '\n';
  return worst < 1e-7;
}

}  // namespace

int main() {
  // In double, as differences need it.
  const auto some_rows = torch::tensor({{0.5, -1.0, 2.0}, {-0.25, 3.0, 0.0}}, torch::kDouble).requires_grad_();
  const auto targets = 0.5 * some_rows.detach();
  Swish swish(3);
  swish->to(torch::kDouble);
  const bool layer_check = gradient_check("swish", [&] { return swish(some_rows); }, {some_rows, swish->slope});
  const bool loss_check = gradient_check("log_cosh", [&] { return log_cosh(some_rows, targets); }, {some_rows});

  // A curve to learn: y = sin(3 x) from -1 to 1.
  const auto x = torch::arange(200).unsqueeze(1) / 100 - 1, y = torch::sin(3 * x);

  torch::manual_seed(1);
  nn::Sequential net(nn::Linear(1, 16), Swish(16), nn::Linear(16, 1));
  torch::optim::Adam adam(net->parameters(), 0.02);
  for (int step = 0; step < 1000; ++step) {
    adam.zero_grad();
    log_cosh(net->forward(x), y).backward();
    adam.step();
  }
  std::cout << "loss " << log_cosh(net->forward(x), y).item<float>() << '\n';
  return layer_check && loss_check ? 0 : 1;
}
