#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/recurrent/lstm.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

using LstmLengths = std::vector<Index>;

double lstm_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// A problem of random numbers: the input side of the gates and the initial states are in the trace.
template <class T>
struct LstmProblem {
  LstmProblem(Index time, Index batch, Index size_, const LstmLengths& lengths, Rng& rng)
      : size(size_),
        sequences(time, batch, lengths),
        weight(random_tensor<T>(Shape{4 * size, size}, rng)),
        trace{random_tensor<T>(Shape{sequences.rows(), 4 * size}, rng),
              random_tensor<T>(Shape{batch + sequences.rows(), size}, rng),
              random_tensor<T>(Shape{batch + sequences.rows(), size}, rng)},
        d_output(random_tensor<T>(Shape{time, batch, size}, rng)),
        d_hidden(random_tensor<T>(Shape{batch, size}, rng)),
        d_cell(random_tensor<T>(Shape{batch, size}, rng)),
        d_gates(Tensor<T, 2>({sequences.rows(), 4 * size})) {}

  void forward() { lstm_forward(sequences, weight, trace); }
  void backward() { lstm_backward(sequences, weight, trace, matrix(d_output), d_hidden, d_cell, d_gates); }

  /// One number after another, by the formulas.
  void naive_forward() {
    for (Index row = 0; row < sequences.rows(); ++row) {
      const Index before = sequences.previous_states()[row];
      for (Index j = 0; j < 4 * size; ++j) {
        double sum = static_cast<double>(trace.gates(row, j));
        for (Index k = 0; k < size; ++k) sum += static_cast<double>(weight(j, k) * trace.hiddens(before, k));
        trace.gates(row, j) = static_cast<T>(j / size == 2 ? std::tanh(sum) : lstm_sigmoid(sum));
      }
      const Index after = sequences.batch() + row;
      for (Index j = 0; j < size; ++j) {
        trace.cells(after, j) = gate(row, 1, j) * trace.cells(before, j) + gate(row, 0, j) * gate(row, 2, j);
        trace.hiddens(after, j) = gate(row, 3, j) * std::tanh(trace.cells(after, j));
      }
    }
  }

  void naive_backward() {
    for (Index row = sequences.rows(); row-- > 0;) {
      const Index position = sequences.positions()[row];
      Index rank = 0;
      while (sequences.sequence(rank) != position % sequences.batch()) ++rank;
      const Index before = sequences.previous_states()[row];
      for (Index j = 0; j < size; ++j) {
        const T input = gate(row, 0, j), forget = gate(row, 1, j), candidate = gate(row, 2, j), out = gate(row, 3, j);
        const T squashed = std::tanh(trace.cells(sequences.batch() + row, j));
        const T dh = d_hidden(rank, j) + d_output[position * size + j];
        const T dc = d_cell(rank, j) + dh * out * (1 - squashed * squashed);
        d_gates(row, j) = dc * candidate * input * (1 - input);
        d_gates(row, size + j) = dc * trace.cells(before, j) * forget * (1 - forget);
        d_gates(row, 2 * size + j) = dc * input * (1 - candidate * candidate);
        d_gates(row, 3 * size + j) = dh * squashed * out * (1 - out);
        d_cell(rank, j) = dc * forget;
      }
      for (Index k = 0; k < size; ++k) {
        d_hidden(rank, k) = 0;
        for (Index j = 0; j < 4 * size; ++j) d_hidden(rank, k) += d_gates(row, j) * weight(j, k);
      }
    }
  }

  T gate(Index row, Index which, Index j) const { return trace.gates(row, which * size + j); }

  Index size;
  PackedSequences sequences;
  Tensor<T, 2> weight;
  LstmTrace<T> trace;
  Tensor<T, 3> d_output;
  Tensor<T, 2> d_hidden;
  Tensor<T, 2> d_cell;
  Tensor<T, 2> d_gates;
};

