#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_layout.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/lstm.hpp>

#include "../support/gradient_check.hpp"
#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Two layers in both directions.
RecurrentOptions many_layers(Index input_size, Index hidden_size, double dropout = 0) {
  return {
      .input_size = input_size, .hidden_size = hidden_size, .num_layers = 2, .dropout = dropout, .bidirectional = true};
}

/// Sequence b of [time, batch, features], cut to its length.
template <class T>
Tensor<T, 3> one_sequence(const Tensor<T, 3>& x, Index b, Index length) {
  Tensor<T, 3> sequence({length, 1, x.dim(2)});
  for (Index t = 0; t < length; ++t) std::copy_n(x.row(t * x.dim(1) + b), x.dim(2), sequence.row(t));
  return sequence;
}

/// Sequence b of every part of a state.
template <class State>
State one_sequence(const State& all, Index b) {
  State one;
  State::for_each_part(
      [&]<class Part>(const char*, const auto& from, Part& part) {
        part = Part({from.dim(0), 1, from.dim(2)});
        for (Index i = 0; i < from.dim(0); ++i) {
          std::copy_n(from.row(i * from.dim(1) + b), from.dim(2), part.row(i));
        }
      },
      all, one);
  return one;
}

template <class State>
void check_close(const State& actual, const State& expected) {
  State::for_each_part([](const char*, const auto& a, const auto& e) { CHECK(relative_difference(a, e) < 1e-13); },
                       actual, expected);
}

template <class State>
void check_equal(const State& actual, const State& expected) {
  State::for_each_part([](const char*, const auto& a, const auto& e) { CHECK(a == e); }, actual, expected);
}

}  // namespace

TEST_CASE_TEMPLATE("recurrent gradients agree with differences", Layers, Lstm<double>, Gru<double>) {
  struct Case {
    RecurrentOptions options;
    Index time, batch;
    Lengths lengths;
  };
  const std::vector<Case> cases{
      {{.input_size = 3, .hidden_size = 4}, 5, 3, {}},                                  // no padding
      {{.input_size = 3, .hidden_size = 4, .bias = false}, 5, 3, {5, 3, 1}},            // sorted
      {{.input_size = 3, .hidden_size = 4}, 5, 4, {2, 5, 1, 5}},                        // not sorted
      {{.input_size = 2, .hidden_size = 3}, 4, 2, {2, 3}},                              // nobody reaches the last step
      {{.input_size = 4, .hidden_size = 3}, 6, 1, {}},                                  // batch 1
      {{.input_size = 1, .hidden_size = 1}, 1, 1, {1}},                                 // one of everything
      {{.input_size = 2, .hidden_size = 3}, 3, 11, {1, 3, 2, 2, 1, 3, 3, 1, 2, 3, 1}},  // packed products
      {{.input_size = 3, .hidden_size = 2, .num_layers = 3}, 3, 2, {}},
      {{.input_size = 2, .hidden_size = 3, .bidirectional = true}, 4, 3, {2, 4, 1}},
      {{.input_size = 2, .hidden_size = 3, .bidirectional = true}, 1, 2, {}},  // one step
      {many_layers(3, 2), 4, 3, {}},
      {many_layers(3, 2), 5, 3, {3, 1, 4}},
      {many_layers(3, 3, 0.4), 4, 3, {2, 4, 3}},
      {{.input_size = 2, .hidden_size = 3, .num_layers = 3, .dropout = 0.5}, 3, 2, {}},
  };
  Rng rng(2);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const Case& c = cases[i];
    const FlatLayers<Layers> layer{Layers(c.options, rng), c.time, c.batch, c.lengths};
    check_gradients(layer, layer.random_input(rng), rng);
  }
}

