// The LSTM over a batch of captions, as in training, and over one word of three captions, as a beam search reads it.

#include <string>

#include <pupil/nn/lstm.hpp>

#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "operations.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Lstm = pupil::Lstm<float>;

Lstm make_lstm(Rng& rng) { return Lstm({.input_size = sizes::embedding, .hidden_size = sizes::hidden}, rng); }

/// As much work as `passes` forward passes.
Work work_of_lstm(const Shape<3>& x, int passes) {
  return {.operations = passes * lstm_operations(x[0] * x[1], sizes::embedding, sizes::hidden),
          .captions = static_cast<double>(x[1])};
}

void time_lstm_forward(benchmark::State& state, const Shape<3>& x) {
  Rng rng(1);
  Lstm lstm = make_lstm(rng);
  time_forward(state, work_of_lstm(x, 1), lstm, random_tensor(x, rng));
}

void time_lstm_backward(benchmark::State& state, const Shape<3>& x) {
  Rng rng(1);
  Lstm lstm = make_lstm(rng);
  Lstm::Context context;
  pupil::LstmOutput<float> dy{.output = lstm.forward(random_tensor(x, rng), context).output};
  pupil::fill_uniform(dy.output, 1.0F, rng);
  const auto no_input = [] { return 0; };
  const auto backward = [&](int) { benchmark::DoNotOptimize(lstm.backward(dy, context)); };
  time_passes(state, work_of_lstm(x, 2), no_input, backward);
}

/// Without a context, from a state: the layer as it is used when captions are made.
void time_inference(benchmark::State& state, const Shape<3>& x) {
  Rng rng(1);
  const Lstm lstm = make_lstm(rng);
  const auto word = random_tensor(x, rng);
  const pupil::LstmState<float> initial{random_tensor(Shape<3>{1, x[1], sizes::hidden}, rng),
                                        random_tensor(Shape<3>{1, x[1], sizes::hidden}, rng)};
  const auto no_input = [] { return 0; };
  const auto forward = [&](int) { benchmark::DoNotOptimize(lstm.forward(word, initial)); };
  time_passes(state, work_of_lstm(x, 1), no_input, forward);
}

std::string name_of(const Shape<3>& x) { return spelled(x) + "->" + std::to_string(sizes::hidden); }

}  // namespace

void add_lstm(Index batch) {
  const Shape<3> captions{sizes::steps, batch, sizes::embedding};
  add("lstm/forward/" + name_of(captions), [=](auto& state) { time_lstm_forward(state, captions); });
  add("lstm/backward/" + name_of(captions), [=](auto& state) { time_lstm_backward(state, captions); });
  const Shape<3> one_word{1, 3, sizes::embedding};
  add("lstm/inference/" + name_of(one_word), [=](auto& state) { time_inference(state, one_word); });
}

}  // namespace bench
