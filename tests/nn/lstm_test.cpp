#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/lstm.hpp>

#include "../support/gradient_check.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Lengths = std::vector<Index>;

/// An LSTM as a layer from one vector to another, so that one gradient check covers everything that goes in and comes
/// out: x, h0 and c0 one after another give the output, hT and cT one after another.
struct FlatLstm {
  Lstm<double> lstm;
  Index time;
  Index batch;
  Lengths lengths;

  using Context = Lstm<double>::Context;

  Index input_size() const { return lstm.options().input_size; }
  Index hidden_size() const { return lstm.options().hidden_size; }
  Index flat_input_size() const { return time * batch * input_size() + 2 * batch * hidden_size(); }

  template <std::size_t Rank>
  static const double* take(const double* from, Tensor<double, Rank>& tensor) {
    std::copy_n(from, tensor.size(), tensor.begin());
    return from + tensor.size();
  }
  template <std::size_t Rank>
  static double* put(const Tensor<double, Rank>& tensor, double* to) {
    return std::copy(tensor.begin(), tensor.end(), to);
  }

  Tensor<double, 1> forward(const Tensor<double, 1>& flat, Context& context) const {
    Tensor<double, 3> x({time, batch, input_size()});
    LstmState<double> initial{Tensor<double, 2>({batch, hidden_size()}), Tensor<double, 2>({batch, hidden_size()})};
    take(take(take(flat.data(), x), initial.hidden), initial.cell);
    const auto [output, state] = lstm.forward(std::move(x), initial, lengths, context);
    Tensor<double, 1> result({output.size() + 2 * state.hidden.size()});
    put(state.cell, put(state.hidden, put(output, result.data())));
    return result;
  }

  Tensor<double, 1> backward(const Tensor<double, 1>& flat, const Context& context) {
    LstmOutput<double> dy{Tensor<double, 3>({time, batch, hidden_size()}),
                          {Tensor<double, 2>({batch, hidden_size()}), Tensor<double, 2>({batch, hidden_size()})}};
    take(take(take(flat.data(), dy.output), dy.state.hidden), dy.state.cell);
    const auto [dx, d_initial] = lstm.backward(dy, context);
    Tensor<double, 1> result({flat_input_size()});
    put(d_initial.cell, put(d_initial.hidden, put(dx, result.data())));
    return result;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    lstm.visit(visitor, name);
  }
};

/// Element k is ((7 k + phase) mod 11 - 5) / 8: numbers that Python gives just as well.
template <std::size_t Rank>
Tensor<double, Rank> pattern(const Shape<Rank>& shape, Index phase) {
  Tensor<double, Rank> tensor(shape);
  for (Index k = 0; k < tensor.size(); ++k) tensor[k] = static_cast<double>((7 * k + phase) % 11 - 5) / 8;
  return tensor;
}

template <class T>
LstmState<T> random_state(Index batch, Index size, Rng& rng) {
  const Shape shape{batch, size};
  auto hidden = random_tensor<T>(shape, rng);
  return {std::move(hidden), random_tensor<T>(shape, rng)};
}

/// Sequence b of [time, batch, features], cut to its length.
template <class T>
Tensor<T, 3> one_sequence(const Tensor<T, 3>& x, Index b, Index length) {
  Tensor<T, 3> sequence({length, 1, x.dim(2)});
  for (Index t = 0; t < length; ++t) std::copy_n(x.row(t * x.dim(1) + b), x.dim(2), sequence.row(t));
  return sequence;
}

template <class T, std::size_t Rank>
double difference(const Tensor<T, Rank>& actual, const std::vector<T>& expected) {
  return relative_difference(actual, [&] {
    Tensor<T, Rank> tensor(actual.shape());
    REQUIRE(tensor.size() == static_cast<Index>(expected.size()));
    std::copy(expected.begin(), expected.end(), tensor.begin());
    return tensor;
  }());
}

/// Everything that one training step gives, in one vector.
std::vector<float> training_step(Lstm<float> lstm, const Tensor<float, 3>& x, const Lengths& lengths) {
  Lstm<float>::Context context;
  const auto [output, state] = lstm.forward(x, {}, lengths, context);
  const auto [dx, d_initial] = lstm.backward({output, state}, context);
  std::vector<float> all;
  const auto append = [&](const auto& tensor) { all.insert(all.end(), tensor.begin(), tensor.end()); };
  append(output);
  append(state.hidden);
  append(state.cell);
  append(dx);
  append(d_initial.hidden);
  append(d_initial.cell);
  for_each_parameter(lstm, [&](const Name&, auto& parameter) { append(parameter.gradient); });
  return all;
}

}  // namespace

