// unet: draws images of discs and squares, and trains a small U-Net to say of every pixel what it is part of.

#include <cmath>
#include <iomanip>
#include <iostream>
#include <numbers>

#include <torch/torch.h>

namespace F = torch::nn::functional;
namespace nn = torch::nn;
using torch::Tensor;

constexpr int64_t side = 32;  // of an image, in pixels
constexpr int64_t kinds = 3;  // ground, disc, square

struct Scenes {
  Tensor images;  // [count, 3, side, side]
  Tensor labels;  // [count, side, side]
};

float uniform(double low, double high) { return torch::empty({}).uniform_(low, high).item<float>(); }

/// Bright shapes of random places, sizes and colours on a darker ground, in noise: a pixel alone says nothing of its
/// shape.
Scenes draw(int64_t count) {
  Scenes scenes{torch::empty({count, 3, side, side}), torch::empty({count, side, side}, torch::kLong)};
  const auto paint = [&](int64_t n, int64_t label, const Tensor& inside) {
    const double darkest = label == 0 ? 0 : 0.6;
    const auto colour = torch::empty({3, 1, 1}).uniform_(darkest, darkest + 0.4);
    scenes.images[n] = torch::where(inside, colour + 0.1 * torch::randn({3, side, side}), scenes.images[n]);
    scenes.labels[n].masked_fill_(inside, label);
  };
  for (int64_t n = 0; n < count; ++n) {
    paint(n, 0, torch::ones({side, side}, torch::kBool));
    for (int shape = 0; shape < 2; ++shape) {
      const float radius = uniform(5, 9);
      const auto y = torch::arange(side).unsqueeze(1) - uniform(radius, side - radius);
      const auto x = torch::arange(side) - uniform(radius, side - radius);
      if (uniform(0, 1) < 0.5) {
        paint(n, 1, torch::hypot(y, x) < radius);
      } else {
        paint(n, 2, torch::maximum(y.abs(), x.abs()) < radius);
      }
    }
  }
  return scenes;
}

/// Sees 3 x 3 pixels at a time, and gives each of them so many features.
nn::Sequential block(int64_t in, int64_t out) {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(false)),
                        nn::BatchNorm2d(nn::BatchNorm2dOptions(out).momentum(0.3)), nn::ReLU());
}

/// Each level sees the image at half the size, and what it makes of it comes back beside what it was given.
struct UNet : nn::Module {
  Tensor forward(const Tensor& image) {
    const auto full = down1->forward(image), half = down2->forward(halve(full));
    const auto lowest = interpolate(down4->forward(down3->forward(halve(half))));
    const auto lower = enlarge(up2->forward(torch::cat({half, lowest}, 1)));
    return classify(up1->forward(torch::cat({full, lower}, 1)));
  }

  nn::MaxPool2d halve{2};
  nn::Upsample interpolate{
      nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kBilinear).align_corners(false)};
  nn::Sequential down1 = register_module("down1", block(3, 8));
  nn::Sequential down2 = register_module("down2", block(8, 16));
  nn::Sequential down3 = register_module("down3", block(16, 32));
  nn::Sequential down4 = register_module("down4", block(32, 32));
  nn::Sequential up2 = register_module("up2", block(16 + 32, 16));
  nn::ConvTranspose2d enlarge =
      register_module("enlarge", nn::ConvTranspose2d(nn::ConvTranspose2dOptions(16, 8, 2).stride(2)));
  nn::Sequential up1 = register_module("up1", block(8 + 8, 8));
  nn::Conv2d classify = register_module("classify", nn::Conv2d(8, kinds, 1));
};

/// The learning rate of a step, as PyTorch's OneCycleLR has it in Python.
double one_cycle(double highest, double step, double steps) {
  const double first = highest / 25, last = first / 1e4, peak = 0.3 * steps - 1;
  const auto between = [](double begin, double end, double part) {
    return end + (begin - end) * (1 + std::cos(std::numbers::pi * part)) / 2;
  };
  return step < peak ? between(first, highest, step / peak)
                     : between(highest, last, (step - peak) / (steps - 1 - peak));
}

/// Of discs and of squares, in the mean: pixels that are both found and there, by those that are either.
double intersection_over_union(const Tensor& found, const Tensor& labels) {
  double sum = 0;
  for (int64_t label = 1; label < kinds; ++label) {
    const auto is_found = found == label, is_there = labels == label;
    sum += ((is_found & is_there).sum() / (is_found | is_there).sum()).item<double>();
  }
  return sum / (kinds - 1);
}

int main() {
  torch::manual_seed(1);
  UNet net;
  constexpr int steps = 150;
  torch::optim::Adam adam(net.parameters());
  const auto test = draw(64);  // which are never trained on
  std::cout << net << '\n' << std::fixed << std::setprecision(3);

  for (int step = 1; step <= steps; ++step) {
    const auto scenes = draw(16);
    adam.zero_grad();
    const auto loss = F::cross_entropy(net.forward(scenes.images), scenes.labels);
    loss.backward();
    adam.param_groups()[0].options().set_lr(one_cycle(0.01, step - 1, steps));
    adam.step();
    if (step % 25 != 0) continue;
    torch::NoGradGuard no_grad;
    net.eval();
    const double overlap = intersection_over_union(net.forward(test.images).argmax(1), test.labels);
    net.train();
    std::cout << "step " << step << ": loss " << loss.item<float>() << ", intersection over union " << overlap
              << std::endl;
  }
}
