#pragma once
// RecurrentWeights: the parameters of one recurrence under PyTorch's names, and all products with them that need not
// wait for a step: the input side before the loop, the gradients after it.
//
//   gates = x W_ih^T + b        dW_ih += dgates^T x        dW_hh += du^T h_{t-1}        dx = dgates W_ih
//
// where x, h_{t-1}, the gates' gradient and that of their recurrent side have one row for every step of every sequence.

#include <array>
#include <string>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/kernels/gemm/gathered_rows.hpp>
#include <pupil/kernels/gemm/gemm.hpp>
#include <pupil/kernels/gemm/packed_weights.hpp>
#include <pupil/kernels/pointwise/column_sums.hpp>
#include <pupil/kernels/recurrent/packed_sequences.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/prepared_form.hpp>

namespace pupil {

/// Of one layer in one direction, and of the cells that are used step by step.
struct RecurrenceOptions {
  Index input_size = 0;
  Index hidden_size = 0;
  bool bias = true;
};

template <class T>
struct RecurrentWeights {
  /// All uniform in +-1 / sqrt(hidden_size). `suffix` is what follows PyTorch's names: "_l0_reverse", or nothing.
  RecurrentWeights(const RecurrenceOptions& options, Index gates, const std::string& suffix, Rng& rng)
      : names{"weight_ih" + suffix, "weight_hh" + suffix, "bias_ih" + suffix, "bias_hh" + suffix} {
    const Index rows = gates * options.hidden_size;
    const auto begin = [&](auto& parameter, auto value) {
      fill_by_fan_in(value, options.hidden_size, rng);
      parameter = Parameter(std::move(value));
    };
    begin(weight_ih, Tensor<T, 2>({rows, options.input_size}));
    begin(weight_hh, Tensor<T, 2>({rows, options.hidden_size}));
    if (options.bias) {
      begin(bias_ih, Tensor<T, 1>({rows}));
      begin(bias_hh, Tensor<T, 1>({rows}));
    }
  }

  bool has_bias() const { return !bias_ih.value.empty(); }

  /// x W_ih^T + bias, for all steps that are no padding. Without elements, the bias is zero.
  template <std::size_t Rank>
  Tensor<T, 2> input_side(const Tensor<T, Rank>& x, const kernels::PackedSequences& sequences,
                          const Tensor<T, 1>& bias) const {
    auto gates = Tensor<T, 2>::uninitialized({sequences.rows(), weight_ih.value.dim(0)});
    const auto destination = bias.empty() ? kernels::into(gates) : kernels::into(gates, bias);
    kernels::multiply_step(kernels::gathered(x, sequences.positions()),
                           kernels::transposed(kernels::matrix(weight_ih.value)), *packed_ih, destination);
    return gates;
  }

  /// dW_ih += d_gates^T x
  template <std::size_t Rank>
  void add_input_weight_gradient(const Tensor<T, 2>& d_gates, const Tensor<T, Rank>& x,
                                 const kernels::PackedSequences& sequences) {
    kernels::gemm(kernels::transposed(kernels::matrix(d_gates)), kernels::gathered(x, sequences.positions()),
                  kernels::added_to(weight_ih.gradient));
  }

  /// dW_hh += d_recurrent^T h_{t-1}, with `hiddens` [batch + rows, hidden_size] as a trace has them.
  void add_recurrent_weight_gradient(const Tensor<T, 2>& d_recurrent, const Tensor<T, 2>& hiddens,
                                     const kernels::PackedSequences& sequences) {
    kernels::gemm(kernels::transposed(kernels::matrix(d_recurrent)),
                  kernels::gathered(hiddens, sequences.previous_states()), kernels::added_to(weight_hh.gradient));
  }

  /// What a bias gets from the gradient of the sums that it is added to.
  static Tensor<T, 1> bias_gradient(const Tensor<T, 2>& d_gates) {
    Tensor<T, 1> sums({d_gates.columns()});
    kernels::add_column_sums(kernels::matrix(d_gates), sums.data());
    return sums;
  }

  /// dx [time, batch, input_size], zero after a sequence's end.
  Tensor<T, 3> input_gradient(const Tensor<T, 2>& d_gates, const kernels::PackedSequences& sequences) const {
    const Index features = weight_ih.value.columns();
    auto dx = Tensor<T, 2>::uninitialized({sequences.rows(), features});
    kernels::gemm(kernels::matrix(d_gates), kernels::matrix(weight_ih.value), kernels::into(dx));
    if (!sequences.dense()) return sequences.unpack(dx.data(), features);
    return std::move(dx).reshaped(Shape{sequences.time(), sequences.batch(), features});
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / names[0], weight_ih);
    visitor(name / names[1], weight_hh);
    if (has_bias()) {
      visitor(name / names[2], bias_ih);
      visitor(name / names[3], bias_hh);
    }
    if constexpr (detail::prepares_weights<Visitor>) {
      packed_ih = kernels::PackedWeights<T>(kernels::transposed(kernels::matrix(weight_ih.value)));
      packed_hh = kernels::PackedWeights<T>(kernels::transposed(kernels::matrix(weight_hh.value)));
    }
  }

  Parameter<T, 2> weight_ih;  ///< [gates * hidden_size, input_size]
  Parameter<T, 2> weight_hh;  ///< [gates * hidden_size, hidden_size]
  Parameter<T, 1> bias_ih;    ///< [gates * hidden_size]
  Parameter<T, 1> bias_hh;    ///< as bias_ih
  detail::PreparedForm<kernels::PackedWeights<T>> packed_ih, packed_hh;
  std::array<std::string, 4> names;  ///< made once, so that visiting allocates nothing
};

}  // namespace pupil
