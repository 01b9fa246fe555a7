#pragma once
// C = A W^T with what can be done to the weights beforehand. Where many rows are multiplied, packing W costs little of
// the product; where few are, the time goes into reading W, and W rounded to bf16 is half of it.

#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/kernels/few_rows.hpp>
#include <pupil/kernels/gemm.hpp>
#include <pupil/kernels/precision.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/x86/bf16_avx512.hpp>
#endif

namespace pupil::kernels {

/// W [out, in] rounded to bf16, where the precision in use when it is made is `medium` and the processor has products
/// of bf16; else it is empty.
template <class T>
class PackedWeights {
 public:
  PackedWeights() = default;

  /// `weights` is W^T.
  explicit PackedWeights([[maybe_unused]] const Transposed<T>& weights) {
#if PUPIL_X86_KERNELS
    if constexpr (std::is_same_v<T, float>) {
      if (precision_in_use() != Precision::medium || instruction_set() < InstructionSet::avx512_bf16) return;
      depth_ = pairs_of(weights.rows);
      columns_ = weights.columns;
      pairs_ = Storage<Bf16Pair>(columns_ * depth_);
      parallel_ranges(columns_, rows_a_range(weights.rows), [&](Index begin, Index end) {
        for (Index column = begin; column < end; ++column) {
          round_line_avx512(weights.data + column * weights.stride, weights.rows, pairs_.data() + column * depth_,
                            nullptr);
        }
      });
    }
#endif
  }

  /// Whether products at the precision in use are by what was packed.
  bool is_used() const { return columns_ > 0 && precision_in_use() == Precision::medium; }

  /// C = A W^T for few rows of A, or as Destination says; only where `is_used()`.
  template <class Left>
  void multiply([[maybe_unused]] const Left& left, [[maybe_unused]] const Destination<T>& c) const {
#if PUPIL_X86_KERNELS
    if constexpr (std::is_same_v<T, float>) {
      Storage<float> row(left.columns);
      Storage<Bf16Pair> x(left.rows * depth_);
      for (Index r = 0; r < left.rows; ++r) {
        left.copy_row(r, 0, left.columns, row.data());
        round_line_avx512(row.data(), left.columns, x.data() + r * depth_, nullptr);
      }
      detail::multiply_few_rows<float, Bf16Pair>(x.data(), left.rows, pairs_.data(), depth_, columns_, depth_,
                                                 FewRowsAvx512<Bf16Pair>::dots, c);
    }
#endif
  }

 private:
  static Index pairs_of(Index numbers) { return (numbers + 1) / 2; }

  Index depth_ = 0;  // pairs in a row
  Index columns_ = 0;
  Storage<Bf16Pair> pairs_;
};

/// C = A W^T (or as Destination says) by the fastest way there is for so many rows; `weights` is W^T, from which
/// `packed` was made, unless it is empty.
template <class Left, class T>
void multiply_by_weights(const Left& left, const Transposed<T>& weights, const PackedWeights<T>& packed,
                         const Destination<T>& c) {
  if (left.rows > few_rows) {
    gemm(left, weights, c);
  } else if (packed.is_used()) {
    packed.multiply(left, c);
  } else {
    multiply_few_rows(left, weights, c);
  }
}

}  // namespace pupil::kernels
