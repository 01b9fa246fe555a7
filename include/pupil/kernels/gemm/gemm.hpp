#pragma once
// The one door to matrix products: C = A B, with either operand transposed, gathered from an image, or as any other
// that gives its rows. How is in gemm/pack_and_multiply.hpp.

#include <pupil/kernels/gemm/matrix_operand.hpp>
#ifndef PUPIL_COMPILED
#include <type_traits>

#include <pupil/kernels/gemm/pack_and_multiply.hpp>
#endif

namespace pupil::kernels {

/// C = A B (or C += A B, or A B + bias, and an epilogue: see Destination). A and B are RowMajor, Transposed, or any
/// operand that has `rows`, `columns` and `copy_row`; A's columns must be B's rows.
template <class Left, class Right>
void gemm(const Left& a, const Right& b, const Destination<typename Left::Scalar>& c);

#ifndef PUPIL_COMPILED
template <class Left, class Right>
void gemm(const Left& a, const Right& b, const Destination<typename Left::Scalar>& c) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<typename Left::Scalar, float>) {
    if (precision_in_use() != Precision::highest) {
      detail::gemm_in_bf16(AnyOperand(a), AnyOperand(b), c);
      return;
    }
  }
#endif
  with_backend<typename Left::Scalar>([&]<class Backend>(Backend) {
    using Tile = typename Backend::Tile;
    pack_and_multiply(tile_form<Tile, LeftOrder<Tile, Left>>, left_operand<Tile>(a), right_operand<Tile>(b), c);
  });
}
#endif

}  // namespace pupil::kernels
