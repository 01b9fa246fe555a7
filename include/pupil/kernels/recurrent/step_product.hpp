#pragma once
// StepProduct: a right operand that is packed once and then multiplied at every step of a sequence, when what is
// multiplied is known only step by step.

#include <memory>

#include <pupil/core/pool_allocator.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#ifndef PUPIL_COMPILED
#include <pupil/kernels/gemm/best_tile.hpp>
#include <pupil/kernels/gemm/pack_and_multiply.hpp>
#include <pupil/kernels/gemm/packed_right.hpp>
#endif

namespace pupil::kernels {

namespace detail {

template <class T>
struct AnyPackedRight;

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
  std::shared_ptr<const detail::AnyPackedRight<T>> right_;
};

#ifndef PUPIL_COMPILED
namespace detail {

/// A right operand as the tile that was chosen for it packs and multiplies it.
template <class T>
struct AnyPackedRight {
  virtual ~AnyPackedRight() = default;
  virtual void multiply(const RowMajor<T>& left, const Destination<T>& c) const = 0;
};

template <class T, class Tile>
struct PackedRightOf : AnyPackedRight<T> {
  template <class Right>
  explicit PackedRightOf(const Right& right) : packed(form, right_operand<Tile>(right)) {}

  void multiply(const RowMajor<T>& left, const Destination<T>& c) const override {
    multiply_packed(form, left_operand<Tile>(left), packed, c);
  }

  static constexpr const TileForm<T, typename Tile::Packed>& form = tile_form<Tile, LeftOrder<Tile, RowMajor<T>>>;
  PackedRight<typename Tile::Packed> packed;
};

}  // namespace detail

template <class T>
template <class Right>
StepProduct<T>::StepProduct(const Right& right) {
  with_best_tile<T>([&]<class Tile>(Tile) {
    using Packed = detail::PackedRightOf<T, Tile>;
    right_ = std::allocate_shared<const Packed>(PoolAllocator<Packed>(), right);
  });
}

template <class T>
void StepProduct<T>::operator()(const RowMajor<T>& left, const Destination<T>& c) const {
  right_->multiply(left, c);
}
#endif

}  // namespace pupil::kernels
