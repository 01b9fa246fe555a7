#pragma once
// All benchmarks, one function a theme, which registers them. `batch` is how many images a pass has.

#include <pupil/core/shape.hpp>

namespace bench {

void add_gemm();
void add_conv2d(pupil::Index batch);
void add_pool2d(pupil::Index batch);
void add_batch_norm2d(pupil::Index batch);
void add_activations(pupil::Index batch);
void add_basic_block(pupil::Index batch);
void add_dense(pupil::Index batch);
void add_embedding(pupil::Index batch);
void add_lstm(pupil::Index batch);
void add_dropout(pupil::Index batch);
void add_softmax_cross_entropy(pupil::Index batch);
void add_optimizers();
void add_cider_d_reward(pupil::Index batch);
void add_caption_latency();
void add_training_steps(pupil::Index batch);

}  // namespace bench