TEST_CASE("lstm gives PyTorch's numbers for packed sequences, forward and backward") {
  Rng rng(1);
  Lstm<double> lstm({.input_size = 3, .hidden_size = 2}, rng);
  Index phase = 0;
  for_each_parameter(lstm, [&](const Name&, auto& p) { p.value = pattern(p.value.shape(), phase++); });
  const LstmState<double> initial{pattern(Shape{3, 2}, 5), pattern(Shape{3, 2}, 6)};
  Lstm<double>::Context context;
  const auto [output, state] = lstm.forward(pattern(Shape{3, 3, 3}, 4), initial, Lengths{2, 3, 1}, context);
  const auto [dx, d_initial] =
      lstm.backward({pattern(Shape{3, 3, 2}, 7), {pattern(Shape{3, 2}, 8), pattern(Shape{3, 2}, 9)}}, context);
  std::vector<Tensor<double, 1>> gradients;
  for_each_parameter(lstm,
                     [&](const Name&, auto& p) { gradients.push_back(p.gradient.reshaped(Shape{p.gradient.size()})); });

  const double tolerance = 1e-13;
  CHECK(difference(output,
                   {0.0883341151375726, 0.16981557411157, 0.091851996312166, -0.0959905942972126, 0.031413219678222,
                    -0.166672154854414, 0.0752575092530097, -0.140394876327262, 0.0802958312474359, -0.179232404433577,
                    0, 0, 0, 0, 0.0847129468033791, -0.196960435908029, 0, 0}) < tolerance);
  CHECK(difference(state.hidden, {0.0752575092530097, -0.140394876327262, 0.0847129468033791, -0.196960435908029,
                                  0.031413219678222, -0.166672154854414}) < tolerance);
  CHECK(difference(state.cell, {0.382441788955199, -0.238046767103678, 0.398572950847538, -0.340952586588227,
                                0.195923958093468, -0.24544535334464}) < tolerance);
  CHECK(difference(dx, {-0.0263481257401939,
                        0.0287169895768305,
                        -0.0333210131160069,
                        -0.00019084507017464,
                        -0.026997070844025,
                        0.0234437059389402,
                        0.0389183695854617,
                        0.0207182683146452,
                        -0.0235540359270534,
                        0.000159811634390339,
                        0.0217846860888622,
                        -0.00957922471313912,
                        -0.0319078837414754,
                        0.00544703109238789,
                        -0.0509853326668652,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        -0.0119316052023815,
                        -0.0580549145974311,
                        0.0815201873180843,
                        0,
                        0,
                        0}) < tolerance);
  CHECK(difference(d_initial.hidden, {-0.0236929338294094, 0.0850621170864309, 0.0244687545301179, -0.019381594377747,
                                      0.0815139391677978, -0.0831154372312351}) < tolerance);
  CHECK(difference(d_initial.cell, {0.160628262543575, -0.0358255919185714, -0.0166952523305672, 0.00711132810461822,
                                    -0.0957892426684783, 0.0209402808476376}) < tolerance);
  CHECK(difference(gradients[0],
                   {-0.0297755567186938, -0.0229401877224989,  0.0443979742343453,   -0.0170903957324006,
                    0.0156434156411043,  -0.00152277052787196, -0.0270332699072388,  0.0169286711276961,
                    0.0384891008693248,  -0.00483959275180578, -0.00613966023132539, 0.0187386836399057,
                    -0.0510280249175132, -0.00184599189950273, 0.106634459667159,    0.189186966031922,
                    -0.0151573322220864, -0.140758542269525,   -0.0465036165055321,  0.0362286557984154,
                    0.0190618392619834,  -0.00517520044283943, -0.0116907497008124,  -0.0173477776591833}) < tolerance);
  CHECK(difference(gradients[1], {0.024720680203782, -0.00613400300258401, 0.00834865183033426, 0.0103284307197622,
                                  -0.0226367150900086, 0.0214954056072498, -0.00718584558197381, -0.00228468747813047,
                                  0.0203244016795704, 0.0356448119019706, -0.0321730083812011, -0.0180567719713429,
                                  0.0299889998695478, -0.00652899690641201, 0.0406735924088168, -0.0105757108967711}) <
        tolerance);
  CHECK(difference(gradients[2], {-0.0109163760962658, 0.00429847371634457, -0.0163753455823404, -0.022300240382615,
                                  -0.101926108927514, 0.0134369769027618, 0.0542729168650467, 0.00365913290856532}) <
        tolerance);
  CHECK(difference(gradients[3], {-0.0109163760962658, 0.00429847371634457, -0.0163753455823404, -0.022300240382615,
                                  -0.101926108927515, 0.0134369769027618, 0.0542729168650467, 0.00365913290856533}) <
        tolerance);
}

