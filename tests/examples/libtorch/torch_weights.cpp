// torch_weights: runs a network of PyTorch's with its weights. In Python:
//
//   net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3))
//   torch.save(dict(net.state_dict()), "net.pt")
//   image = torch.arange(16).reshape(1, 1, 4, 4) / 16
//   print(net(image))
//
// `torch_weights net.pt` prints the same numbers. Without an argument it writes such a file first, with weights that
// are made up.

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <torch/torch.h>

namespace nn = torch::nn;

namespace {

/// What PyTorch would save: its names, and its shapes.
void write_example(const std::string& path) {
  const auto made_up = [](at::IntArrayRef shape) {
    return (((7 * torch::arange(c10::multiply_integers(shape)) + 3) % 11 - 5) / 8.0).view(shape);
  };
  c10::Dict<std::string, torch::Tensor> weights;
  weights.insert("0.weight", made_up({2, 1, 3, 3}));
  weights.insert("0.bias", made_up({2}));
  weights.insert("4.weight", made_up({3, 8}));
  weights.insert("4.bias", made_up({3}));
  const auto bytes = torch::pickle_save(weights);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void load_state_dict(const std::string& path, nn::Module& net) {
  std::ifstream file(path, std::ios::binary);
  TORCH_CHECK(file, "cannot open ", path);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto weights = torch::pickle_load(bytes).toGenericDict();
  torch::NoGradGuard no_grad;
  for (auto& parameter : net.named_parameters()) {
    TORCH_CHECK(weights.contains(parameter.key()), path, " has no ", parameter.key());
    parameter.value().copy_(weights.at(parameter.key()).toTensor());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) {
    std::cerr << "usage: torch_weights [STATE_DICT.pt]\n";
    return 2;
  }
  try {
    const std::string path = argc == 2 ? argv[1] : "torch_weights.pt";
    if (argc == 1) write_example(path);

    // The same layers in the same places, as parameters are known by these: "0.weight", "4.bias".
    nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 2, 3).padding(1)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                       nn::Linear(8, 3));
    load_state_dict(path, *net);

    std::cout << net->forward(torch::arange(16).view({1, 1, 4, 4}) / 16) << '\n';
  } catch (const c10::Error& error) {
    std::cerr << "torch_weights: " << error.what_without_backtrace() << '\n';
    return 2;
  }
}
