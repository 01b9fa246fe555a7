// digits: trains a small network to read digits, and prints how well it does. Without arguments it draws the digits
// itself, as small noisy images; given the four files of MNIST (or Fashion-MNIST), unpacked, it learns those:
//
//   digits train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string_view>
#include <utility>

#include <pupil/pupil.hpp>

using namespace pupil;

namespace {

/// Ten digits of 3 x 5 dots, row after row.
constexpr std::array<std::string_view, 10> dots{
    "####.##.##.####", ".#.##..#..#.###", "###..#####..###", "###..####..####", "#.##.####..#..#",
    "####..###..####", "####..####.####", "###..#.#..#..#.", "####.#####.####", "####.####..####"};

/// A digit of dots of 2 x 2 pixels somewhere in an image of 12 x 12, brighter or darker, and noise.
std::pair<Tensor<float, 3>, std::int32_t> draw_digit(Rng& rng) {
  auto image = 0.1F * random_normal<float>(Shape{12, 12, 1}, rng);
  const Index digit = rng.below(10), top = rng.below(3), left = rng.below(7);
  const auto ink = rng.uniform<float>(0.5F, 1.0F);
  for (Index y = 0; y < 10; ++y) {
    for (Index x = 0; x < 6; ++x) {
      const auto dot = static_cast<std::size_t>(y / 2 * 3 + x / 2);
      if (dots[static_cast<std::size_t>(digit)][dot] == '#') image(top + y, left + x, 0) += ink;
    }
  }
  return {std::move(image), static_cast<std::int32_t>(digit)};
}

LabelledImages draw_digits(Index count, Rng& rng) {
  LabelledImages data{Tensor<float, 4>({count, 12, 12, 1}), Tensor<std::int32_t, 1>({count})};
  for (Index n = 0; n < count; ++n) {
    const auto [image, label] = draw_digit(rng);
    std::copy(image.begin(), image.end(), data.images.data() + n * image.size());
    data.labels[n] = label;
  }
  return data;
}

/// Two convolutions, each with a pooling behind it that halves the image, and a layer that tells ten classes apart.
auto make_network(Index height, Index width, Rng& rng) {
  return Sequential{Conv2d<float>({.in_channels = 1, .out_channels = 8, .kernel_size = 3, .padding = 1}, rng),
                    Relu<float>(),
                    MaxPool2d<float>({.kernel_size = 2}),
                    Conv2d<float>({.in_channels = 8, .out_channels = 16, .kernel_size = 3, .padding = 1}, rng),
                    Relu<float>(),
                    MaxPool2d<float>({.kernel_size = 2}),
                    Flatten<float>(),
                    Dense<float>({.in_features = 16 * (height / 4) * (width / 4), .out_features = 10}, rng)};
}

void learn(const LabelledImages& train, const LabelledImages& test) {
  Rng rng(1);
  auto net = make_network(train.images.dim(1), train.images.dim(2), rng);
  std::cout << summary(net, Shape{1, train.images.dim(1), train.images.dim(2), 1});
  Adam<float> adam({.learning_rate = 2e-3});
  const DataLoader batches(train, {.batch_size = 50, .shuffle = true, .drop_last = true});
  const DataLoader tests(test, {.batch_size = 500});
  ConfusionMatrix matrix(10);
  for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
    ProgressBar bar(batches.size(), message("epoch ", epoch + 1));
    for (auto& [images, labels] : batches.epoch(epoch)) {
      decltype(net)::Context context;
      auto loss = softmax_cross_entropy(net.forward(std::move(images), context), labels);
      net.backward_parameters(std::move(loss.gradient), context);
      adam.step(net);
      bar.advance(message("loss ", loss.value));
    }
    bar.clear();
    matrix = ConfusionMatrix(10);
    for (const auto& [images, labels] : tests.epoch()) matrix.add(net.forward(images), labels);
    std::cout << "epoch " << epoch + 1 << ": accuracy " << matrix.accuracy() << '\n';
  }
  std::cout << matrix << "accuracy " << matrix.accuracy() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 1 && argc != 5) {
    std::cerr << "usage: digits [TRAIN_IMAGES TRAIN_LABELS TEST_IMAGES TEST_LABELS]\n";
    return 2;
  }
  try {
    if (argc == 5) {
      learn(read_mnist(argv[1], argv[2]), read_mnist(argv[3], argv[4]));
    } else {
      Rng rng(2);
      const LabelledImages train = draw_digits(4000, rng);
      learn(train, draw_digits(1000, rng));
    }
  } catch (const Error& error) {
    std::cerr << "digits: " << error.what() << '\n';
    return 2;
  }
}
