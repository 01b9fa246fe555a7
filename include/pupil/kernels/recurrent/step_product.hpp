#pragma once
// StepProduct: a right operand that is packed once and then multiplied at every step of a sequence, when what is
// multiplied is known only step by step.

#include <variant>

#include <pupil/kernels/gemm/best_tile.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/gemm/packed_right.hpp>

namespace pupil::kernels {

namespace detail {

/// The right operand of whichever tile is the fastest for T.
template <class T>
struct AnyPackedRight {
  using type = std::variant<PackedRight<PortableTile<T>>>;
};

#if PUPIL_X86_KERNELS
template <>
struct AnyPackedRight<float> {
  using type =
      std::variant<PackedRight<PortableTile<float>>, PackedRight<avx2::GemmTile>, PackedRight<avx512::GemmTile>,
                   PackedRight<Bf16Tile<Precision::high>>, PackedRight<Bf16Tile<Precision::medium>>>;
};
#elif PUPIL_NEON_KERNELS
template <>
struct AnyPackedRight<float> {
  using type = std::variant<PackedRight<PortableTile<float>>, PackedRight<neon::GemmTile>>;
};
#endif

}  // namespace detail

/// C = A B for one B and many A. The precision is the one in use when it was made.
template <class T>
class StepProduct {
 public:
  StepProduct() = default;

  /// `right` is B, whatever the precision: a RowMajor or a Transposed.
  template <class Right>
  explicit StepProduct(const Right& right);

  /// A's columns must be B's rows.
  void operator()(const RowMajor<T>& left, const Destination<T>& c) const;

 private:
  typename detail::AnyPackedRight<T>::type right_;
};

template <class T>
template <class Right>
StepProduct<T>::StepProduct(const Right& right) {
  with_best_tile<T>([&]<class Tile>(Tile) { right_ = PackedRight<Tile>(right); });
}

template <class T>
void StepProduct<T>::operator()(const RowMajor<T>& left, const Destination<T>& c) const {
  std::visit([&]<class Tile>(const PackedRight<Tile>& right) { multiply_packed<Tile>(left, right, c); }, right_);
}

}  // namespace pupil::kernels