TEST_CASE("lstm gradients agree with differences") {
  struct Case {
    Index input_size, hidden_size, time, batch;
    Lengths lengths;
  };
  const std::vector<Case> cases{
      {3, 4, 5, 3, {}},                                  // no padding
      {3, 4, 5, 3, {5, 3, 1}},                           // sorted
      {3, 4, 5, 4, {2, 5, 1, 5}},                        // not sorted
      {2, 3, 4, 2, {2, 3}},                              // nobody reaches the last step
      {3, 5, 1, 2, {}},                                  // one step
      {4, 3, 6, 1, {}},                                  // batch 1
      {1, 1, 1, 1, {1}},                                 // one of everything
      {2, 3, 3, 11, {1, 3, 2, 2, 1, 3, 3, 1, 2, 3, 1}},  // enough rows for packed products
  };
  Rng rng(2);
  for (const Case& c : cases) {
    for (const bool bias : {true, false}) {
      CAPTURE(c.time);
      CAPTURE(c.batch);
      CAPTURE(bias);
      const FlatLstm layer{Lstm<double>({.input_size = c.input_size, .hidden_size = c.hidden_size, .bias = bias}, rng),
                           c.time, c.batch, c.lengths};
      check_gradients(layer, random_tensor<double>(Shape{layer.flat_input_size()}, rng), rng);
    }
  }
}

TEST_CASE("lstm gives each of several sequences what it gives that sequence alone") {
  Rng rng(3);
  const Lstm<double> lstm({.input_size = 5, .hidden_size = 6}, rng);
  const Lengths lengths{3, 7, 1, 4, 7, 2, 5, 5, 6, 1};
  const auto batch = static_cast<Index>(lengths.size());
  const auto x = random_tensor<double>(Shape{7, batch, 5}, rng);
  const auto initial = random_state<double>(batch, 6, rng);
  const auto together = lstm.forward(x, initial, lengths);
  for (Index b = 0; b < batch; ++b) {
    CAPTURE(b);
    const Index length = lengths[static_cast<std::size_t>(b)];
    LstmState<double> state{Tensor<double, 2>({1, 6}), Tensor<double, 2>({1, 6})};
    std::copy_n(initial.hidden.row(b), 6, state.hidden.begin());
    std::copy_n(initial.cell.row(b), 6, state.cell.begin());
    const auto alone = lstm.forward(one_sequence(x, b, length), state);
    CHECK(relative_difference(one_sequence(together.output, b, length), alone.output) < 1e-13);
    for (Index i = 0; i < 6; ++i) {
      CHECK(together.state.hidden(b, i) == doctest::Approx(alone.state.hidden[i]).epsilon(1e-13));
      CHECK(together.state.cell(b, i) == doctest::Approx(alone.state.cell[i]).epsilon(1e-13));
    }
  }
}

