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

/// A text as one sequence.
Tokens tokens(const std::string& text) {
  return Tokens({static_cast<Index>(text.size()), 1}, std::vector<std::int32_t>(text.begin(), text.end()));
}

/// What the net learns from pieces of the poem, [length + 1, batch]: after every character comes the next one.
Loss<float, 3> loss_of(Net& net, const Tokens& pieces, Net::Context& context) {
  const Index length = pieces.dim(0) - 1;
  return softmax_cross_entropy(net.forward(slice(pieces, 0, 0, length), context), slice(pieces, 0, 1, length + 1));
}

void train(Net& net, int steps, Rng& rng) {
  const Index length = 48;
  const Tokens text = tokens(poem);
  Adam<float> adam;
  const CosineDecay schedule({.learning_rate = 1e-2, .total_steps = steps});
  for (int step = 0; step < steps; ++step) {
    Tokens pieces({length + 1, 0});
    while (pieces.dim(1) < 16) {
      const Index start = rng.below(text.dim(0) - length);
      pieces = concatenate({pieces, slice(text, 0, start, start + length + 1)}, 1);
    }
    Net::Context context;
    const auto loss = loss_of(net, pieces, context);
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
  Tokens next = tokens(beginning);
  LstmState<float> state;
  while (text.size() < length) {
    state = net.get<1>().forward(net.get<0>().forward(next), state).state;
    const auto probabilities = Softmax<float>().forward(2.0F * net.get<3>().forward(state.hidden));
    text += static_cast<char>(random_index(probabilities.reshaped(Shape{characters}), rng));
    next = tokens({text.back()});
  }
  return text;
}

}  // namespace

int main() {
  Rng rng(1);
  Net net = make_net(rng);
  train(net, 300, rng);
  Net::Context context;
  const double bits = loss_of(net, tokens(poem), context).value / std::log(2);
  std::cout << "the poem: " << bits << " bits a character\n\n" << write(net, "Twinkle", 400, rng) << '\n';
}
