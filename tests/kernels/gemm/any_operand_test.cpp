#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/gemm/any_operand.hpp>
#include <pupil/kernels/gemm/gathered_rows.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

std::vector<float> piece_of(const AnyOperand& lines, Index line, Index first, Index count) {
  std::vector<float> numbers(static_cast<std::size_t>(count));
  lines.copy(line, first, count, numbers.data());
  return numbers;
}

}  // namespace

TEST_CASE("the lines of an operand are its rows, those of a transposed one its columns") {
  const Tensor<float, 2> tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto rows = matrix(tensor);
  const auto columns = transposed(rows);
  const AnyOperand of_rows(rows);
  CHECK(of_rows.rows == 2);
  CHECK(of_rows.columns == 3);
  CHECK_FALSE(of_rows.are_columns);
  CHECK(piece_of(of_rows, 1, 1, 2) == std::vector<float>{5, 6});

  const AnyOperand of_columns(columns);
  CHECK(of_columns.rows == 3);
  CHECK(of_columns.columns == 2);
  CHECK(of_columns.are_columns);
  CHECK(piece_of(of_columns, 1, 0, 3) == std::vector<float>{4, 5, 6});
}

TEST_CASE("lines are of any operand that copies its rows, and can be copied") {
  const Tensor<float, 2> tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor<Index, 1> numbers({2}, {2, 0});
  const auto operand = gathered(tensor, numbers);
  const AnyOperand lines(operand);
  const AnyOperand copy = lines;
  CHECK(copy.rows == 2);
  CHECK(piece_of(copy, 0, 0, 2) == std::vector<float>{5, 6});
  CHECK(piece_of(AnyOperand(copy), 1, 1, 1) == std::vector<float>{2});
}
