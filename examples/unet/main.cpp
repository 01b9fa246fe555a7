// unet: draws images of discs and squares, and trains a small U-Net to say of every pixel what it is part of.

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <iostream>

#include <pupil/pupil.hpp>

using namespace pupil;

constexpr Index side = 32;  // of an image, in pixels
constexpr Index kinds = 3;  // ground, disc, square

struct Scenes {
  Tensor<float, 4> images;         // [count, side, side, 3]
  Tensor<std::int32_t, 3> labels;  // [count, side, side]
};

/// Bright shapes of random places, sizes and colours on a darker ground, in noise: a pixel alone says nothing of its
/// shape.
Scenes draw(Index count, Rng& rng) {
  Scenes scenes{Tensor<float, 4>({count, side, side, 3}), Tensor<std::int32_t, 3>({count, side, side})};
  const auto paint = [&](Index n, std::int32_t label, const auto& is_inside) {
    const float darkest = label == 0 ? 0.0F : 0.6F, brightest = darkest + 0.4F;
    const std::array colour{rng.uniform(darkest, brightest), rng.uniform(darkest, brightest),
                            rng.uniform(darkest, brightest)};
    for (Index y = 0; y < side; ++y) {
      for (Index x = 0; x < side; ++x) {
        if (!is_inside(static_cast<float>(y), static_cast<float>(x))) continue;
        scenes.labels(n, y, x) = label;
        for (Index c = 0; c < 3; ++c)
          scenes.images(n, y, x, c) = colour[static_cast<std::size_t>(c)] + 0.1F * rng.normal<float>();
      }
    }
  };
  for (Index n = 0; n < count; ++n) {
    paint(n, 0, [](float, float) { return true; });
    for (Index shape = 0; shape < 2; ++shape) {
      const float radius = rng.uniform(5.0F, 9.0F);
      const float centre_y = rng.uniform(radius, side - radius), centre_x = rng.uniform(radius, side - radius);
      if (rng.below(2) == 0) {
        paint(n, 1, [=](float y, float x) { return std::hypot(y - centre_y, x - centre_x) < radius; });
      } else {
        paint(n, 2,
              [=](float y, float x) { return std::max(std::abs(y - centre_y), std::abs(x - centre_x)) < radius; });
      }
    }
  }
  return scenes;
}

/// Sees 3 x 3 pixels at a time, and gives each of them so many features.
auto block(Index in, Index out, Rng& rng) {
  return Sequential{
      Conv2d<float>({.in_channels = in, .out_channels = out, .kernel_size = 3, .padding = 1, .bias = false}, rng),
      BatchNorm2d<float>({.num_features = out, .momentum = 0.3}), Relu<float>()};
}

/// Each level sees the image at half the size, and what it makes of it comes back beside what it was given.
auto make_unet(Rng& rng) {
  const MaxPool2d<float> halve({.kernel_size = 2});
  const ConvTranspose2d<float> enlarge({.in_channels = 16, .out_channels = 8, .kernel_size = 2, .stride = 2}, rng);
  const Upsample2d<float> interpolate({.scale_factor = 2, .mode = UpsampleMode::bilinear});

  const Sequential lowest{halve, block(16, 32, rng), block(32, 32, rng), interpolate};
  const Sequential lower{halve, block(8, 16, rng), Concat{Identity(), lowest}, block(16 + 32, 16, rng), enlarge};
  return Sequential{block(3, 8, rng), Concat{Identity(), lower}, block(8 + 8, 8, rng),
                    Conv2d<float>({.in_channels = 8, .out_channels = kinds}, rng)};
}

/// Of discs and of squares, in the mean: pixels that are both found and there, by those that are either.
double intersection_over_union(const Tensor<std::int32_t, 3>& found, const Tensor<std::int32_t, 3>& labels) {
  double sum = 0;
  for (std::int32_t label = 1; label < kinds; ++label) {
    double both = 0, either = 0;
    for (Index i = 0; i < labels.size(); ++i) {
      both += found[i] == label && labels[i] == label ? 1 : 0;
      either += found[i] == label || labels[i] == label ? 1 : 0;
    }
    sum += both / either;
  }
  return sum / (kinds - 1);
}

int main() {
  Rng rng(1);
  auto net = make_unet(rng);
  constexpr Index steps = 150;
  const OneCycle schedule({.max_learning_rate = 0.01, .total_steps = steps});
  Adam<float> adam;
  const Scenes test = draw(64, rng);  // which are never trained on
  std::cout << summary(net, Shape{1, side, side, 3}) << '\n' << std::fixed << std::setprecision(3);

  for (Index step = 1; step <= steps; ++step) {
    const Scenes scenes = draw(16, rng);
    decltype(net)::Context context;
    auto loss = softmax_cross_entropy(net.forward(scenes.images, context), scenes.labels);
    net.backward_parameters(loss.gradient, context);
    adam.set_learning_rate(schedule.learning_rate(step - 1));
    adam.step(net);
    if (step % 25 != 0) continue;
    const double overlap = intersection_over_union(argmax(net.forward(test.images)), test.labels);
    std::cout << "step " << step << ": loss " << loss.value << ", intersection over union " << overlap << std::endl;
  }
}
