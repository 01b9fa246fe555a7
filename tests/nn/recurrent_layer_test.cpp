#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/gru_recurrence.hpp>
#include <pupil/nn/lstm_recurrence.hpp>
#include <pupil/nn/recurrent_layer.hpp>

#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Each sequence of [time, batch, features] from its end to its beginning.
Tensor<double, 3> reversed(const Tensor<double, 3>& x, const Lengths& lengths) {
  Tensor<double, 3> result(x.shape());
  for (Index b = 0; b < x.dim(1); ++b) {
    const Index length = lengths[static_cast<std::size_t>(b)];
    for (Index t = 0; t < length; ++t) {
      std::copy_n(x.row(t * x.dim(1) + b), x.dim(2), result.row((length - 1 - t) * x.dim(1) + b));
    }
  }
  return result;
}

/// Columns [first, first + count) of a tensor.
Tensor<double, 3> columns(const Tensor<double, 3>& x, Index first, Index count) {
  Tensor<double, 3> result({x.dim(0), x.dim(1), count});
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r) + first, count, result.row(r));
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("the reverse direction reads sequences from their ends, and writes behind the forward one",
                   Recurrence, LstmRecurrence<double>, GruRecurrence<double>) {
  using State = typename Recurrence::StackState;
  Rng rng(1);
  const Lengths lengths{2, 4, 1};
  const RecurrenceOptions options{.input_size = 3, .hidden_size = 5};
  Rng same = rng;
  RecurrentLayer<Recurrence> both(options, 0, true, rng);
  RecurrentLayer<Recurrence> forward(options, 0, false, same);
  RecurrentLayer<Recurrence> backward(options, 0, false, same);  // drawn next, as the reverse direction was
  const auto x = random_tensor<double>(Shape{4, 3, 3}, rng);

  const auto run = [&](const auto& layer, const Tensor<double, 3>& input, bool bidirectional) {
    State final = zero_state<State>(Shape<3>{bidirectional ? 2 : 1, 3, 5});
    typename RecurrentLayer<Recurrence>::Context context;
    return layer.forward(input, {}, pack_directions(input.shape(), lengths, bidirectional), final, context);
  };
  const auto y = run(both, x, true);
  CHECK(y.shape() == Shape{4, 3, 10});
  CHECK(relative_difference(columns(y, 0, 5), run(forward, x, false)) < 1e-14);
  CHECK(relative_difference(columns(y, 5, 5), reversed(run(backward, reversed(x, lengths), false), lengths)) < 1e-14);
}

TEST_CASE("a layer's entries of the stack's state are its own") {
  Rng rng(2);
  RecurrentLayer<GruRecurrence<double>> layer({.input_size = 3, .hidden_size = 2}, 1, true, rng);
  CHECK(described_parameters(layer).find("weight_hh_l1_reverse [6, 2]") != std::string::npos);
  const auto x = random_tensor<double>(Shape{2, 1, 3}, rng);
  const auto sequences = pack_directions(x.shape(), {}, true);
  GruState<double> final{Tensor<double, 3>::full({6, 1, 2}, 9)};
  RecurrentLayer<GruRecurrence<double>>::Context context;
  const auto y = layer.forward(x, {}, sequences, final, context);
  for (const Index other : {0, 1, 4, 5}) CHECK(final.hidden(other, 0, 0) == 9);
  CHECK(final.hidden(2, 0, 1) == y(1, 0, 1));  // forward: after the last position
  CHECK(final.hidden(3, 0, 1) == y(0, 0, 3));  // reverse: after the first one
}
