#include <cmath>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/recurrent/gru.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

using GruLengths = std::vector<Index>;

double gru_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// A problem of random numbers: the input side of the gates and the initial states are in the trace.
template <class T>
struct GruProblem {
  GruProblem(const PackedSequences& sequences_, Index size_, bool with_bias, Rng& rng)
      : size(size_),
        sequences(sequences_),
        weight(random_tensor<T>(Shape{3 * size, size}, rng)),
        bias(with_bias ? random_tensor<T>(Shape{3 * size}, rng) : Tensor<T, 1>()),
        trace{random_tensor<T>(Shape{sequences.rows(), 3 * size}, rng), Tensor<T, 2>({sequences.rows(), size}),
              random_tensor<T>(Shape{sequences.batch() + sequences.rows(), size}, rng)},
        d_output(random_tensor<T>(Shape{sequences.time(), sequences.batch(), size}, rng)),
        d_hidden(random_tensor<T>(Shape{sequences.batch(), size}, rng)),
        d_gates{Tensor<T, 2>({sequences.rows(), 3 * size}), Tensor<T, 2>({sequences.rows(), 3 * size})} {
    for (T& value : weight) value /= static_cast<T>(size);
  }

  void forward() { gru_forward(sequences, weight, bias, trace); }
  void backward() { gru_backward(sequences, weight, trace, matrix(d_output), d_hidden, d_gates); }

  /// One number after another, by the formulas.
  void naive_forward() {
    for (Index row = 0; row < sequences.rows(); ++row) {
      const Index before = sequences.previous_states()[row];
      const auto recurrent = [&](Index j) {
        double sum = bias.empty() ? 0 : static_cast<double>(bias[j]);
        for (Index k = 0; k < size; ++k) sum += static_cast<double>(weight(j, k) * trace.hiddens(before, k));
        return sum;
      };
      for (Index j = 0; j < size; ++j) {
        const double reset = gru_sigmoid(gate(row, 0, j) + recurrent(j));
        const double update = gru_sigmoid(gate(row, 1, j) + recurrent(size + j));
        const double candidate = std::tanh(gate(row, 2, j) + reset * recurrent(2 * size + j));
        trace.gates(row, j) = static_cast<T>(reset);
        trace.gates(row, size + j) = static_cast<T>(update);
        trace.gates(row, 2 * size + j) = static_cast<T>(candidate);
        trace.recurrents(row, j) = static_cast<T>(recurrent(2 * size + j));
        trace.hiddens(sequences.batch() + row, j) =
            static_cast<T>((1 - update) * candidate + update * static_cast<double>(trace.hiddens(before, j)));
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
        const double reset = gate(row, 0, j), update = gate(row, 1, j), candidate = gate(row, 2, j);
        const double dh = static_cast<double>(d_hidden(rank, j) + d_output[position * size + j]);
        const double d_candidate = dh * (1 - update) * (1 - candidate * candidate);
        const double d_reset = d_candidate * static_cast<double>(trace.recurrents(row, j)) * reset * (1 - reset);
        const double d_update =
            dh * (static_cast<double>(trace.hiddens(before, j)) - candidate) * update * (1 - update);
        for (Tensor<T, 2>* const gradient : {&d_gates.input, &d_gates.recurrent}) {
          (*gradient)(row, j) = static_cast<T>(d_reset);
          (*gradient)(row, size + j) = static_cast<T>(d_update);
        }
        d_gates.input(row, 2 * size + j) = static_cast<T>(d_candidate);
        d_gates.recurrent(row, 2 * size + j) = static_cast<T>(d_candidate * reset);
        d_hidden(rank, j) = static_cast<T>(dh * update);
      }
      for (Index k = 0; k < size; ++k) {
        for (Index j = 0; j < 3 * size; ++j) d_hidden(rank, k) += d_gates.recurrent(row, j) * weight(j, k);
      }
    }
  }

  double gate(Index row, Index which, Index j) const { return static_cast<double>(trace.gates(row, which * size + j)); }

  Index size;
  PackedSequences sequences;
  Tensor<T, 2> weight;
  Tensor<T, 1> bias;
  GruTrace<T> trace;
  Tensor<T, 3> d_output;
  Tensor<T, 2> d_hidden;
  GruGateGradients<T> d_gates;
};

