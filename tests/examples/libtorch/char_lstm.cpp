// char_lstm: an LSTM that learns a poem character by character, and then writes some of its own.

#include <cmath>
#include <iostream>
#include <numbers>
#include <string>

#include <torch/torch.h>

namespace F = torch::nn::functional;
namespace nn = torch::nn;
using torch::Tensor;

namespace {

// Jane Taylor, "The Star", 1806.
const std::string poem =
    "Twinkle, twinkle, little star,\nHow I wonder what you are!\nUp above the world so high,\nLike a diamond in the "
    "sky.\n\n"
    "When the blazing sun is gone,\nWhen he nothing shines upon,\nThen you show your little light,\n"
    "Twinkle, twinkle, all the night.\n\n"
    "Then the traveller in the dark\nThanks you for your tiny spark;\nHe could not see which way to go,\n"
    "If you did not twinkle so.\n\n"
    "In the dark blue sky you keep,\nAnd often through my curtains peep,\nFor you never shut your eye\n"
    "Till the sun is in the sky.\n\n"
    "As your bright and tiny spark\nLights the traveller in the dark,\nThough I know not what you are,\n"
    "Twinkle, twinkle, little star.\n";

constexpr int64_t characters = 128;  // a token is a character's ASCII code
constexpr int64_t hidden_size = 96;

struct Net : nn::Module {
  using State = std::tuple<Tensor, Tensor>;

  /// Every character [time, batch] is given the logits of the next one, [time, batch, characters].
  std::pair<Tensor, State> forward(const Tensor& tokens, const torch::optional<State>& before = {}) {
    const auto [y, state] = lstm(embedding(tokens), before);
    return {dense(y), state};
  }

  nn::Embedding embedding{register_module("embedding", nn::Embedding(characters, 24))};
  nn::LSTM lstm{register_module("lstm", nn::LSTM(24, hidden_size))};
  nn::Linear dense{register_module("dense", nn::Linear(hidden_size, characters))};
};

/// Characters as tokens, [time].
Tensor tokens(std::string text) {
  return torch::from_blob(text.data(), {static_cast<int64_t>(text.size())}, torch::kChar).to(torch::kLong);
}

/// The loss of pieces of the poem, one a start, each `length` characters long.
Tensor loss(Net& net, const Tensor& starts, int64_t length) {
  const auto at = starts + torch::arange(length).unsqueeze(1), text = tokens(poem);
  return F::cross_entropy(net.forward(text.index({at})).first.flatten(0, 1), text.index({at + 1}).flatten());
}

void train(Net& net, int steps) {
  const int64_t length = 48;
  torch::optim::Adam adam(net.parameters());
  for (int step = 0; step < steps; ++step) {
    adam.zero_grad();
    const auto bits = loss(net, torch::randint(poem.size() - length, {16}, torch::kLong), length) / std::log(2);
    bits.backward();
    nn::utils::clip_grad_norm_(net.parameters(), 1);
    adam.param_groups()[0].options().set_lr(1e-2 * (1 + std::cos(std::numbers::pi * step / steps)) / 2);
    adam.step();
    if (step % 100 == 0) std::cout << "step " << step << ": " << bits.item<float>() << " bits a character\n";
  }
}

/// Goes on from a beginning, drawing one character after another. The LSTM's state is all that it remembers.
std::string write(Net& net, const std::string& beginning, std::size_t length) {
  std::string text = beginning;
  auto [logits, state] = net.forward(tokens(beginning).unsqueeze(1));
  while (text.size() < length) {
    const auto next = torch::multinomial(torch::softmax(2 * logits[-1], 1), 1);
    text += static_cast<char>(next.item<int64_t>());
    std::tie(logits, state) = net.forward(next, state);
  }
  return text;
}

}  // namespace

int main() {
  torch::manual_seed(1);
  Net net;
  train(net, 300);
  torch::NoGradGuard no_grad;
  const auto bits = loss(net, torch::zeros({1}, torch::kLong), poem.size() - 1) / std::log(2);
  std::cout << "the poem: " << bits.item<float>() << " bits a character\n\n" << write(net, "Twinkle", 400) << '\n';
}
