#pragma once
// What the kernels of recurrent layers share: rows as arrays, and the product with the recurrent weight U that every
// step waits for. U is the same at all steps, so it is packed once.

#include <Eigen/Core>

#include <pupil/core/function_ref.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>

namespace pupil::kernels {

namespace detail {

template <class T>
using RowMap = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
template <class T>
using ConstRowMap = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

/// Row r of a matrix; nullptr where the matrix has no data, and so stands for zeros.
template <class T>
const T* row_or_zeros(const RowMajor<T>& matrix, Index r) {
  return matrix.data == nullptr ? nullptr : matrix.data + r * matrix.stride;
}

}  // namespace detail

/// A product of rows with the recurrent weight, whatever computes it: the steps are compiled once for all.
template <class T>
using RecurrentProduct = FunctionRef<void(const RowMajor<T>&, const Destination<T>&)>;

/// Calls `run(multiply)`, where `multiply(states, gates)` is the product of rows of states with U^T: what every step
/// forward needs. `recurrent_weight` is U [gates, hidden_size]; `packed_weights` were made of U^T, or are empty; no
/// step has more than `batch` rows.
template <class T, class Run>
void with_recurrent_product(const Tensor<T, 2>& recurrent_weight, const PackedWeights<T>& packed_weights, Index batch,
                            const Run& run) {
  const auto weight = transposed(matrix(recurrent_weight));
  if (batch <= few_rows) {
    run(RecurrentProduct<T>([&](const RowMajor<T>& states, const Destination<T>& gates) {
      multiply_step(states, weight, packed_weights, gates);
    }));
  } else {
    with_best_tile<T>([&]<class Tile>(Tile) {
      const PackedRight<Tile> packed(weight);
      run(RecurrentProduct<T>([&](const RowMajor<T>& states, const Destination<T>& gates) {
        multiply_packed<Tile>(states, packed, gates);
      }));
    });
  }
}

/// Calls `run(multiply)`, where `multiply(d_gates, d_states)` is the product of rows of gradients with U: what every
/// step backward needs.
template <class T, class Run>
void with_recurrent_gradient_product(const Tensor<T, 2>& recurrent_weight, const Run& run) {
  with_best_tile<T>([&]<class Tile>(Tile) {
    const PackedRight<Tile> packed(matrix(recurrent_weight));
    run(RecurrentProduct<T>([&](const RowMajor<T>& d_gates, const Destination<T>& d_states) {
      multiply_packed<Tile>(d_gates, packed, d_states);
    }));
  });
}

}  // namespace pupil::kernels