template <class T>
void check_gru_against_naive(double tolerance, Rng& rng) {
  for (int repetition = 0; repetition < 12; ++repetition) {
    const Index time = 1 + rng.below(6);
    const Index batch = 1 + rng.below(repetition % 2 == 0 ? few_rows : 4 * few_rows);
    const Index size = 1 + rng.below(40);
    GruLengths lengths;
    for (Index b = 0; b < batch && repetition % 3 != 0; ++b) lengths.push_back(1 + rng.below(time));
    CAPTURE(time);
    CAPTURE(batch);
    CAPTURE(size);
    const Direction direction = repetition % 4 < 2 ? Direction::forward : Direction::reverse;
    GruProblem<T> fast(PackedSequences(time, batch, lengths, direction), size, repetition % 5 != 0, rng);
    GruProblem<T> naive = fast;
    fast.forward();
    fast.backward();
    naive.naive_forward();
    naive.naive_backward();
    CHECK(relative_difference(fast.trace.gates, naive.trace.gates) < tolerance);
    CHECK(relative_difference(fast.trace.recurrents, naive.trace.recurrents) < tolerance);
    CHECK(relative_difference(fast.trace.hiddens, naive.trace.hiddens) < tolerance);
    CHECK(relative_difference(fast.d_gates.input, naive.d_gates.input) < tolerance);
    CHECK(relative_difference(fast.d_gates.recurrent, naive.d_gates.recurrent) < tolerance);
    CHECK(relative_difference(fast.d_hidden, naive.d_hidden) < tolerance);
  }
}

}  // namespace

TEST_CASE("gru forward and backward agree with the formulas, one number at a time") {
  constexpr std::uint64_t seed = 1;
  CAPTURE(seed);
  Rng rng(seed);
  SUBCASE("double") { check_gru_against_naive<double>(1e-13, rng); }
  SUBCASE("float") { check_gru_against_naive<float>(1e-5, rng); }
}

TEST_CASE("gru backward without a gradient of the output takes it as zero") {
  Rng rng(2);
  GruProblem<double> with_zeros(PackedSequences(3, 4, GruLengths{3, 1, 2, 3}), 5, true, rng);
  with_zeros.forward();
  GruProblem<double> without = with_zeros;
  with_zeros.d_output.fill(0);
  without.d_output = {};
  with_zeros.backward();
  without.backward();
  CHECK(without.d_gates.input == with_zeros.d_gates.input);
  CHECK(without.d_gates.recurrent == with_zeros.d_gates.recurrent);
}

TEST_CASE("gru gates that are wide open or shut stay numbers") {
  Rng rng(3);
  GruProblem<float> problem(PackedSequences(1, 1, {}), 3, false, rng);
  problem.weight.fill(0);
  problem.trace.gates = Tensor<float, 2>({1, 9}, {1e4f, -1e4f, 90, 1e4f, -1e4f, -90, 2, 1e4f, -1e4f});
  problem.trace.hiddens = Tensor<float, 2>({2, 3}, {4, 5, 6, 0, 0, 0});
  problem.forward();
  CHECK(problem.trace.hiddens(1, 0) == doctest::Approx(4));   // all kept
  CHECK(problem.trace.hiddens(1, 1) == doctest::Approx(1));   // all replaced by the candidate
  CHECK(problem.trace.hiddens(1, 2) == doctest::Approx(-1));  // the same
  problem.backward();
  for (const float value : problem.d_gates.input) CHECK(std::isfinite(value));
  for (const float value : problem.d_gates.recurrent) CHECK(std::isfinite(value));
}

TEST_CASE("gru gives the same bits for any number of threads, packed or by few rows") {
  Rng rng(4);
  for (const Index batch : {few_rows, 16 * few_rows}) {
    CAPTURE(batch);
    const GruProblem<float> problem(PackedSequences(3, batch, {}), 100, true, rng);
    check_thread_counts([&] {
      GruProblem<float> copy = problem;
      copy.forward();
      copy.backward();
      return std::tuple(copy.trace.hiddens, copy.d_gates.input, copy.d_gates.recurrent, copy.d_hidden);
    });
  }
}
