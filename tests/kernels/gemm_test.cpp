#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm.hpp>

#include "../support/gradient_check.hpp"
#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// A random matrix in memory whose rows lie further apart than they are long; between them is NaN.
template <class T>
class StridedMatrix {
 public:
  StridedMatrix(Index rows, Index columns, Rng& rng)
      : memory_(Tensor<T, 2>::full({rows, columns + rng.below(4)}, std::numeric_limits<T>::quiet_NaN())),
        columns_(columns) {
    for (Index r = 0; r < rows; ++r) std::generate_n(memory_.row(r), columns, [&] { return rng.normal<T>(); });
  }
  RowMajor<T> view() const { return {memory_.data(), memory_.rows(), columns_, memory_.columns()}; }

 private:
  Tensor<T, 2> memory_;
  Index columns_;
};

template <class T>
T element(const RowMajor<T>& matrix, Index r, Index c) {
  return matrix.data[r * matrix.stride + c];
}
template <class T>
T element(const Transposed<T>& matrix, Index r, Index c) {
  return matrix.data[c * matrix.stride + r];
}

/// What a destination should hold afterwards, by the definition, and how large a rounding error may be.
struct Expected {
  double value;
  double magnitude;
};
template <class Left, class Right, class T>
Expected naive_element(const Left& a, const Right& b, const Destination<T>& c, Index row, Index column) {
  const T start = c.accumulate ? c.data[row * c.stride + column] : c.bias != nullptr ? c.bias[column] : T{};
  Expected sum{static_cast<double>(start), std::abs(static_cast<double>(start))};
  for (Index k = 0; k < a.columns; ++k) {
    const double term = static_cast<double>(element(a, row, k)) * static_cast<double>(element(b, k, column));
    sum.value += term;
    sum.magnitude += std::abs(term);
  }
  return sum;
}

/// Calls `multiply(a, b, c)` and compares c, and what lies beside it, with the naive product.
template <class T, class Left, class Right, class Multiply>
void check_product(const Left& a, const Right& b, bool accumulate, bool bias, Rng& rng, const Multiply& multiply) {
  constexpr T untouched = 77;
  const Index left_margin = rng.below(3);
  const Index stride = left_margin + b.columns + rng.below(3);
  auto result = Tensor<T, 2>::full({a.rows, stride}, untouched);
  for (Index r = 0; r < a.rows; ++r) {
    std::generate_n(result.row(r) + left_margin, b.columns, [&] { return rng.normal<T>(); });
  }
  const auto biases = random_tensor<T>(Shape{b.columns}, rng);
  const auto before = result;
  const auto destination = [&](const auto& tensor) {
    T* const first = tensor.empty() ? nullptr : const_cast<T*>(tensor.data()) + left_margin;
    return Destination<T>{first, stride, accumulate, bias ? biases.data() : nullptr};
  };
  multiply(a, b, destination(result));

  const double tolerance = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
  Index wrong = 0;
  for (Index r = 0; r < a.rows; ++r) {
    for (Index c = 0; c < stride; ++c) {
      if (c < left_margin || c >= left_margin + b.columns) {
        wrong += result(r, c) == untouched ? 0 : 1;
      } else {
        const auto expected = naive_element(a, b, destination(before), r, c - left_margin);
        const double error = std::abs(static_cast<double>(result(r, c)) - expected.value);
        wrong += error <= tolerance * (1 + expected.magnitude) ? 0 : 1;  // a NaN is wrong
      }
    }
  }
  CHECK(wrong == 0);
}

/// All four transposes, three kinds of destination.
template <class T, class Multiply>
void check_all_forms(Index rows, Index columns, Index depth, Rng& rng, const Multiply& multiply) {
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(depth);
  const StridedMatrix<T> a(rows, depth, rng);
  const StridedMatrix<T> a_transposed(depth, rows, rng);
  const StridedMatrix<T> b(depth, columns, rng);
  const StridedMatrix<T> b_transposed(columns, depth, rng);
  const auto check = [&](const auto& left, const auto& right, bool accumulate, bool bias) {
    CAPTURE(accumulate);
    CAPTURE(bias);
    check_product<T>(left, right, accumulate, bias, rng, multiply);
  };
  for (const auto& [accumulate, bias] : {std::pair{false, false}, {true, false}, {false, true}}) {
    check(a.view(), b.view(), accumulate, bias);
    check(a.view(), transposed(b_transposed.view()), accumulate, bias);
    check(transposed(a_transposed.view()), b.view(), accumulate, bias);
    check(transposed(a_transposed.view()), transposed(b_transposed.view()), accumulate, bias);
  }
}

