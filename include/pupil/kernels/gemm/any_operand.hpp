#pragma once
// An operand of floats without its type, for products that are compiled once for all operands.

#include <algorithm>

#include <pupil/kernels/gemm/matrix_operand.hpp>

namespace pupil::kernels {

/// What lies together in an operand: its rows, or of a transposed operand its columns. The operand must outlive it.
class AnyOperand {
 public:
  using Scalar = float;

  template <class Operand>
  explicit AnyOperand(const Operand& operand)
      : rows(operand.rows),
        columns(operand.columns),
        operand_(&operand),
        copy_([](const void* object, Index line, Index first, Index count, float* destination) {
          static_cast<const Operand*>(object)->copy_row(line, first, count, destination);
        }) {}
  explicit AnyOperand(const Transposed<float>& operand)
      : rows(operand.rows),
        columns(operand.columns),
        are_columns(true),
        operand_(&operand),
        copy_([](const void* object, Index line, Index first, Index count, float* destination) {
          const auto& matrix = *static_cast<const Transposed<float>*>(object);
          std::copy_n(matrix.data + line * matrix.stride + first, count, destination);
        }) {}

  /// Copies `count` numbers of a line, from number `first` on.
  void copy(Index line, Index first, Index count, float* destination) const {
    copy_(operand_, line, first, count, destination);
  }

  Index rows;
  Index columns;
  bool are_columns = false;

 private:
  const void* operand_;
  void (*copy_)(const void*, Index, Index, Index, float*);
};

}  // namespace pupil::kernels
