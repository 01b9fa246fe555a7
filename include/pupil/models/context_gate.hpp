#pragma once
// ContextGate: how much of what attention found is used. The β of Xu et al., "Show, attend and tell", 2015,
// section 4.2.1.
//
//   β = σ(w . h + b)        z = β y                 h: the state before the step, y: what was found
//
//   dβ = dz . y             dy = β dz               da = dβ β (1 - β) = (dz . z)(1 - β) is the gradient of w . h + b
//   dh += da w              dw += da h              db += da

#include <cmath>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/kernels/attention/additive_attention.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/matrix_operand.hpp>
#include <pupil/kernels/pointwise/lanes.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil::captioning {

template <class T>
class ContextGate {
 public:
  /// Begins as a Dense layer of one output.
  ContextGate(Index hidden_size, Rng& rng) : weight_(Tensor<T, 2>({1, hidden_size})), bias_(Tensor<T, 1>({1})) {
    fill_by_fan_in(weight_.value, hidden_size, rng);
    fill_by_fan_in(bias_.value, hidden_size, rng);
  }

  /// Rows of states `hiddens`; writes β of each to `openness` and turns y, the first `size` numbers of each row of
  /// `found`, into z.
  void forward(const kernels::RowMajor<T>& hiddens, T* openness, const kernels::Destination<T>& found,
               Index size) const {
    parallel_for(hiddens.rows, hiddens.columns + size, [&](Index r) {
      const T a =
          bias_.value[0] + kernels::dot_lanes(weight_.value.data(), hiddens.data + r * hiddens.stride, hiddens.columns);
      openness[r] = T{1} / (T{1} + std::exp(-a));
      kernels::transform_lanes(found.data + r * found.stride, size,
                               [&](const kernels::Lanes<T>& y) { return openness[r] * y; });
    });
  }

  /// Turns the rows dz of `d_found` into dy, writes da of each row and adds to dh; `gated` has z.
  void step_backward(const kernels::RowMajor<T>& gated, const T* openness, const kernels::Destination<T>& d_found,
                     T* d_a, const kernels::Destination<T>& d_hiddens) const {
    parallel_for(gated.rows, gated.columns, [&](Index r) {
      T* const d_row = d_found.data + r * d_found.stride;
      d_a[r] = (T{1} - openness[r]) * kernels::dot_lanes(d_row, gated.data + r * gated.stride, gated.columns);
      kernels::transform_lanes(d_row, gated.columns, [&](const kernels::Lanes<T>& dz) { return openness[r] * dz; });
      kernels::detail::add_multiple(d_a[r], weight_.value.data(), weight_.value.columns(),
                                    d_hiddens.data + r * d_hiddens.stride);
    });
  }

  /// Adds to the parameters' gradients what all rows give; `hiddens` are those of all rows.
  template <class Hiddens>
  void end_backward(const Tensor<T, 1>& d_a, const Hiddens& hiddens) {
    const kernels::RowMajor<T> row{d_a.data(), 1, d_a.size(), d_a.size()};
    kernels::gemm(row, hiddens, kernels::added_to(weight_.gradient));
    for (const T d : d_a) bias_.gradient[0] += d;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", weight_);
    visitor(name / "bias", bias_);
  }

 private:
  Parameter<T, 2> weight_;  // [1, hidden_size]: w
  Parameter<T, 1> bias_;    // [1]
};

}  // namespace pupil::captioning
