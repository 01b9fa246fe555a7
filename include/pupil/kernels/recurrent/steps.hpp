#pragma once
// What the kernels of recurrent layers share: the product with the recurrent weight U that every step waits for. U is
// the same at all steps, so it is packed once.

#include <pupil/core/function_ref.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/few_rows.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/recurrent/step_product.hpp>

namespace pupil::kernels {

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
    const StepProduct<T> multiply(weight);
    run(RecurrentProduct<T>(multiply));
  }
}

/// Calls `run(multiply)`, where `multiply(d_gates, d_states)` is the product of rows of gradients with U: what every
/// step backward needs.
template <class T, class Run>
void with_recurrent_gradient_product(const Tensor<T, 2>& recurrent_weight, const Run& run) {
  const StepProduct<T> multiply(matrix(recurrent_weight));
  run(RecurrentProduct<T>(multiply));
}

}  // namespace pupil::kernels