TEST_CASE_TEMPLATE("each of several sequences gets what it gets alone", Layers, Lstm<double>, Gru<double>) {
  Rng rng(3);
  const Layers layers(many_layers(5, 6), rng);
  const Lengths lengths{3, 7, 1, 4, 7, 2, 5, 5, 6, 1};
  const auto batch = static_cast<Index>(lengths.size());
  const auto x = random_tensor<double>(Shape{7, batch, 5}, rng);
  const auto initial = random_state<typename Layers::State>(Shape{4, batch, 6}, rng);
  const auto together = layers.forward(x, initial, lengths);
  for (Index b = 0; b < batch; ++b) {
    CAPTURE(b);
    const Index length = lengths[static_cast<std::size_t>(b)];
    const auto alone = layers.forward(one_sequence(x, b, length), one_sequence(initial, b));
    CHECK(relative_difference(one_sequence(together.output, b, length), alone.output) < 1e-13);
    check_close(one_sequence(together.state, b), alone.state);
  }
}

TEST_CASE_TEMPLATE("padding is never read, and is zero in what comes out", Layers, Lstm<float>, Gru<float>) {
  Rng rng(4);
  for (const auto& options : {RecurrentOptions{.input_size = 4, .hidden_size = 3}, many_layers(4, 3)}) {
    Layers layers(options, rng);
    const Index columns = options.bidirectional ? 6 : 3;
    const Lengths lengths{1, 4, 2};
    auto x = random_tensor<float>(Shape{4, 3, 4}, rng);
    auto d_output = random_tensor<float>(Shape{4, 3, columns}, rng);
    const auto clean = training_step(layers, x, lengths);
    const auto is_padding = [&](Index row) { return row / 3 >= lengths[static_cast<std::size_t>(row % 3)]; };
    for (Index row = 0; row < x.rows(); ++row) {
      if (!is_padding(row)) continue;
      std::fill_n(x.row(row), 4, std::numeric_limits<float>::quiet_NaN());
      std::fill_n(d_output.row(row), columns, std::numeric_limits<float>::quiet_NaN());
    }
    CHECK(training_step(layers, x, lengths) == clean);

    typename Layers::Context context;
    const auto y = layers.forward(x, {}, lengths, context);
    const auto gradient = layers.backward({d_output}, context);
    for (Index row = 0; row < x.rows(); ++row) {
      CAPTURE(row);
      const auto is_zero = [](float value) { return value == 0; };
      CHECK(std::all_of(y.output.row(row), y.output.row(row) + columns, is_zero) == is_padding(row));
      CHECK(std::all_of(gradient.input.row(row), gradient.input.row(row) + 4, is_zero) == is_padding(row));
    }
    for_each_parameter(layers, [](const Name&, auto& parameter) {
      for (const float value : parameter.gradient) CHECK(std::isfinite(value));
    });
  }
}

TEST_CASE_TEMPLATE("layers go on where their final state says", Layers, Lstm<double>, Gru<double>) {
  Rng rng(5);
  const Layers layers({.input_size = 3, .hidden_size = 5, .num_layers = 2}, rng);
  const auto x = random_tensor<double>(Shape{6, 2, 3}, rng);
  const auto whole = layers.forward(x);
  typename Layers::State state;
  for (Index t = 0; t < 6; ++t) {
    Tensor<double, 3> step({1, 2, 3});
    std::copy_n(x.row(2 * t), 6, step.begin());
    auto y = layers.forward(step, state);
    CAPTURE(t);
    for (Index i = 0; i < 10; ++i) CHECK(y.output[i] == doctest::Approx(whole.output[10 * t + i]).epsilon(1e-13));
    state = std::move(y.state);
  }
  check_close(state, whole.state);
}

TEST_CASE_TEMPLATE("without a state or a gradient, they are zero", Layers, Lstm<float>, Gru<float>) {
  using State = typename Layers::State;
  Rng rng(6);
  Layers layers(many_layers(3, 5), rng);
  const auto x = random_tensor<float>(Shape{4, 2, 3}, rng);
  const auto zeros = zero_state<State>(Shape{4, 2, 5});
  CHECK(layers.forward(x).output == layers.forward(x, zeros).output);

  typename Layers::Context context;
  layers.forward(x, context);
  const auto d_output = random_tensor<float>(Shape{4, 2, 10}, rng);
  const auto d_state = random_state<State>(Shape{4, 2, 5}, rng);
  CHECK(layers.backward({d_output, {}}, context).input == layers.backward({d_output, zeros}, context).input);
  const Tensor<float, 3> no_output({4, 2, 10});
  CHECK(layers.backward({{}, d_state}, context).input == layers.backward({no_output, d_state}, context).input);
}

