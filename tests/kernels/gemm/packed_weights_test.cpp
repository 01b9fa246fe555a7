#include <algorithm>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/packed_weights.hpp>

#include "support/product_check.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// Whether the processor multiplies by packed weights at the precision in use.
bool is_for_packed_weights() {
  switch (precision_in_use()) {
    case Precision::highest:
      return instruction_set() >= InstructionSet::avx512;
    case Precision::high:
      return false;
    default:
      return instruction_set() >= InstructionSet::avx512_bf16;
  }
}

Tensor<float, 2> product(const Tensor<float, 2>& x, const Tensor<float, 2>& w, const PackedWeights<float>& packed,
                         const Tensor<float, 1>& bias) {
  auto y = Tensor<float, 2>::uninitialized({x.rows(), w.rows()});
  multiply_step(matrix(x), transposed(matrix(w)), packed, into(y, bias));
  return y;
}

Tensor<double, 2> naive_product(const Tensor<float, 2>& x, const Tensor<float, 2>& w, const Tensor<float, 1>& bias,
                                bool rounded) {
  const auto number = [&](float value) { return static_cast<double>(rounded ? from_bf16(to_bf16(value)) : value); };
  Tensor<double, 2> y({x.rows(), w.rows()});
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index c = 0; c < w.rows(); ++c) {
      y(r, c) = static_cast<double>(bias[c]);
      for (Index k = 0; k < x.columns(); ++k) y(r, c) += number(x(r, k)) * number(w(c, k));
    }
  }
  return y;
}

}  // namespace

TEST_CASE("packed weights give the products of their rounded numbers at medium precision, or else of floats") {
  constexpr std::uint64_t seed = 1;
  CAPTURE(seed);
  Rng rng(seed);
  for (const Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
    const PrecisionScope scope(precision);
    for (int repetition = 0; repetition < 30; ++repetition) {
      const Index rows = 1 + rng.below(few_rows);
      const Index columns = 1 + rng.below(70);
      const Index depth = 1 + rng.below(140);
      CAPTURE(precision_name(precision));
      CAPTURE((Shape{rows, columns, depth}));
      const auto x = random_tensor<float>(Shape{rows, depth}, rng);
      const auto w = random_tensor<float>(Shape{columns, depth}, rng);
      const auto bias = random_tensor<float>(Shape{columns}, rng);
      const PackedWeights<float> packed(transposed(matrix(w)));
      CHECK(packed.serves(rows) == is_for_packed_weights());
      const bool is_rounded = packed.serves(rows) && precision_in_use() == Precision::medium;
      CHECK(relative_difference(product(x, w, packed, bias), naive_product(x, w, bias, is_rounded)) < 1e-5);
      check_thread_counts([&] { return product(x, w, packed, bias); });
    }
  }
}

TEST_CASE("weights that were packed at one precision are not used at another") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 100}, rng);
  const auto w = random_tensor<float>(Shape{40, 100}, rng);
  const auto bias = random_tensor<float>(Shape{40}, rng);
  PackedWeights<float> packed;
  {
    const PrecisionScope scope(Precision::medium);
    packed = PackedWeights<float>(transposed(matrix(w)));
  }
  if (instruction_set() >= InstructionSet::avx512_bf16) CHECK_FALSE(packed.serves(3));
  CHECK(product(x, w, packed, bias) == product(x, w, {}, bias));
}

TEST_CASE("many rows are multiplied alike whether or not weights are packed") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{few_rows + 1, 100}, rng);
  const auto w = random_tensor<float>(Shape{40, 100}, rng);
  const auto bias = random_tensor<float>(Shape{40}, rng);
  const PrecisionScope scope(Precision::medium);
  const PackedWeights<float> packed(transposed(matrix(w)));
  CHECK(product(x, w, packed, bias) == product(x, w, {}, bias));
}

TEST_CASE("a row's product by packed weights does not depend on the other rows") {
  Rng rng(4);
  const PrecisionScope scope(Precision::medium);
  const auto x = random_tensor<float>(Shape{5, 90}, rng);
  const auto w = random_tensor<float>(Shape{33, 90}, rng);
  const auto bias = random_tensor<float>(Shape{33}, rng);
  const PackedWeights<float> packed(transposed(matrix(w)));
  const auto together = product(x, w, packed, bias);
  for (Index r = 0; r < x.rows(); ++r) {
    auto row = Tensor<float, 2>::uninitialized({1, 90});
    std::copy_n(x.row(r), 90, row.data());
    const auto alone = product(row, w, packed, bias);
    CHECK(std::equal(alone.begin(), alone.end(), together.row(r)));
  }
}

TEST_CASE("weights of doubles are not packed") {
  const PrecisionScope scope(Precision::medium);
  const Tensor<double, 2> w({4, 3});
  CHECK_FALSE(PackedWeights<double>(transposed(matrix(w))).serves(1));
}
