// torch_weights: runs a network of PyTorch's with its weights. In Python:
//
//   net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3))
//   safetensors.torch.save_file(net.state_dict(), "net.safetensors")
//   image = torch.arange(16).reshape(1, 1, 4, 4) / 16
//   print(net(image))
//
// `torch_weights net.safetensors` prints the same numbers. Without an argument it writes such a file first, with
// weights that are made up.

#include <cmath>
#include <filesystem>
#include <iostream>
#include <vector>

#include <pupil/pupil.hpp>

using namespace pupil;

namespace {

/// What PyTorch would save: its names, and its shapes, in which convolutions have [out, in, height, width].
void write_example(const std::filesystem::path& path) {
  const auto made_up = [](Index size) {
    std::vector<float> values;
    for (Index i = 0; i < size; ++i) values.push_back(static_cast<float>((7 * i + 3) % 11 - 5) / 8);
    return values;
  };
  const auto conv_weight = made_up(18), conv_bias = made_up(2), dense_weight = made_up(24), dense_bias = made_up(3);
  SafetensorsWriter file;
  file.set_metadata("format", "pt");
  file.add("0.weight", Shape{2, 1, 3, 3}, conv_weight.data());
  file.add("0.bias", Shape{2}, conv_bias.data());
  file.add("4.weight", Shape{3, 8}, dense_weight.data());
  file.add("4.bias", Shape{3}, dense_bias.data());
  file.write(path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    std::cerr << "usage: torch_weights [STATE_DICT.safetensors]\n";
    return 2;
  }
  try {
    const std::filesystem::path path = argc == 2 ? argv[1] : "torch_weights.safetensors";
    if (argc == 1) write_example(path);

    // The same layers in the same places, as parameters are known by these: "0.weight", "4.bias". PyTorch flattens
    // images whose channels come first, so the Dense layer behind wants its features in that order.
    Rng rng(0);
    Sequential net{Conv2d<float>({.in_channels = 1, .out_channels = 2, .kernel_size = 3, .padding = 1}, rng),
                   Relu<float>(), MaxPool2d<float>({.kernel_size = 2}), Flatten<float>({.channels_first = true}),
                   Dense<float>({.in_features = 8, .out_features = 3}, rng)};
    load_state_dict(path, net);

    // One image [batch, height, width, channels]; of one channel, PyTorch's [batch, channels, height, width] is the
    // same.
    Tensor<float, 4> image({1, 4, 4, 1});
    for (Index i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i) / 16;
    std::cout << net.forward(image) << '\n';
  } catch (const Error& error) {
    std::cerr << "torch_weights: " << error.what() << '\n';
    return 2;
  }
}
