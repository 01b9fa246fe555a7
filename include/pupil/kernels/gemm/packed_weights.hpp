#pragma once
// C = A W^T for a few rows of A and a W that stays the same for many products. The time goes into reading W: so it is
// read as it lies, not packed for every product; at medium precision a copy is read that was rounded to bf16 once,
// which is half as much.

#include <pupil/core/storage.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/isa/arguments/bf16.hpp>
#include <pupil/kernels/precision.hpp>
#ifndef PUPIL_COMPILED
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/kernels/gemm/few_rows.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/isa/avx512_bf16/rounding.hpp>
#endif
#endif

namespace pupil::kernels {

/// Empty, or what was made of W [out, in] for the precision in use then. It stays empty for doubles, without AVX-512,
/// and at high precision, whose two parts of a number would be as much to read as an fp32.
template <class T>
class PackedWeights {
 public:
  PackedWeights() = default;

  /// `weights` is W^T.
  explicit PackedWeights(const Transposed<T>& weights);

  /// Whether `multiply` is for so many rows at the precision in use.
  bool serves(Index rows) const;

  /// C = A W^T, or as Destination says; `weights` is the W^T that this was made of. Only where it `serves` A's rows.
  template <class Left>
  void multiply(const Left& left, const Transposed<T>& weights, const Destination<T>& c) const;

 private:
#if PUPIL_X86_KERNELS
  static Index pairs_of(Index numbers) { return (numbers + 1) / 2; }

  void round(const Transposed<float>& weights);

  template <class Left>
  void multiply_rounded(const Left& left, Index columns, const Destination<float>& c) const;
#endif

  bool is_packed_ = false;
  Precision precision_ = Precision::highest;
  Storage<Bf16Pair> pairs_;  // at medium precision
};

/// C = A W^T (or as Destination says) in a recurrence, whose steps are often of few rows; `weights` is W^T, from which
/// `packed` was made, unless it is empty.
template <class Left, class T>
void multiply_step(const Left& left, const Transposed<T>& weights, const PackedWeights<T>& packed,
                   const Destination<T>& c);

#ifndef PUPIL_COMPILED
template <class T>
bool PackedWeights<T>::serves(Index rows) const {
  return is_packed_ && rows <= few_rows && precision_in_use() == precision_;
}

template <class T>
PackedWeights<T>::PackedWeights([[maybe_unused]] const Transposed<T>& weights) {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    precision_ = precision_in_use();
    const bool is_fp32 = precision_ == Precision::highest;
    is_packed_ = precision_ != Precision::high &&
                 instruction_set() >= (is_fp32 ? InstructionSet::avx512 : InstructionSet::avx512_bf16);
    if (is_packed_ && !is_fp32) round(weights);
  }
#endif
}

template <class T>
template <class Left>
void PackedWeights<T>::multiply(const Left& left, const Transposed<T>& weights, const Destination<T>& c) const {
#if PUPIL_X86_KERNELS
  if constexpr (std::is_same_v<T, float>) {
    if (precision_ == Precision::medium) {
      multiply_rounded(left, weights.columns, c);
      return;
    }
  }
#endif
  multiply_few_rows(left, weights, c);
}

#if PUPIL_X86_KERNELS
template <class T>
void PackedWeights<T>::round(const Transposed<float>& weights) {
  const Index depth = pairs_of(weights.rows);
  pairs_ = Storage<Bf16Pair>(weights.columns * depth);
  parallel_ranges(weights.columns, rows_a_range(weights.rows), [&](Index begin, Index end) {
    for (Index column = begin; column < end; ++column) {
      round_line_avx512(weights.data + column * weights.stride, weights.rows, pairs_.data() + column * depth, nullptr);
    }
  });
}

template <class T>
template <class Left>
void PackedWeights<T>::multiply_rounded(const Left& left, Index columns, const Destination<float>& c) const {
  const Index depth = pairs_of(left.columns);
  Storage<float> row(left.columns);
  Storage<Bf16Pair> x(left.rows * depth);
  for (Index r = 0; r < left.rows; ++r) {
    left.copy_row(r, 0, left.columns, row.data());
    round_line_avx512(row.data(), left.columns, x.data() + r * depth, nullptr);
  }
  detail::multiply_few_rows<float, Bf16Pair>(x.data(), left.rows, pairs_.data(), depth, columns, depth,
                                             FewRowsAvx512<Bf16Pair>::dots, c);
}
#endif

template <class Left, class T>
void multiply_step(const Left& left, const Transposed<T>& weights, const PackedWeights<T>& packed,
                   const Destination<T>& c) {
  if (packed.serves(left.rows)) {
    packed.multiply(left, weights, c);
  } else if (left.rows <= few_rows) {
    multiply_few_rows(left, weights, c);
  } else {
    gemm(left, weights, c);
  }
}
#endif

}  // namespace pupil::kernels
