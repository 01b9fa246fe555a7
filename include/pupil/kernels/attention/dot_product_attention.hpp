#pragma once
// Scaled dot-product attention of one head: queries [query_time, d] look at keys [key_time, d].
//
//   W = softmax(Q K^T / sqrt(d))        dS = W (dW - rows' sums of W dW) / sqrt(d)        dQ = dS K        dK = dS^T Q
//
// The rows of a matrix may lie apart, so that the heads of one projection, or the sequences of a batch that lies step
// by step, are read and written where they are.

#include <cmath>

#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/kernels/pointwise/softmax.hpp>

namespace pupil::kernels {

namespace detail {

/// Scores are divided by the square root of their number of terms.
template <class T>
T score_scale(const RowMajor<T>& queries) {
  return T{1} / std::sqrt(static_cast<T>(queries.columns));
}

}  // namespace detail

/// Writes W [query_time, key_time]. `mask_of(q)` says where query q may look, a bool for each key, or is null:
/// everywhere. A query that may look nowhere gets the weights 0.
template <class T, class MaskOf>
void dot_product_weights(const RowMajor<T>& queries, const RowMajor<T>& keys, const MaskOf& mask_of, T* weights) {
  gemm(queries, transposed(keys), Destination<T>{weights, keys.rows});
  for (Index q = 0; q < queries.rows; ++q) {
    T* const row = weights + q * keys.rows;
    transform_lanes(row, keys.rows,
                    [scale = detail::score_scale(queries)](const auto& lanes) { return scale * lanes; });
    if (const bool* const mask = mask_of(q); mask != nullptr) {
      masked_softmax_row(row, keys.rows, mask);
    } else {
      softmax_row(row, keys.rows);
    }
  }
}

/// Writes dQ and dK. `d_weights` holds dW, and then dS.
template <class T>
void dot_product_weights_backward(const RowMajor<T>& queries, const RowMajor<T>& keys, const T* weights, T* d_weights,
                                  const Destination<T>& d_queries, const Destination<T>& d_keys) {
  for (Index q = 0; q < queries.rows; ++q) {
    T* const row = d_weights + q * keys.rows;
    softmax_row_backward(weights + q * keys.rows, row, keys.rows);
    transform_lanes(row, keys.rows,
                    [scale = detail::score_scale(queries)](const auto& lanes) { return scale * lanes; });
  }
  const RowMajor<T> d_scores{d_weights, queries.rows, keys.rows, keys.rows};
  gemm(d_scores, keys, d_queries);
  gemm(transposed(d_scores), queries, d_keys);
}

}  // namespace pupil::kernels
