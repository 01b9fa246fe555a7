// digits: trains a small network to read digits, and prints how well it does. Without arguments it draws the digits
// itself, as small noisy images; given a directory with the four files of MNIST (or Fashion-MNIST), unpacked, it learns
// those.

#include <iostream>

#include <torch/torch.h>

namespace F = torch::nn::functional;
namespace nn = torch::nn;
using torch::indexing::Slice;

namespace {

struct LabelledImages {
  torch::Tensor images;  // [count, 1, height, width]
  torch::Tensor labels;  // [count]
};

/// Ten digits of 3 x 5 dots, row after row.
char dots[] =
    "####.##.##.####.#.##..#..#.######..#####..######..####..#####.##.####..#..#"
    "####..###..########..####.#######..#.#..#..#.####.#####.########.####..####";

/// Digits of dots of 2 x 2 pixels somewhere in images of 12 x 12, brighter or darker, and noise.
LabelledImages draw_digits(int64_t count) {
  const auto small = (torch::from_blob(dots, {10, 5, 3}, torch::kChar) == '#').to(torch::kFloat);
  const auto digits = small.repeat_interleave(2, 1).repeat_interleave(2, 2);
  LabelledImages data{0.1 * torch::randn({count, 1, 12, 12}), torch::randint(10, {count}, torch::kLong)};
  for (int64_t n = 0; n < count; ++n) {
    const auto top = torch::randint(3, {}).item<int64_t>(), left = torch::randint(7, {}).item<int64_t>();
    data.images.index({n, 0, Slice(top, top + 10), Slice(left, left + 6)}) +=
        digits[data.labels[n]] * torch::empty({}).uniform_(0.5, 1);
  }
  return data;
}

LabelledImages read_mnist(const std::string& directory, torch::data::datasets::MNIST::Mode mode) {
  const torch::data::datasets::MNIST data(directory, mode);
  return {data.images(), data.targets()};
}

/// Two convolutions, each with a pooling behind it that halves the image, and a layer that tells ten classes apart.
nn::Sequential make_network(int64_t height, int64_t width) {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Conv2d(nn::Conv2dOptions(8, 16, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                        nn::Linear(16 * (height / 4) * (width / 4), 10));
}

void learn(const LabelledImages& train, const LabelledImages& test) {
  torch::manual_seed(1);
  auto net = make_network(train.images.size(2), train.images.size(3));
  std::cout << net << '\n';
  torch::optim::Adam adam(net->parameters(), 2e-3);
  torch::Tensor matrix, accuracy;
  for (int epoch = 1; epoch <= 4; ++epoch) {
    for (const auto& batch : torch::randperm(train.labels.size(0), torch::kLong).split(50)) {
      adam.zero_grad();
      F::cross_entropy(net->forward(train.images.index({batch})), train.labels.index({batch})).backward();
      adam.step();
    }
    torch::NoGradGuard no_grad;
    matrix = torch::zeros({10, 10}, torch::kLong);
    for (const auto& batch : torch::arange(test.labels.size(0)).split(500)) {
      const auto predicted = net->forward(test.images.index({batch})).argmax(1);
      matrix += torch::bincount(10 * test.labels.index({batch}) + predicted, {}, 100).view({10, 10});
    }
    accuracy = matrix.trace() / matrix.sum();
    std::cout << "epoch " << epoch << ": accuracy " << accuracy.item<float>() << '\n';
  }
  std::cout << matrix << "\naccuracy " << accuracy.item<float>() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    std::cerr << "usage: digits [MNIST_DIRECTORY]\n";
    return 2;
  }
  try {
    using Mode = torch::data::datasets::MNIST::Mode;
    if (argc == 2) {
      learn(read_mnist(argv[1], Mode::kTrain), read_mnist(argv[1], Mode::kTest));
    } else {
      torch::manual_seed(2);
      const auto train = draw_digits(4000);
      learn(train, draw_digits(1000));
    }
  } catch (const c10::Error& error) {
    std::cerr << "digits: " << error.what_without_backtrace() << '\n';
    return 2;
  }
}