TEST_CASE_TEMPLATE("recurrent inference gives what training gives", Layers, Lstm<float>, Gru<float>) {
  Rng rng(7);
  for (const Index batch : {1, 4, 13}) {
    CAPTURE(batch);
    Layers layers(many_layers(17, 9), rng);
    const auto x = random_tensor<float>(Shape{5, batch, 17}, rng);
    const auto initial = random_state<typename Layers::State>(Shape{4, batch, 9}, rng);
    typename Layers::Context context;
    const auto inference = layers.forward(x, initial);
    const auto training = layers.forward(x, initial, {}, context);
    CHECK(inference.output == training.output);
    check_equal(inference.state, training.state);
  }
}

TEST_CASE_TEMPLATE("dropout acts between layers, in training alone, and anew each time", Layers, Lstm<float>,
                   Gru<float>) {
  const RecurrentOptions options{.input_size = 3, .hidden_size = 40, .num_layers = 2, .dropout = 0.5};
  Rng rng(8);
  Layers layers(options, rng);
  const auto x = random_tensor<float>(Shape{3, 2, 3}, rng);
  const auto inference = layers.forward(x);
  typename Layers::Context first, second;
  const auto y = layers.forward(x, first);
  CHECK_FALSE(y.output == inference.output);
  CHECK_FALSE(layers.forward(x, second).output == y.output);
  CHECK(layers.forward(x).output == inference.output);

  // The first layer is not touched: its final state is that of inference. Nor is the output: no element is zero.
  CHECK(std::equal(y.state.hidden.begin(), y.state.hidden.row(2), inference.state.hidden.begin()));
  CHECK(std::none_of(y.output.begin(), y.output.end(), [](float value) { return value == 0; }));

  // What the second layer reads is dropped or doubled.
  const auto& read = first.layers[1].layer.input;
  const auto dropped = std::count(read.begin(), read.end(), 0.0f);
  CHECK(dropped > 80);
  CHECK(dropped < 160);
  int generators = 0;
  for_each_generator(layers, [&](const Name& name, Rng&) {
    CHECK(name.str() == "dropout.generator");
    ++generators;
  });
  CHECK(generators == 1);
}

TEST_CASE_TEMPLATE("layers without dropout draw nothing from the generator but their parameters", Layers, Lstm<float>,
                   Gru<float>) {
  Rng rng(9);
  Rng counted = rng;
  Layers layers(many_layers(3, 2), rng);
  counted.skip(static_cast<std::uint64_t>(count_parameters(layers)));
  CHECK(rng.state() == counted.state());
}

TEST_CASE_TEMPLATE("layers that are used twice keep both uses apart", Layers, Lstm<double>, Gru<double>) {
  Rng rng(10);
  Layers layers(many_layers(3, 2, 0.3), rng);
  const auto a = random_tensor<double>(Shape{4, 2, 3}, rng);
  const auto b = random_tensor<double>(Shape{2, 3, 3}, rng);
  typename Layers::Context first, second;
  const auto y_a = layers.forward(a, {}, Lengths{2, 4}, first);
  Layers alone = layers;
  const auto y_b = layers.forward(b, second);
  const auto gradient_b = layers.backward(y_b, second);
  zero_gradients(layers);
  const auto gradient_a = layers.backward(y_a, first);
  CHECK(alone.backward(y_a, first).input == gradient_a.input);
  CHECK(gradient_b.input.shape() == b.shape());
  std::vector<double> together, apart;
  for_each_parameter(layers, [&](const Name&, auto& parameter) { append(parameter.gradient, together); });
  for_each_parameter(alone, [&](const Name&, auto& parameter) { append(parameter.gradient, apart); });
  CHECK(together == apart);
}