TEST_CASE("lstm never reads padding, and gives zeros there") {
  Rng rng(4);
  Lstm<float> lstm({.input_size = 4, .hidden_size = 3}, rng);
  const Lengths lengths{1, 4, 2};
  auto x = random_tensor<float>(Shape{4, 3, 4}, rng);
  auto d_output = random_tensor<float>(Shape{4, 3, 3}, rng);
  const auto clean = training_step(lstm, x, lengths);
  const auto is_padding = [&](Index t, Index b) { return t >= lengths[static_cast<std::size_t>(b)]; };
  for (Index row = 0; row < x.rows(); ++row) {
    if (!is_padding(row / 3, row % 3)) continue;
    std::fill_n(x.row(row), 4, std::numeric_limits<float>::quiet_NaN());
    std::fill_n(d_output.row(row), 3, std::numeric_limits<float>::quiet_NaN());
  }
  CHECK(training_step(lstm, x, lengths) == clean);

  Lstm<float>::Context context;
  const auto y = lstm.forward(x, {}, lengths, context);
  const auto gradient = lstm.backward({d_output}, context);
  for (Index row = 0; row < x.rows(); ++row) {
    CAPTURE(row);
    const bool padding = is_padding(row / 3, row % 3);
    const auto is_zero = [](float value) { return value == 0; };
    CHECK(std::all_of(y.output.row(row), y.output.row(row) + 3, is_zero) == padding);
    CHECK(std::all_of(gradient.input.row(row), gradient.input.row(row) + 4, is_zero) == padding);
  }
  for_each_parameter(lstm, [](const Name&, auto& parameter) {
    for (const float value : parameter.gradient) CHECK(std::isfinite(value));
  });
}

TEST_CASE("lstm goes on where its final state says") {
  Rng rng(5);
  const Lstm<double> lstm({.input_size = 3, .hidden_size = 5}, rng);
  const auto x = random_tensor<double>(Shape{6, 2, 3}, rng);
  const auto whole = lstm.forward(x);
  LstmState<double> state;
  for (Index t = 0; t < 6; ++t) {
    Tensor<double, 3> step({1, 2, 3});
    std::copy_n(x.row(2 * t), 6, step.begin());
    state = lstm.forward(step, state).state;
    CAPTURE(t);
    for (Index i = 0; i < 10; ++i) CHECK(state.hidden[i] == doctest::Approx(whole.output[10 * t + i]).epsilon(1e-13));
  }
  CHECK(relative_difference(state.cell, whole.state.cell) < 1e-13);
}

TEST_CASE("lstm without an initial state begins with zeros") {
  Rng rng(6);
  const Lstm<float> lstm({.input_size = 3, .hidden_size = 5}, rng);
  const auto x = random_tensor<float>(Shape{4, 2, 3}, rng);
  const Tensor<float, 2> zeros({2, 5});
  CHECK(lstm.forward(x).output == lstm.forward(x, {zeros, zeros}).output);
}

TEST_CASE("lstm without a gradient of the output or of the final state takes it as zero") {
  Rng rng(7);
  Lstm<double> lstm({.input_size = 3, .hidden_size = 2}, rng);
  Lstm<double>::Context context;
  lstm.forward(random_tensor<double>(Shape{4, 3, 3}, rng), {}, Lengths{4, 2, 3}, context);
  const auto d_hidden = random_tensor<double>(Shape{3, 2}, rng);
  const Tensor<double, 3> no_output({4, 3, 2});
  const Tensor<double, 2> no_cell({3, 2});
  CHECK(lstm.backward({{}, {d_hidden, {}}}, context).input ==
        lstm.backward({no_output, {d_hidden, no_cell}}, context).input);
}

TEST_CASE("lstm inference gives what training gives") {
  Rng rng(8);
  for (const Index batch : {1, 4, 13}) {
    CAPTURE(batch);
    const Lstm<float> lstm({.input_size = 17, .hidden_size = 9}, rng);
    const auto x = random_tensor<float>(Shape{5, batch, 17}, rng);
    const auto initial = random_state<float>(batch, 9, rng);
    Lstm<float>::Context context;
    const auto inference = lstm.forward(x, initial);
    const auto training = lstm.forward(x, initial, {}, context);
    CHECK(inference.output == training.output);
    CHECK(inference.state.hidden == training.state.hidden);
    CHECK(inference.state.cell == training.state.cell);
  }
}

TEST_CASE("lstm gives the same bits for any number of threads") {
  Rng rng(9);
  const Lstm<float> lstm({.input_size = 40, .hidden_size = 70}, rng);
  for (const Index batch : {3, 150}) {
    CAPTURE(batch);
    const auto x = random_tensor<float>(Shape{6, batch, 40}, rng);
    Lengths lengths;
    for (Index b = 0; b < batch; ++b) lengths.push_back(1 + rng.below(6));
    check_thread_counts([&] { return training_step(lstm, x, lengths); });
  }
}

