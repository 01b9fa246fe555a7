// seq2seq: an encoder reads a string of digits, and a decoder with attention learns to write it backwards.

#include <cstdint>
#include <iostream>

#include <pupil/pupil.hpp>

using namespace pupil;

namespace {

using Tokens = Tensor<std::int32_t, 2>;  // [time, batch]: digits, one string a column
using Steps = Tensor<float, 3>;          // [time, batch, features]

constexpr std::int32_t start = 10;  // what the decoder reads before the first digit
constexpr Index size = 64;

using Reader = Sequential<Embedding<float>, Gru<float>, AllSteps<float>>;

/// The encoder reads in both directions, so that it knows of every digit how far it is from both ends. The decoder
/// reads what it has written so far, and at each step looks for the digit that is next.
struct Reverser {
  explicit Reverser(Rng& rng)
      : encoder(Embedding<float>({.num_embeddings = 10, .embedding_dim = 16}, rng),
                Gru<float>({.input_size = 16, .hidden_size = size / 2, .bidirectional = true}, rng), AllSteps<float>()),
        decoder(Embedding<float>({.num_embeddings = 11, .embedding_dim = 16}, rng),
                Gru<float>({.input_size = 16, .hidden_size = size}, rng), AllSteps<float>()),
        attention({.embed_dim = size, .num_heads = 4}, rng),
        output({.in_features = size, .out_features = 10}, rng) {}

  struct Context {
    Reader::Context encoder, decoder;
    MultiHeadAttention<float>::Context attention;
    Dense<float>::Context output;
  };

  /// Logits of the digit that follows each that is written: [time, batch, 10].
  Steps forward(const Tokens& read, const Tokens& written) const {
    const Steps memory = encoder.forward(read), queries = decoder.forward(written);
    return output.forward(queries + attention.forward({queries, memory, memory}));
  }

  Steps forward(const Tokens& read, const Tokens& written, Context& context) {
    const Steps memory = encoder.forward(read, context.encoder), queries = decoder.forward(written, context.decoder);
    return output.forward(queries + attention.forward({queries, memory, memory}, context.attention), context.output);
  }

  void backward(const Steps& d_logits, const Context& context) {
    const Steps d_sum = output.backward(d_logits, context.output);
    const auto d_seen = attention.backward(d_sum, context.attention);
    decoder.backward(d_sum + d_seen.queries, context.decoder);
    encoder.backward(d_seen.keys + d_seen.values, context.encoder);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    encoder.visit(visitor, name / "encoder");
    decoder.visit(visitor, name / "decoder");
    attention.visit(visitor, name / "attention");
    output.visit(visitor, name / "output");
  }

  Reader encoder, decoder;
  MultiHeadAttention<float> attention;
  Dense<float> output;
};

Tokens random_digits(Index time, Index batch, Rng& rng) { return random_below(10, Shape{time, batch}, rng); }

void train(Reverser& model, Index steps, Rng& rng) {
  Adam<float> adam;
  const CosineDecay schedule({.learning_rate = 4e-3, .total_steps = steps});
  for (Index step = 0; step < steps; ++step) {
    const Tokens digits = random_digits(3 + rng.below(6), 32, rng), target = flip(digits, 0);
    const Tokens written = concatenate({Tokens::full({1, 32}, start), slice(target, 0, 0, target.dim(0) - 1)}, 0);
    Reverser::Context context;
    const auto loss = softmax_cross_entropy(model.forward(digits, written, context), target);
    model.backward(loss.gradient, context);
    clip_gradient_norm(model, 1);
    adam.set_learning_rate(schedule.learning_rate(step));
    adam.step(model);
    if (step % 200 == 0) std::cout << "step " << step << ": loss " << loss.value << '\n';
  }
}

/// Writes digit after digit, each the likeliest after those before it.
Tokens write(const Reverser& model, const Tokens& read) {
  Tokens written = Tokens::full({1, read.dim(1)}, start);
  while (written.dim(0) <= read.dim(0)) {
    const Tokens next = argmax(model.forward(read, written));
    written = concatenate({written, slice(next, 0, next.dim(0) - 1, next.dim(0))}, 0);
  }
  return slice(written, 0, 1, written.dim(0));
}

}  // namespace

int main() {
  Rng rng(1);
  Reverser model(rng);
  train(model, 1000, rng);
  const Tokens digits = random_digits(8, 500, rng), written = write(model, digits), expected = flip(digits, 0);
  Index right = 0;
  for (Index b = 0; b < 500; ++b) right += slice(written, 1, b, b + 1) == slice(expected, 1, b, b + 1) ? 1 : 0;
  std::cout << "read, a string a row:\n" << transpose(slice(digits, 1, 0, 3)) << "\nwritten:\n";
  std::cout << transpose(slice(written, 1, 0, 3)) << '\n';
  std::cout << right / 5 << " % of 500 new strings are written without a mistake\n";
}