/// Small and random shapes, those around a tile's edges, deeper than one block, taller and wider than one task, and
/// those with nothing in them.
template <class T, class Multiply>
void check_many_shapes(Index tile_rows, Index tile_columns, std::uint64_t seed, const Multiply& multiply) {
  CAPTURE(seed);
  const PoisonedMemory poison;
  Rng rng(seed);
  for (int repetition = 0; repetition < 10; ++repetition) {
    const Index rows = 1 + rng.below(3 * tile_rows);
    const Index columns = 1 + rng.below(3 * tile_columns);
    check_all_forms<T>(rows, columns, 1 + rng.below(40), rng, multiply);
  }
  for (const Index rows : {tile_rows - 1, tile_rows, tile_rows + 1}) {
    for (const Index columns : {tile_columns - 1, tile_columns, tile_columns + 1}) {
      check_all_forms<T>(rows, columns, 3, rng, multiply);
    }
  }
  for (const Index depth : {max_depth - 1, max_depth, max_depth + 1, 3 * max_depth + 5}) {
    check_all_forms<T>(5, 7, depth, rng, multiply);
  }
  check_all_forms<T>(9 * 8 * tile_rows + 3, 5, 2, rng, multiply);
  check_all_forms<T>(3, 2 * 9 * tile_columns + 3, 2, rng, multiply);
  check_all_forms<T>(0, 4, 5, rng, multiply);
  check_all_forms<T>(4, 0, 5, rng, multiply);
  check_all_forms<T>(4, 5, 0, rng, multiply);
}

constexpr auto packing_both = []<class Tile>(Tile) {
  return [](const auto& a, const auto& b, const auto& c) { pack_and_multiply<Tile>(a, b, c); };
};
constexpr auto packed_right = []<class Tile>(Tile) {
  return [](const auto& a, const auto& b, const auto& c) { multiply_packed<Tile>(a, PackedRight<Tile>(b), c); };
};

template <class Tile>
void check_tile(std::uint64_t seed) {
  using T = typename Tile::Scalar;
  check_many_shapes<T>(Tile::rows, Tile::columns, seed, packing_both(Tile{}));
  check_many_shapes<T>(Tile::rows, Tile::columns, seed + 1, packed_right(Tile{}));
}

template <class Tile>
void check_packed_beforehand() {
  using T = typename Tile::Scalar;
  Rng rng(8);
  for (const Shape<3>& shape : {Shape{1, 70, 600}, Shape{33, 400, 300}, Shape{1200, 45, 70}}) {
    CAPTURE(shape);
    const auto a = random_tensor<T>(Shape{shape[0], shape[2]}, rng);
    const auto b = random_tensor<T>(Shape{shape[1], shape[2]}, rng);
    const auto right = transposed(matrix(b));
    Tensor<T, 2> on_the_way({shape[0], shape[1]});
    Tensor<T, 2> beforehand({shape[0], shape[1]});
    pack_and_multiply<Tile>(matrix(a), right, into(on_the_way));
    multiply_packed<Tile>(matrix(a), PackedRight<Tile>(right), into(beforehand));
    CHECK(on_the_way == beforehand);
  }
}

bool supports(InstructionSet wanted) {
  if (pupil::detail::widest_instruction_set() >= wanted) return true;
  MESSAGE("skipped: this processor has no such instructions");
  return false;
}

}  // namespace

TEST_CASE("products by the portable tile of floats agree with the definition") { check_tile<PortableTile<float>>(1); }
TEST_CASE("products by the portable tile of doubles agree with the definition") { check_tile<PortableTile<double>>(2); }
#if PUPIL_X86_KERNELS
TEST_CASE("products by the AVX2 tile agree with the definition") {
  if (supports(InstructionSet::avx2)) check_tile<Avx2Tile>(3);
}
TEST_CASE("products by the AVX-512 tile agree with the definition") {
  if (supports(InstructionSet::avx512)) check_tile<Avx512Tile>(4);
}
#endif

