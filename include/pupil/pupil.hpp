#pragma once
// Layers, models, optimizers and their files: what a program uses that builds networks. Floor by floor: a header
// includes only what stands above it here. Kernels, which layers are made of, come with these.
//
// Images, texts, metrics, data sets and captioners are in pupil/captioning.hpp; several processes in
// pupil/distributed/.

// core: shape, storage, tensor, random numbers, threads, errors
#include <pupil/core/compiled_form.hpp>
#include <pupil/core/cpp20.hpp>
#include <pupil/core/cpu_quota.hpp>
#include <pupil/core/errors.hpp>
#include <pupil/core/forked.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/core/move_mark.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/core/processors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/shared_loop.hpp>
#include <pupil/core/spin.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/this_thread.hpp>
#include <pupil/core/thread_pool.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/core/type_name.hpp>
#include <pupil/core/utf8.hpp>

// kernels: how exactly and by which instructions their mathematics is computed; the rest is for layers
#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/precision.hpp>

// nn: layers, parameters, losses
#include <pupil/nn/activations.hpp>
#include <pupil/nn/adaptive_avg_pool2d.hpp>
#include <pupil/nn/additive_attention.hpp>
#include <pupil/nn/avg_pool2d.hpp>
#include <pupil/nn/basic_block.hpp>
#include <pupil/nn/batch_norm.hpp>
#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/binary_cross_entropy_with_logits.hpp>
#include <pupil/nn/block_chain.hpp>
#include <pupil/nn/bottleneck.hpp>
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/convolution.hpp>
#include <pupil/nn/convolution_block.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/gelu.hpp>
#include <pupil/nn/global_avg_pool2d.hpp>
#include <pupil/nn/group_norm.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/gru_cell.hpp>
#include <pupil/nn/gru_recurrence.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/image_parts.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/inverted_residual.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/loss.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>
#include <pupil/nn/lstm_recurrence.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/name.hpp>
#include <pupil/nn/orthogonal.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/policy_gradient.hpp>
#include <pupil/nn/pool_window.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/nn/prepared_form.hpp>
#include <pupil/nn/recurrent_cell.hpp>
#include <pupil/nn/recurrent_layer.hpp>
#include <pupil/nn/recurrent_layers.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/recurrent_weights.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/same_padding.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/share_statistics.hpp>
#include <pupil/nn/side_by_side.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/spatial_dropout2d.hpp>
#include <pupil/nn/stepwise_attention.hpp>
#include <pupil/nn/stepwise_lstm.hpp>
#include <pupil/nn/summary.hpp>
#include <pupil/nn/unread_forward.hpp>
#include <pupil/nn/visited_items.hpp>

// optim: optimizers, schedules, clipping
#include <pupil/optim/adagrad.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/adam_moments.hpp>
#include <pupil/optim/adamw.hpp>
#include <pupil/optim/array_ranges.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/cosine_decay.hpp>
#include <pupil/optim/decay_groups.hpp>
#include <pupil/optim/exponential_decay.hpp>
#include <pupil/optim/gradients.hpp>
#include <pupil/optim/known_parameters.hpp>
#include <pupil/optim/linear_scaling.hpp>
#include <pupil/optim/moving_average.hpp>
#include <pupil/optim/one_cycle.hpp>
#include <pupil/optim/optimizer.hpp>
#include <pupil/optim/parameter_group.hpp>
#include <pupil/optim/parameter_state.hpp>
#include <pupil/optim/reduce_on_plateau.hpp>
#include <pupil/optim/rmsprop.hpp>
#include <pupil/optim/scale_gradients.hpp>
#include <pupil/optim/sgd.hpp>
#include <pupil/optim/step_decay.hpp>
#include <pupil/optim/step_guard.hpp>
#include <pupil/optim/warmup_stable_decay.hpp>

// io: safetensors, checkpoints, state dicts
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/checkpoint.hpp>
#include <pupil/io/dtype.hpp>
#include <pupil/io/file_signatures.hpp>
#include <pupil/io/foreign_files.hpp>
#include <pupil/io/foreign_weights.hpp>
#include <pupil/io/json_reader.hpp>
#include <pupil/io/leftovers.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/io/normalization.hpp>
#include <pupil/io/parameter_layout.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/safetensors_header.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/io/state_dict_items.hpp>
#include <pupil/io/state_dict_names.hpp>
#include <pupil/io/system.hpp>
#include <pupil/io/temporary_file.hpp>

// models: networks for images, and their pretrained weights
#include <pupil/models/feature_network.hpp>
#include <pupil/models/image_classifier.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/image_network.hpp>
#include <pupil/models/metadata.hpp>
#include <pupil/models/mobilenet_v2.hpp>
#include <pupil/models/other_architectures.hpp>
#include <pupil/models/preprocessing.hpp>
#include <pupil/models/pretrained_architecture.hpp>
#include <pupil/models/pretrained_names.hpp>
#include <pupil/models/pretrained_weights.hpp>
#include <pupil/models/resnet.hpp>
#include <pupil/models/small_cnn.hpp>
#include <pupil/models/vgg16.hpp>
#include <pupil/models/vgg_pooling.hpp>
