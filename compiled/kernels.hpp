#pragma once
// The kernels that take longest to compile: pupil's own programs and tests only declare them, with all that they
// precompile, and link what kernels.cpp made of them once, as users compile them.

#include <pupil/pupil.hpp>

#ifndef PUPIL_COMPILED
#define PUPIL_COMPILED extern template  // in kernels.cpp: template
#endif

namespace pupil::kernels {

PUPIL_COMPILED decltype(conv2d_forward<float>) conv2d_forward<float>;
PUPIL_COMPILED decltype(conv2d_forward<double>) conv2d_forward<double>;
PUPIL_COMPILED decltype(conv2d_weight_gradient<float>) conv2d_weight_gradient<float>;
PUPIL_COMPILED decltype(conv2d_weight_gradient<double>) conv2d_weight_gradient<double>;
PUPIL_COMPILED decltype(conv2d_input_gradient<float>) conv2d_input_gradient<float>;
PUPIL_COMPILED decltype(conv2d_input_gradient<double>) conv2d_input_gradient<double>;

PUPIL_COMPILED decltype(depthwise_conv2d_forward<float>) depthwise_conv2d_forward<float>;
PUPIL_COMPILED decltype(depthwise_conv2d_forward<double>) depthwise_conv2d_forward<double>;
PUPIL_COMPILED decltype(depthwise_conv2d_weight_gradient<float>) depthwise_conv2d_weight_gradient<float>;
PUPIL_COMPILED decltype(depthwise_conv2d_weight_gradient<double>) depthwise_conv2d_weight_gradient<double>;
PUPIL_COMPILED decltype(depthwise_conv2d_input_gradient<float>) depthwise_conv2d_input_gradient<float>;
PUPIL_COMPILED decltype(depthwise_conv2d_input_gradient<double>) depthwise_conv2d_input_gradient<double>;

PUPIL_COMPILED decltype(lstm_step<float>) lstm_step<float>;
PUPIL_COMPILED decltype(lstm_step<double>) lstm_step<double>;
PUPIL_COMPILED decltype(lstm_forward<float>) lstm_forward<float>;
PUPIL_COMPILED decltype(lstm_forward<double>) lstm_forward<double>;
PUPIL_COMPILED decltype(lstm_backward<float>) lstm_backward<float>;
PUPIL_COMPILED decltype(lstm_backward<double>) lstm_backward<double>;
PUPIL_COMPILED decltype(gru_forward<float>) gru_forward<float>;
PUPIL_COMPILED decltype(gru_forward<double>) gru_forward<double>;
PUPIL_COMPILED decltype(gru_backward<float>) gru_backward<float>;
PUPIL_COMPILED decltype(gru_backward<double>) gru_backward<double>;

PUPIL_COMPILED decltype(column_moments<float>) column_moments<float>;
PUPIL_COMPILED decltype(column_moments<double>) column_moments<double>;
PUPIL_COMPILED decltype(normalize_columns<float>) normalize_columns<float>;
PUPIL_COMPILED decltype(normalize_columns<double>) normalize_columns<double>;
PUPIL_COMPILED decltype(batch_norm_sums<float>) batch_norm_sums<float>;
PUPIL_COMPILED decltype(batch_norm_sums<double>) batch_norm_sums<double>;
PUPIL_COMPILED decltype(combine_columns<float>) combine_columns<float>;
PUPIL_COMPILED decltype(combine_columns<double>) combine_columns<double>;

PUPIL_COMPILED decltype(normalize_and_rectify<float>) normalize_and_rectify<float>;
PUPIL_COMPILED decltype(normalize_and_rectify<double>) normalize_and_rectify<double>;
PUPIL_COMPILED decltype(rectified_batch_norm_sums<float>) rectified_batch_norm_sums<float>;
PUPIL_COMPILED decltype(rectified_batch_norm_sums<double>) rectified_batch_norm_sums<double>;
PUPIL_COMPILED decltype(rectified_combine_columns<float>) rectified_combine_columns<float>;
PUPIL_COMPILED decltype(rectified_combine_columns<double>) rectified_combine_columns<double>;

PUPIL_COMPILED decltype(layer_norm<float>) layer_norm<float>;
PUPIL_COMPILED decltype(layer_norm<double>) layer_norm<double>;
PUPIL_COMPILED decltype(layer_norm_backward<float>) layer_norm_backward<float>;
PUPIL_COMPILED decltype(layer_norm_backward<double>) layer_norm_backward<double>;
PUPIL_COMPILED decltype(group_norm<float>) group_norm<float>;
PUPIL_COMPILED decltype(group_norm<double>) group_norm<double>;
PUPIL_COMPILED decltype(group_norm_backward<float>) group_norm_backward<float>;
PUPIL_COMPILED decltype(group_norm_backward<double>) group_norm_backward<double>;

PUPIL_COMPILED decltype(attend<float>) attend<float>;
PUPIL_COMPILED decltype(attend<double>) attend<double>;
PUPIL_COMPILED decltype(attention_scores_backward<float>) attention_scores_backward<float>;
PUPIL_COMPILED decltype(attention_scores_backward<double>) attention_scores_backward<double>;
PUPIL_COMPILED decltype(attention_keys_backward<float>) attention_keys_backward<float>;
PUPIL_COMPILED decltype(attention_keys_backward<double>) attention_keys_backward<double>;
PUPIL_COMPILED decltype(attention_values_backward<float>) attention_values_backward<float>;
PUPIL_COMPILED decltype(attention_values_backward<double>) attention_values_backward<double>;

PUPIL_COMPILED decltype(softmax_row<float>) softmax_row<float>;
PUPIL_COMPILED decltype(softmax_row<double>) softmax_row<double>;
PUPIL_COMPILED decltype(masked_softmax_row<float>) masked_softmax_row<float>;
PUPIL_COMPILED decltype(masked_softmax_row<double>) masked_softmax_row<double>;
PUPIL_COMPILED decltype(log_softmax_row<float>) log_softmax_row<float>;
PUPIL_COMPILED decltype(log_softmax_row<double>) log_softmax_row<double>;
PUPIL_COMPILED decltype(softmax_row_backward<float>) softmax_row_backward<float>;
PUPIL_COMPILED decltype(softmax_row_backward<double>) softmax_row_backward<double>;
PUPIL_COMPILED decltype(log_softmax_row_backward<float>) log_softmax_row_backward<float>;
PUPIL_COMPILED decltype(log_softmax_row_backward<double>) log_softmax_row_backward<double>;
PUPIL_COMPILED decltype(cross_entropy_row<float>) cross_entropy_row<float>;
PUPIL_COMPILED decltype(cross_entropy_row<double>) cross_entropy_row<double>;
PUPIL_COMPILED decltype(smoothed_cross_entropy_row<float>) smoothed_cross_entropy_row<float>;
PUPIL_COMPILED decltype(smoothed_cross_entropy_row<double>) smoothed_cross_entropy_row<double>;
PUPIL_COMPILED decltype(counted_cross_entropy_row<float>) counted_cross_entropy_row<float>;
PUPIL_COMPILED decltype(counted_cross_entropy_row<double>) counted_cross_entropy_row<double>;

PUPIL_COMPILED decltype(max_pool2d_backward<float>) max_pool2d_backward<float>;
PUPIL_COMPILED decltype(max_pool2d_backward<double>) max_pool2d_backward<double>;
PUPIL_COMPILED decltype(avg_pool2d<float>) avg_pool2d<float>;
PUPIL_COMPILED decltype(avg_pool2d<double>) avg_pool2d<double>;
PUPIL_COMPILED decltype(avg_pool2d_backward<float>) avg_pool2d_backward<float>;
PUPIL_COMPILED decltype(avg_pool2d_backward<double>) avg_pool2d_backward<double>;
PUPIL_COMPILED decltype(adaptive_avg_pool2d<float>) adaptive_avg_pool2d<float>;
PUPIL_COMPILED decltype(adaptive_avg_pool2d<double>) adaptive_avg_pool2d<double>;
PUPIL_COMPILED decltype(adaptive_avg_pool2d_backward<float>) adaptive_avg_pool2d_backward<float>;
PUPIL_COMPILED decltype(adaptive_avg_pool2d_backward<double>) adaptive_avg_pool2d_backward<double>;
PUPIL_COMPILED decltype(add_column_sums<float>) add_column_sums<float>;
PUPIL_COMPILED decltype(add_column_sums<double>) add_column_sums<double>;

template <class Left, class Right, class T>
using Product = void(const Left&, const Right&, const Destination<T>&);

PUPIL_COMPILED Product<RowMajor<float>, RowMajor<float>, float> gemm<RowMajor<float>, RowMajor<float>>;
PUPIL_COMPILED Product<RowMajor<float>, Transposed<float>, float> gemm<RowMajor<float>, Transposed<float>>;
PUPIL_COMPILED Product<Transposed<float>, RowMajor<float>, float> gemm<Transposed<float>, RowMajor<float>>;
PUPIL_COMPILED Product<GatheredRows<float>, Transposed<float>, float> gemm<GatheredRows<float>, Transposed<float>>;
PUPIL_COMPILED Product<RowMajor<float>, GatheredRows<float>, float> gemm<RowMajor<float>, GatheredRows<float>>;
PUPIL_COMPILED Product<Transposed<float>, GatheredRows<float>, float> gemm<Transposed<float>, GatheredRows<float>>;
PUPIL_COMPILED Product<RowMajor<double>, RowMajor<double>, double> gemm<RowMajor<double>, RowMajor<double>>;
PUPIL_COMPILED Product<RowMajor<double>, Transposed<double>, double> gemm<RowMajor<double>, Transposed<double>>;
PUPIL_COMPILED Product<Transposed<double>, RowMajor<double>, double> gemm<Transposed<double>, RowMajor<double>>;
PUPIL_COMPILED Product<GatheredRows<double>, Transposed<double>, double> gemm<GatheredRows<double>, Transposed<double>>;
PUPIL_COMPILED Product<RowMajor<double>, GatheredRows<double>, double> gemm<RowMajor<double>, GatheredRows<double>>;
PUPIL_COMPILED Product<Transposed<double>, GatheredRows<double>, double> gemm<Transposed<double>, GatheredRows<double>>;

PUPIL_COMPILED Product<RowMajor<float>, Transposed<float>, float> multiply_few_rows<RowMajor<float>, float>;
PUPIL_COMPILED Product<GatheredRows<float>, Transposed<float>, float> multiply_few_rows<GatheredRows<float>, float>;
PUPIL_COMPILED Product<RowMajor<double>, Transposed<double>, double> multiply_few_rows<RowMajor<double>, double>;
PUPIL_COMPILED Product<GatheredRows<double>, Transposed<double>, double>
    multiply_few_rows<GatheredRows<double>, double>;

PUPIL_COMPILED PackedWeights<float>::PackedWeights(const Transposed<float>&);
PUPIL_COMPILED void PackedWeights<float>::multiply(const RowMajor<float>&, const Transposed<float>&,
                                                   const Destination<float>&) const;
PUPIL_COMPILED void PackedWeights<float>::multiply(const GatheredRows<float>&, const Transposed<float>&,
                                                   const Destination<float>&) const;
PUPIL_COMPILED StepProduct<float>::StepProduct(const RowMajor<float>&);
PUPIL_COMPILED StepProduct<float>::StepProduct(const Transposed<float>&);
PUPIL_COMPILED void StepProduct<float>::operator()(const RowMajor<float>&, const Destination<float>&) const;
PUPIL_COMPILED PackedWeights<double>::PackedWeights(const Transposed<double>&);
PUPIL_COMPILED void PackedWeights<double>::multiply(const RowMajor<double>&, const Transposed<double>&,
                                                    const Destination<double>&) const;
PUPIL_COMPILED void PackedWeights<double>::multiply(const GatheredRows<double>&, const Transposed<double>&,
                                                    const Destination<double>&) const;
PUPIL_COMPILED StepProduct<double>::StepProduct(const RowMajor<double>&);
PUPIL_COMPILED StepProduct<double>::StepProduct(const Transposed<double>&);
PUPIL_COMPILED void StepProduct<double>::operator()(const RowMajor<double>&, const Destination<double>&) const;

}  // namespace pupil::kernels

