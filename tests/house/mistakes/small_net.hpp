#pragma once
// What the mistakes are made with.

#include <cstdint>
#include <iostream>
#include <vector>

#include <pupil/core/tensor_arithmetic.hpp>
#include <pupil/core/tensor_print.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/nn/activations.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/optim/adam.hpp>

using namespace pupil;

using SmallNet = Sequential<Conv2d<float>, Relu<float>, Flatten<float>, Dense<float>>;
