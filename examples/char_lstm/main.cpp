// char_lstm: an LSTM that learns a poem character by character, and then writes some of its own.

#include <cmath>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <pupil/pupil.hpp>

using namespace pupil;

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

constexpr Index characters = 128;  // a token is a character's ASCII code
constexpr Index hidden_size = 96;

/// Every character is given the logits of the next one, [time, batch, characters].
auto make_net(Rng& rng) {
  return Sequential{Embedding<float>({.num_embeddings = characters, .embedding_dim = 24}, rng),
                    Lstm<float>({.input_size = 24, .hidden_size = hidden_size}, rng), AllSteps<float>(),
                    Dense<float>({.in_features = hidden_size, .out_features = characters}, rng)};
}
using Net = decltype(make_net(std::declval<Rng&>()));

using Tokens = Tensor<std::int32_t, 2>;  // [time, batch]

/// Pieces of the poem, one a start, each `length` characters long.
Tokens pieces(const std::vector<Index>& starts, Index length) {
  Tokens tokens({length, static_cast<Index>(starts.size())});
  for (Index t = 0; t < length; ++t) {
    for (Index b = 0; b < tokens.dim(1); ++b) {
      tokens(t, b) = poem[static_cast<std::size_t>(starts[static_cast<std::size_t>(b)] + t)];
    }
  }
  return tokens;
}

/// What comes in, and what is to come out of it: the characters behind.
struct Example {
  Tokens input;
  Tokens target;
};
Example example(std::vector<Index> starts, Index length) {
  Tokens input = pieces(starts, length);
  for (Index& start : starts) ++start;
  return {std::move(input), pieces(starts, length)};
}

void train(Net& net, int steps, Rng& rng) {
  const Index length = 48;
  Adam<float> adam;
  const CosineDecay schedule({.learning_rate = 1e-2, .total_steps = steps});
  for (int step = 0; step < steps; ++step) {
    std::vector<Index> starts(16);
    for (Index& start : starts) start = rng.below(static_cast<Index>(poem.size()) - length);
    const auto [input, target] = example(starts, length);
    Net::Context context;
    const auto loss = softmax_cross_entropy(net.forward(input, context), target);
    net.backward(loss.gradient, context);
    clip_gradient_norm(net, 1);
    adam.set_learning_rate(schedule.learning_rate(step));
    adam.step(net);
    if (step % 100 == 0) std::cout << "step " << step << ": " << loss.value / std::log(2) << " bits a character\n";
  }
}

/// Goes on from a beginning, drawing one character after another. The LSTM's state is all that it remembers.
std::string write(const Net& net, const std::string& beginning, std::size_t length, Rng& rng) {
  std::string text = beginning;
  LstmState<float> state;
  for (std::size_t i = 0; text.size() < length; ++i) {
    const auto y = net.get<1>().forward(net.get<0>().forward(Tokens({1, 1}, {text[i]})), state);
    state = y.state;
    if (i + 1 < text.size()) continue;  // the beginning is read, not written
    const auto probabilities = Softmax<float>().forward(net.get<3>().forward(2.0F * y.output));
    float rest = rng.uniform<float>();
    Index next = 0;
    while (next + 1 < characters && (rest -= probabilities[next]) > 0) ++next;
    text += static_cast<char>(next);
  }
  return text;
}

}  // namespace

int main() {
  Rng rng(1);
  Net net = make_net(rng);
  train(net, 300, rng);
  const auto [input, target] = example({0}, static_cast<Index>(poem.size()) - 1);
  const double bits = softmax_cross_entropy(std::as_const(net).forward(input), target).value / std::log(2);
  std::cout << "the poem: " << bits << " bits a character\n\n" << write(net, "Twinkle", 400, rng) << '\n';
}
