// seq2seq: an encoder reads a string of digits, and a decoder with attention learns to write it backwards.

#include <cmath>
#include <iostream>
#include <numbers>

#include <torch/torch.h>

namespace F = torch::nn::functional;
namespace nn = torch::nn;
using torch::Tensor;

namespace {

constexpr int64_t start = 10;  // what the decoder reads before the first digit
constexpr int64_t size = 64;

/// The encoder reads in both directions, so that it knows of every digit how far it is from both ends. The decoder
/// reads what it has written so far, and at each step looks for the digit that is next.
struct Reverser : nn::Module {
  /// Logits of the digit that follows each that is written: [time, batch, 10].
  Tensor forward(const Tensor& read, const Tensor& written) {
    const auto memory = std::get<0>(encoder(embed_read(read)));
    const auto queries = std::get<0>(decoder(embed_written(written)));
    return output(queries + std::get<0>(attention(queries, memory, memory)));
  }

  nn::Embedding embed_read{register_module("embed_read", nn::Embedding(10, 16))};
  nn::Embedding embed_written{register_module("embed_written", nn::Embedding(11, 16))};
  nn::GRU encoder{register_module("encoder", nn::GRU(nn::GRUOptions(16, size / 2).bidirectional(true)))};
  nn::GRU decoder{register_module("decoder", nn::GRU(16, size))};
  nn::MultiheadAttention attention{register_module("attention", nn::MultiheadAttention(size, 4))};
  nn::Linear output{register_module("output", nn::Linear(size, 10))};
};

/// Strings of digits, one a column.
Tensor random_digits(int64_t time, int64_t batch) { return torch::randint(10, {time, batch}, torch::kLong); }

Tensor starts(int64_t batch) { return torch::full({1, batch}, start, torch::kLong); }

void train(Reverser& model, int steps) {
  torch::optim::Adam adam(model.parameters());
  for (int step = 0; step < steps; ++step) {
    const auto digits = random_digits(torch::randint(3, 9, {}).item<int64_t>(), 32), target = digits.flip(0);
    const auto written = torch::cat({starts(32), target.slice(0, 0, -1)});
    adam.zero_grad();
    const auto loss = F::cross_entropy(model.forward(digits, written).flatten(0, 1), target.flatten());
    loss.backward();
    nn::utils::clip_grad_norm_(model.parameters(), 1);
    adam.param_groups()[0].options().set_lr(4e-3 * (1 + std::cos(std::numbers::pi * step / steps)) / 2);
    adam.step();
    if (step % 200 == 0) std::cout << "step " << step << ": loss " << loss.item<float>() << '\n';
  }
}

/// Writes digit after digit, each the likeliest after those before it.
Tensor write(Reverser& model, const Tensor& read) {
  torch::NoGradGuard no_grad;
  auto written = starts(read.size(1));
  while (written.size(0) <= read.size(0)) {
    written = torch::cat({written, model.forward(read, written).slice(0, -1).argmax(2)});
  }
  return written.slice(0, 1);
}

}  // namespace

int main() {
  torch::manual_seed(1);
  Reverser model;
  train(model, 1000);
  const auto digits = random_digits(8, 500), written = write(model, digits);
  const auto right = (written == digits.flip(0)).all(0).sum().item<int64_t>();
  std::cout << "read, a string a row:\n" << digits.slice(1, 0, 3).t() << "\nwritten:\n";
  std::cout << written.slice(1, 0, 3).t() << '\n';
  std::cout << right / 5 << " % of 500 new strings are written without a mistake\n";
}