namespace pupil {

PUPIL_COMPILED void fill_uniform<float, 1>(Tensor<float, 1>&, float, Rng&);
PUPIL_COMPILED void fill_uniform<float, 2>(Tensor<float, 2>&, float, Rng&);
PUPIL_COMPILED void fill_uniform<float, 3>(Tensor<float, 3>&, float, Rng&);
PUPIL_COMPILED void fill_uniform<float, 4>(Tensor<float, 4>&, float, Rng&);
PUPIL_COMPILED void fill_uniform<double, 1>(Tensor<double, 1>&, double, Rng&);
PUPIL_COMPILED void fill_uniform<double, 2>(Tensor<double, 2>&, double, Rng&);
PUPIL_COMPILED void fill_uniform<double, 3>(Tensor<double, 3>&, double, Rng&);
PUPIL_COMPILED void fill_uniform<double, 4>(Tensor<double, 4>&, double, Rng&);
PUPIL_COMPILED void fill_normal<float, 1>(Tensor<float, 1>&, float, Rng&);
PUPIL_COMPILED void fill_normal<float, 2>(Tensor<float, 2>&, float, Rng&);
PUPIL_COMPILED void fill_normal<float, 3>(Tensor<float, 3>&, float, Rng&);
PUPIL_COMPILED void fill_normal<float, 4>(Tensor<float, 4>&, float, Rng&);
PUPIL_COMPILED void fill_normal<double, 1>(Tensor<double, 1>&, double, Rng&);
PUPIL_COMPILED void fill_normal<double, 2>(Tensor<double, 2>&, double, Rng&);
PUPIL_COMPILED void fill_normal<double, 3>(Tensor<double, 3>&, double, Rng&);
PUPIL_COMPILED void fill_normal<double, 4>(Tensor<double, 4>&, double, Rng&);

}  // namespace pupil
