#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/recurrent/packed_sequences.hpp>

#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

std::vector<Index> values(const Tensor<Index, 1>& tensor) { return {tensor.begin(), tensor.end()}; }

}  // namespace

TEST_CASE("packed sequences go step by step, the longest first") {
  const PackedSequences sequences(3, 3, std::vector<Index>{1, 3, 2});
  CHECK(sequences.rows() == 6);
  CHECK_FALSE(sequences.dense());
  CHECK(std::vector{sequences.sequence(0), sequences.sequence(1), sequences.sequence(2)} ==
        std::vector<Index>{1, 2, 0});
  CHECK(std::vector{sequences.length(0), sequences.length(1), sequences.length(2)} == std::vector<Index>{3, 2, 1});
  CHECK(std::vector{sequences.active(0), sequences.active(1), sequences.active(2)} == std::vector<Index>{3, 2, 1});
  CHECK(std::vector{sequences.begin(0), sequences.begin(1), sequences.begin(2)} == std::vector<Index>{0, 3, 5});
  CHECK(values(sequences.positions()) == std::vector<Index>{1, 2, 0, 4, 5, 7});
}

TEST_CASE("packed sequences of equal lengths stay in their order") {
  const PackedSequences sequences(4, 5, std::vector<Index>{2, 4, 2, 4, 2});
  std::vector<Index> order;
  for (Index i = 0; i < 5; ++i) order.push_back(sequences.sequence(i));
  CHECK(order == std::vector<Index>{1, 3, 0, 2, 4});
}

TEST_CASE("packed sequences without lengths are all there is, as it lies") {
  for (const PackedSequences& sequences :
       {PackedSequences(2, 3, {}), PackedSequences(2, 3, std::vector<Index>{2, 2, 2})}) {
    CHECK(sequences.dense());
    CHECK(values(sequences.positions()) == std::vector<Index>{0, 1, 2, 3, 4, 5});
    CHECK(values(sequences.previous_states()) == std::vector<Index>{0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("packed sequences find the state before every row and after every sequence") {
  const PackedSequences sequences(3, 3, std::vector<Index>{1, 3, 2});
  // States: three initial ones, then those after the six rows.
  CHECK(values(sequences.previous_states()) == std::vector<Index>{0, 1, 2, 3, 4, 6});
  CHECK(sequences.state_begin(0) == 0);
  CHECK(sequences.state_begin(1) == 3);
  CHECK(sequences.state_begin(3) == 8);
  CHECK(sequences.final_state(0) == 8);
  CHECK(sequences.final_state(1) == 7);
  CHECK(sequences.final_state(2) == 5);
}

TEST_CASE("packed sequences that all end early leave the last steps empty") {
  const PackedSequences sequences(4, 2, std::vector<Index>{1, 2});
  CHECK(sequences.time() == 4);
  CHECK(sequences.active(2) == 0);
  CHECK(sequences.active(3) == 0);
  CHECK(sequences.begin(3) == 3);
}

TEST_CASE("unpacking puts rows back to their places and zeros where there is padding") {
  const PackedSequences sequences(3, 3, std::vector<Index>{1, 3, 2});
  const Tensor<float, 2> packed({6, 1}, {1, 2, 3, 4, 5, 6});
  CHECK(sequences.unpack(packed.data(), 1) == Tensor<float, 3>({3, 3, 1}, {3, 1, 2, 0, 4, 5, 0, 6, 0}));
}

TEST_CASE("unpacking into columns leaves the other columns alone") {
  const PackedSequences sequences(2, 2, std::vector<Index>{1, 2});
  const Tensor<float, 2> packed({3, 1}, {1, 2, 3});
  auto wide = Tensor<float, 3>::full({2, 2, 2}, 9);
  sequences.unpack(packed.data(), 1, Destination<float>{wide.data() + 1, 2});
  CHECK(wide == Tensor<float, 3>({2, 2, 2}, {9, 2, 9, 1, 9, 0, 9, 3}));
}

TEST_CASE("packed sequences in reverse begin at each one's own last position") {
  const PackedSequences sequences(4, 3, std::vector<Index>{1, 3, 2}, Direction::reverse);
  CHECK_FALSE(sequences.dense());
  CHECK(values(sequences.positions()) == std::vector<Index>{7, 5, 0, 4, 2, 1});
  CHECK(values(sequences.previous_states()) == std::vector<Index>{0, 1, 2, 3, 4, 6});  // as in the forward direction
  CHECK(sequences.final_state(0) == 8);
  const Tensor<float, 2> packed({6, 1}, {1, 2, 3, 4, 5, 6});
  CHECK(sequences.unpack(packed.data(), 1) == Tensor<float, 3>({4, 3, 1}, {3, 6, 5, 0, 4, 2, 0, 1, 0, 0, 0, 0}));
  CHECK_FALSE(PackedSequences(2, 3, {}, Direction::reverse).dense());
}

TEST_CASE("rows by rank come back in the batch's order") {
  Rng rng(1);
  const PackedSequences sequences(5, 4, std::vector<Index>{3, 1, 5, 2});
  const auto rows = random_tensor<float>(Shape{4, 3}, rng);
  Tensor<float, 2> ranked({4, 3});
  sequences.rank(rows, ranked);
  CHECK(ranked(0, 1) == rows(2, 1));
  CHECK(sequences.unrank(ranked) == rows);
  CHECK(sequences.unrank(ranked, [](Index i) { return 3 - i; })(2, 1) == rows(1, 1));
  sequences.rank(Tensor<float, 2>(), ranked);
  CHECK(ranked == Tensor<float, 2>({4, 3}));
}

TEST_CASE("packed sequences of an empty batch have no rows") {
  const PackedSequences sequences(3, 0, {});
  CHECK(sequences.rows() == 0);
  CHECK(sequences.active(1) == 0);
  CHECK(sequences.unpack<float>(nullptr, 2).shape() == Shape{3, 0, 2});
}