TEST_CASE_TEMPLATE("recurrent layers ask nothing of the system from the second step on", Layers, Lstm<float>,
                   Gru<float>) {
  Rng rng(12);
  for (const auto& options : {RecurrentOptions{.input_size = 8, .hidden_size = 12}, many_layers(8, 12, 0.2)}) {
    Layers layers(options, rng);
    typename Layers::Context context;
    const auto x = random_tensor<float>(Shape{9, 20, 8}, rng);
    const Lengths lengths{9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 1, 1, 1};
    const auto step = [&] { layers.backward(layers.forward(x, {}, lengths, context), context); };
    const int threads_before = num_threads();
    set_num_threads(1);  // with several, how many blocks are in use at once is a matter of chance
    step();
    const auto allocations = StoragePool::instance().statistics().system_allocations;
    step();
    step();
    CHECK(StoragePool::instance().statistics().system_allocations == allocations);
    set_num_threads(threads_before);
  }
}

TEST_CASE_TEMPLATE("sequences one after another give what they give side by side", Layers, Lstm<float>, Gru<float>) {
  RecurrentOptions options = many_layers(3, 2, 0.3);
  Rng rng(16);
  Layers side_by_side(options, rng);
  options.batch_first = true;
  Rng same_rng(16);
  Layers one_after_another(options, same_rng);
  const Lengths lengths{4, 1, 3};
  const auto x = random_tensor<float>(Shape{4, 3, 3}, rng);
  const auto turned = [](const Tensor<float, 3>& tensor) { return permute(tensor, {1, 0, 2}); };
  const auto initial = random_state<typename Layers::State>(Shape{4, 3, 2}, rng);
  const auto d_state = random_state<typename Layers::State>(Shape{4, 3, 2}, rng);
  const auto d_output = random_tensor<float>(Shape{4, 3, 4}, rng);
  typename Layers::Context context, turned_context;

  const auto y = side_by_side.forward(x, initial, lengths, context);
  const auto turned_y = one_after_another.forward(turned(x), initial, lengths, turned_context);
  CHECK(turned_y.output == turned(y.output));
  check_equal(turned_y.state, y.state);
  const auto inference = std::as_const(side_by_side).forward(x, initial, lengths);
  CHECK(std::as_const(one_after_another).forward(turned(x), initial, lengths).output == turned(inference.output));

  const auto gradient = side_by_side.backward({d_output, d_state}, context);
  const auto turned_gradient = one_after_another.backward({turned(d_output), d_state}, turned_context);
  CHECK(turned_gradient.input == turned(gradient.input));
  check_equal(turned_gradient.initial_state, gradient.initial_state);
  std::vector<float> gradients, turned_gradients;
  for_each_parameter(side_by_side, [&](const Name&, auto& parameter) { append(parameter.gradient, gradients); });
  for_each_parameter(one_after_another,
                     [&](const Name&, auto& parameter) { append(parameter.gradient, turned_gradients); });
  CHECK(turned_gradients == gradients);

  CHECK(one_after_another.backward({{}, d_state}, turned_context).input ==
        turned(side_by_side.backward({{}, d_state}, context).input));
  CHECK(one_after_another.output_shape({3, 4, 3}) == Shape{3, 4, 4});
}

TEST_CASE_TEMPLATE("recurrent layers take an empty batch", Layers, Lstm<float>, Gru<float>) {
  Rng rng(13);
  Layers layers(many_layers(3, 2, 0.5), rng);
  typename Layers::Context context;
  const auto y = layers.forward(Tensor<float, 3>({4, 0, 3}), context);
  CHECK(y.output.shape() == Shape{4, 0, 4});
  CHECK(y.state.hidden.shape() == Shape{4, 0, 2});
  CHECK(layers.backward(y, context).input.shape() == Shape{4, 0, 3});
}

