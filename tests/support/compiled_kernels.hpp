#pragma once
// The kernels that take longest to compile: a test program only declares them, with all that it precompiles, and links
// what compiled_kernels.cpp made of them once, as users compile them.

#include <pupil/pupil.hpp>

#ifndef PUPIL_COMPILED
#define PUPIL_COMPILED extern template  // in compiled_kernels.cpp: template
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

PUPIL_COMPILED decltype(lstm_forward<float>) lstm_forward<float>;
PUPIL_COMPILED decltype(lstm_forward<double>) lstm_forward<double>;
PUPIL_COMPILED decltype(lstm_backward<float>) lstm_backward<float>;
PUPIL_COMPILED decltype(lstm_backward<double>) lstm_backward<double>;
PUPIL_COMPILED decltype(gru_forward<float>) gru_forward<float>;
PUPIL_COMPILED decltype(gru_forward<double>) gru_forward<double>;
PUPIL_COMPILED decltype(gru_backward<float>) gru_backward<float>;
PUPIL_COMPILED decltype(gru_backward<double>) gru_backward<double>;

template <class T>
using ProductOfRows = void(const RowMajor<T>&, const RowMajor<T>&, const Destination<T>&);
template <class T>
using ProductWithTransposed = void(const RowMajor<T>&, const Transposed<T>&, const Destination<T>&);
template <class T>
using ProductOfTransposed = void(const Transposed<T>&, const RowMajor<T>&, const Destination<T>&);

PUPIL_COMPILED ProductOfRows<float> gemm<RowMajor<float>, RowMajor<float>>;
PUPIL_COMPILED ProductOfRows<double> gemm<RowMajor<double>, RowMajor<double>>;
PUPIL_COMPILED ProductWithTransposed<float> gemm<RowMajor<float>, Transposed<float>>;
PUPIL_COMPILED ProductWithTransposed<double> gemm<RowMajor<double>, Transposed<double>>;
PUPIL_COMPILED ProductOfTransposed<float> gemm<Transposed<float>, RowMajor<float>>;
PUPIL_COMPILED ProductOfTransposed<double> gemm<Transposed<double>, RowMajor<double>>;
PUPIL_COMPILED ProductWithTransposed<float> multiply_few_rows<RowMajor<float>, float>;
PUPIL_COMPILED ProductWithTransposed<double> multiply_few_rows<RowMajor<double>, double>;

}  // namespace pupil::kernels
