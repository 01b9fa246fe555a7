#include <algorithm>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/gemm.hpp>

#include "support/product_check.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

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
  if (supports(InstructionSet::avx2)) check_tile<avx2::GemmTile>(3);
}
TEST_CASE("products by the AVX-512 tile agree with the definition") {
  if (supports(InstructionSet::avx512)) check_tile<avx512::GemmTile>(4);
}
#elif PUPIL_NEON_KERNELS
TEST_CASE("products by the NEON tile agree with the definition") {
  if (supports(InstructionSet::neon)) check_tile<neon::GemmTile>(5);
}
#endif

TEST_CASE("a product of any number of rows has the same bits in them as one of many rows") {
  Rng rng(11);
  const auto a = random_tensor<float>(Shape{30, 40}, rng);
  const auto b = random_tensor<float>(Shape{40, 70}, rng);
  Tensor<float, 2> all({30, 70});
  gemm(matrix(a), matrix(b), into(all));
  for (Index rows = 1; rows <= 30; ++rows) {
    CAPTURE(rows);
    check_all_forms<float>(rows, 64, 5, usual_rounding<float>, rng,
                           [](const auto& left, const auto& right, const auto& c) { gemm(left, right, c); });
    Tensor<float, 2> some({rows, 70});
    gemm(RowMajor<float>{a.data(), rows, 40, 40}, matrix(b), into(some));
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
  }
}

TEST_CASE("gemm agrees with the definition") {
  const auto multiply = [](const auto& a, const auto& b, const auto& c) { gemm(a, b, c); };
  SUBCASE("float") { check_many_shapes<float>(14, 32, usual_rounding<float>, 5, multiply); }
  SUBCASE("double") { check_many_shapes<double>(4, 16, usual_rounding<double>, 6, multiply); }
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
  if (supports(InstructionSet::avx2)) check_packed_beforehand<avx2::GemmTile>();
  if (supports(InstructionSet::avx512)) check_packed_beforehand<avx512::GemmTile>();
#elif PUPIL_NEON_KERNELS
  if (supports(InstructionSet::neon)) check_packed_beforehand<neon::GemmTile>();
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