template <class T>
void check_lstm_against_naive(double tolerance, Rng& rng) {
  for (int repetition = 0; repetition < 12; ++repetition) {
    const Index time = 1 + rng.below(6);
    const Index batch = 1 + rng.below(repetition % 2 == 0 ? few_rows : 4 * few_rows);
    const Index size = 1 + rng.below(40);
    LstmLengths lengths;
    for (Index b = 0; b < batch && repetition % 3 != 0; ++b) lengths.push_back(1 + rng.below(time));
    CAPTURE(time);
    CAPTURE(batch);
    CAPTURE(size);
    LstmProblem<T> fast(time, batch, size, lengths, rng);
    fast.weight = [&] {
      auto weight = fast.weight;
      for (T& value : weight) value /= static_cast<T>(size);
      return weight;
    }();
    LstmProblem<T> naive = fast;
    fast.forward();
    fast.backward();
    naive.naive_forward();
    naive.naive_backward();
    CHECK(relative_difference(fast.trace.gates, naive.trace.gates) < tolerance);
    CHECK(relative_difference(fast.trace.cells, naive.trace.cells) < tolerance);
    CHECK(relative_difference(fast.trace.hiddens, naive.trace.hiddens) < tolerance);
    CHECK(relative_difference(fast.d_gates, naive.d_gates) < tolerance);
    CHECK(relative_difference(fast.d_hidden, naive.d_hidden) < tolerance);
    CHECK(relative_difference(fast.d_cell, naive.d_cell) < tolerance);
  }
}

}  // namespace

TEST_CASE("lstm forward and backward agree with the formulas, one number at a time") {
  constexpr std::uint64_t seed = 1;
  CAPTURE(seed);
  Rng rng(seed);
  SUBCASE("double") { check_lstm_against_naive<double>(1e-13, rng); }
  SUBCASE("float") { check_lstm_against_naive<float>(1e-5, rng); }
}

TEST_CASE("lstm backward without a gradient of the output takes it as zero") {
  Rng rng(2);
  LstmProblem<double> with_zeros(3, 4, 5, {3, 1, 2, 3}, rng);
  with_zeros.forward();
  LstmProblem<double> without = with_zeros;
  with_zeros.d_output.fill(0);
  without.d_output = {};
  with_zeros.backward();
  without.backward();
  CHECK(without.d_gates == with_zeros.d_gates);
}

TEST_CASE("lstm gates that are wide open or shut stay numbers") {
  Rng rng(3);
  LstmProblem<float> problem(1, 1, 3, {}, rng);
  problem.trace.gates = Tensor<float, 2>({1, 12}, {1e4f, -1e4f, 90, -90, 1e4f, 50, 1e4f, 2, -1e4f, 1e4f, 1e4f, -1e4f});
  problem.trace.hiddens.fill(0);
  problem.trace.cells = Tensor<float, 2>({2, 3}, {4, 5, 6, 0, 0, 0});
  problem.forward();
  CHECK(problem.trace.cells(1, 0) == doctest::Approx(1));                // open to the candidate 1, all forgotten
  CHECK(problem.trace.cells(1, 1) == doctest::Approx(5));                // all kept, shut to the candidate
  CHECK(problem.trace.cells(1, 2) == doctest::Approx(5));                // all kept, and the candidate -1 let in
  CHECK(problem.trace.hiddens(1, 1) == doctest::Approx(std::tanh(5.)));  // shown
  CHECK(std::abs(problem.trace.hiddens(1, 2)) < 1e-30f);                 // kept to itself
  problem.backward();
  for (const float value : problem.d_gates) CHECK(std::isfinite(value));
}

TEST_CASE("lstm gives the same bits for any number of threads, packed or by few rows") {
  Rng rng(4);
  for (const Index batch : {few_rows, 8 * few_rows}) {
    CAPTURE(batch);
    const LstmProblem<float> problem(3, batch, 100, {}, rng);
    check_thread_counts([&] {
      LstmProblem<float> copy = problem;
      copy.forward();
      copy.backward();
      return std::pair(copy.trace.hiddens, copy.d_gates);
    });
  }
}