TEST_CASE("gemm agrees with the definition") {
  const auto multiply = [](const auto& a, const auto& b, const auto& c) { gemm(a, b, c); };
  SUBCASE("float") { check_many_shapes<float>(14, 32, 5, multiply); }
  SUBCASE("double") { check_many_shapes<double>(4, 16, 6, multiply); }
}

TEST_CASE("products of whole tensors go where into and added_to say") {
  const Tensor<float, 2> a({2, 2}, {1, 2, 3, 4});
  const Tensor<float, 2> b({2, 2}, {5, 6, 7, 8});
  const Tensor<float, 1> bias({2}, {100, 200});
  Tensor<float, 2> c({2, 2});
  gemm(matrix(a), matrix(b), into(c));
  CHECK(c == Tensor<float, 2>({2, 2}, {19, 22, 43, 50}));
  gemm(matrix(a), transposed(matrix(b)), added_to(c));
  CHECK(c == Tensor<float, 2>({2, 2}, {36, 45, 82, 103}));
  gemm(transposed(matrix(a)), matrix(b), into(c, bias));
  CHECK(c == Tensor<float, 2>({2, 2}, {126, 230, 138, 244}));
}

TEST_CASE("a tensor is the matrix of its feature rows, or of what lies under each outermost index") {
  const Tensor<float, 4> weight({2, 3, 3, 4});
  CHECK(matrix(weight).rows == 18);
  CHECK(matrix(weight).columns == 4);
  CHECK(matrix_by_outermost(weight).rows == 2);
  CHECK(matrix_by_outermost(weight).columns == 36);
  CHECK(matrix_by_outermost(weight).stride == 36);
  CHECK(matrix_by_outermost(Tensor<float, 4>({0, 3, 3, 4})).columns == 0);
}

TEST_CASE("a product gives the same bits for any number of threads") {
  Rng rng(7);
  // Wide, tall, and deep: each is cut into tasks in its own way.
  for (const Shape<3>& shape : {Shape{40, 900, 300}, Shape{2000, 70, 33}, Shape{30, 30, 2000}}) {
    CAPTURE(shape);
    const auto a = random_tensor<float>(Shape{shape[0], shape[2]}, rng);
    const auto b = random_tensor<float>(Shape{shape[2], shape[1]}, rng);
    check_thread_counts([&] {
      Tensor<float, 2> c({shape[0], shape[1]});
      gemm(matrix(a), matrix(b), into(c));
      return c;
    });
  }
}

TEST_CASE("a product gives the same bits whether the right operand was packed before or not") {
  check_packed_beforehand<PortableTile<float>>();
  check_packed_beforehand<PortableTile<double>>();
#if PUPIL_X86_KERNELS
  if (supports(InstructionSet::avx2)) check_packed_beforehand<Avx2Tile>();
  if (supports(InstructionSet::avx512)) check_packed_beforehand<Avx512Tile>();
#endif
}

TEST_CASE("an element of a product does not depend on where the product was cut") {
  Rng rng(9);
  const auto a = random_tensor<float>(Shape{200, 300}, rng);
  const auto b = random_tensor<float>(Shape{300, 100}, rng);
  Tensor<float, 2> whole({200, 100});
  gemm(matrix(a), matrix(b), into(whole));
  for (const Index r : {0, 13, 150, 199}) {
    Tensor<float, 2> row({1, 100});
    gemm(RowMajor<float>{a.row(r), 1, 300, 300}, matrix(b), into(row));
    CAPTURE(r);
    CHECK(std::equal(row.begin(), row.end(), whole.row(r)));
  }
}

TEST_CASE("products ask nothing of the system the second time") {
  Rng rng(10);
  const auto a = random_tensor<float>(Shape{500, 300}, rng);
  const auto b = random_tensor<float>(Shape{300, 200}, rng);
  Tensor<float, 2> c({500, 200});
  const int before = num_threads();
  set_num_threads(1);  // with several, how many blocks are in use at once is a matter of chance
  gemm(matrix(a), matrix(b), into(c));
  const auto allocations = StoragePool::instance().statistics().system_allocations;
  gemm(matrix(a), matrix(b), into(c));
  CHECK(StoragePool::instance().statistics().system_allocations == allocations);
  set_num_threads(before);
}