TEST_CASE("recurrent layers name both sides of what does not fit") {
  Rng rng(14);
  Lstm<float> lstm({.input_size = 3, .hidden_size = 5}, rng);
  Gru<float> gru(many_layers(3, 5), rng);
  const Tensor<float, 3> x({4, 2, 3});
  const Tensor<float, 3> state({1, 2, 5});
  const auto with_lengths = [&](const Lengths& lengths) { return lstm.forward(x, {}, lengths); };
  CHECK_THROWS_WITH_AS(lstm.forward(Tensor<float, 3>({4, 2, 7})),
                       "lstm: input has 7 features, the layer was made for 3 (input [4, 2, 7])", ShapeError);
  CHECK_THROWS_WITH_AS(gru.forward(Tensor<float, 3>({0, 2, 3})), "gru: the input [0, 2, 3] has no step", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.forward(x, {Tensor<float, 3>({1, 2, 6}), state}),
                       "lstm: the initial hidden state is [1, 2, 6], not [1, 2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.forward(x, {state, Tensor<float, 3>({1, 3, 5})}),
                       "lstm: the initial cell state is [1, 3, 5], not [1, 2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(gru.forward(x, {state}), "gru: the initial hidden state is [1, 2, 5], not [4, 2, 5]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(with_lengths({4, 4, 4}), "lstm: 3 lengths for 2 sequences (input [4, 2, 3])", ShapeError);
  CHECK_THROWS_WITH_AS(with_lengths({4, 0}), "lstm: the length of sequence 1 is 0, not from 1 to 4 (input [4, 2, 3])",
                       IndexError);
  CHECK_THROWS_WITH_AS(with_lengths({5, 1}), "lstm: the length of sequence 0 is 5, not from 1 to 4 (input [4, 2, 3])",
                       IndexError);
  const Lstm<float> batch_first({.input_size = 3, .hidden_size = 5, .batch_first = true}, rng);
  CHECK_THROWS_WITH_AS(batch_first.forward(x, {}, Lengths{1, 2, 2, 3}),
                       "lstm: the length of sequence 3 is 3, not from 1 to 2 (input [4, 2, 3])", IndexError);
  CHECK_THROWS_WITH_AS(batch_first.forward(x, {}, Lengths{1, 2}), "lstm: 2 lengths for 4 sequences (input [4, 2, 3])",
                       ShapeError);

  Lstm<float>::Context context;
  CHECK_THROWS_WITH_AS(lstm.backward({}, context),
                       "lstm: backward needs the context of a forward, and this one holds none", ContextError);
  lstm.forward(x, context);
  CHECK_THROWS_WITH_AS(lstm.backward({Tensor<float, 3>({4, 2, 6})}, context),
                       "lstm: the gradient [4, 2, 6] does not fit the output [4, 2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.backward({{}, {state, Tensor<float, 3>({1, 1, 5})}}, context),
                       "lstm: the gradient of the final cell state is [1, 1, 5], not [1, 2, 5]", ShapeError);
}

TEST_CASE("recurrent layers refuse options that make no layers") {
  Rng rng(15);
  const auto make = [&](const RecurrentOptions& options) { Gru<float>(options, rng); };
  CHECK_THROWS_WITH_AS(Lstm<float>({.input_size = 3}, rng),
                       "lstm: cannot map 3 features to a hidden state of 0, each must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(make({.input_size = 3, .hidden_size = 2, .num_layers = 0}),
                       "gru: num_layers is 0, not at least 1", OptionError);
  CHECK_THROWS_WITH_AS(make({.input_size = 3, .hidden_size = 2, .dropout = 0.5}),
                       "gru: dropout between layers is 0.5, but num_layers is 1, not at least 2", OptionError);
  CHECK_THROWS_WITH_AS(make({.input_size = 3, .hidden_size = 2, .num_layers = 2, .dropout = 1}),
                       "dropout: the probability 1 is not in [0, 1)", OptionError);
}