TEST_CASE("lstm asks nothing of the system from the second step on") {
  Rng rng(10);
  Lstm<float> lstm({.input_size = 8, .hidden_size = 12}, rng);
  Lstm<float>::Context context;
  const auto x = random_tensor<float>(Shape{9, 20, 8}, rng);
  const Lengths lengths{9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 1, 1, 1};
  const auto step = [&] { lstm.backward(lstm.forward(x, {}, lengths, context), context); };
  const int threads_before = num_threads();
  set_num_threads(1);  // with several, how many blocks are in use at once is a matter of chance
  step();
  const auto allocations = StoragePool::instance().statistics().system_allocations;
  step();
  step();
  CHECK(StoragePool::instance().statistics().system_allocations == allocations);
  set_num_threads(threads_before);
}

TEST_CASE("lstm takes an empty batch") {
  Rng rng(11);
  Lstm<float> lstm({.input_size = 3, .hidden_size = 2}, rng);
  Lstm<float>::Context context;
  const auto y = lstm.forward(Tensor<float, 3>({4, 0, 3}), context);
  CHECK(y.output.shape() == Shape{4, 0, 2});
  CHECK(y.state.cell.shape() == Shape{0, 2});
  CHECK(lstm.backward(y, context).input.shape() == Shape{4, 0, 3});
}

TEST_CASE("lstm has PyTorch's parameters, uniform in +-1 / sqrt(hidden_size)") {
  Rng rng(12);
  Lstm<float> lstm({.input_size = 30, .hidden_size = 25}, rng);
  std::string names;
  for_each_parameter(lstm, [&](const Name& name, auto& parameter) {
    names += message(name.str(), ' ', parameter.value.shape(), "; ");
    const auto [least, greatest] = std::minmax_element(parameter.value.begin(), parameter.value.end());
    CHECK(*least >= -0.2f);
    CHECK(*least < -0.15f);
    CHECK(*greatest <= 0.2f);
    CHECK(*greatest > 0.15f);
  });
  CHECK(names == "weight_ih_l0 [100, 30]; weight_hh_l0 [100, 25]; bias_ih_l0 [100]; bias_hh_l0 [100]; ");
  CHECK(count_parameters(lstm) == 100 * (30 + 25 + 2));
  Lstm<float> without_bias({.input_size = 30, .hidden_size = 25, .bias = false}, rng);
  CHECK(count_parameters(without_bias) == 100 * (30 + 25));
}

TEST_CASE("lstm names both sides of what does not fit") {
  Rng rng(13);
  Lstm<float> lstm({.input_size = 3, .hidden_size = 5}, rng);
  const Tensor<float, 3> x({4, 2, 3});
  const Tensor<float, 2> state({2, 5});
  const auto with_lengths = [&](const Lengths& lengths) { return lstm.forward(x, {}, lengths); };
  CHECK_THROWS_WITH_AS(Lstm<float>({.input_size = 3}, rng), "lstm: cannot map 3 features to a hidden state of 0",
                       OptionError);
  CHECK_THROWS_WITH_AS(lstm.forward(Tensor<float, 3>({4, 2, 7})),
                       "lstm: input has 7 features, the layer was made for 3 (input [4, 2, 7])", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.forward(Tensor<float, 3>({0, 2, 3})), "lstm: the input [0, 2, 3] has no step", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.forward(x, {Tensor<float, 2>({2, 6}), state}),
                       "lstm: the initial hidden state is [2, 6], not [2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.forward(x, {state, Tensor<float, 2>({3, 5})}),
                       "lstm: the initial cell state is [3, 5], not [2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(with_lengths({4, 4, 4}), "lstm: 3 lengths for 2 sequences (input [4, 2, 3])", ShapeError);
  CHECK_THROWS_WITH_AS(with_lengths({4, 0}), "lstm: the length of sequence 1 is 0, not from 1 to 4 (input [4, 2, 3])",
                       IndexError);
  CHECK_THROWS_WITH_AS(with_lengths({5, 1}), "lstm: the length of sequence 0 is 5, not from 1 to 4 (input [4, 2, 3])",
                       IndexError);

  Lstm<float>::Context context;
  lstm.forward(x, context);
  CHECK_THROWS_WITH_AS(lstm.backward({Tensor<float, 3>({4, 2, 6})}, context),
                       "lstm: the gradient [4, 2, 6] does not fit the output [4, 2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(lstm.backward({{}, {state, Tensor<float, 2>({1, 5})}}, context),
                       "lstm: the gradient of the final cell state is [1, 5], not [2, 5]", ShapeError);
}
