#pragma once
// The whole library, floor by floor: a header includes only what stands above it here.

// core: shape, storage, tensor, random numbers, threads, errors
#include <pupil/core/errors.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/core/thread_scratch.hpp>
#include <pupil/core/type_name.hpp>

// kernels: the mathematics on raw arrays
#include <pupil/kernels/adaptive_avg_pool2d.hpp>
#include <pupil/kernels/add.hpp>
#include <pupil/kernels/additive_score.hpp>
#include <pupil/kernels/batch_norm.hpp>
#include <pupil/kernels/best_tile.hpp>
#include <pupil/kernels/bf16.hpp>
#include <pupil/kernels/bit_mask.hpp>
#include <pupil/kernels/channel_groups.hpp>
#include <pupil/kernels/column_sums.hpp>
#include <pupil/kernels/conv2d.hpp>
#include <pupil/kernels/conv_axis.hpp>
#include <pupil/kernels/conv_shape.hpp>
#include <pupil/kernels/depthwise_conv2d.hpp>
#include <pupil/kernels/few_rows.hpp>
#include <pupil/kernels/gathered_rows.hpp>
#include <pupil/kernels/gemm.hpp>
#include <pupil/kernels/gemm_tile.hpp>
#include <pupil/kernels/grid_destination.hpp>
#include <pupil/kernels/group_norm.hpp>
#include <pupil/kernels/gru.hpp>
#include <pupil/kernels/instruction_set.hpp>
#include <pupil/kernels/lanes.hpp>
#include <pupil/kernels/layer_norm.hpp>
#include <pupil/kernels/lines.hpp>
#include <pupil/kernels/lstm.hpp>
#include <pupil/kernels/matrix_operand.hpp>
#include <pupil/kernels/packed_right.hpp>
#include <pupil/kernels/packed_sequences.hpp>
#include <pupil/kernels/packing.hpp>
#include <pupil/kernels/patches.hpp>
#include <pupil/kernels/pool2d.hpp>
#include <pupil/kernels/precision.hpp>
#include <pupil/kernels/random_mask.hpp>
#include <pupil/kernels/recurrent_steps.hpp>
#include <pupil/kernels/softmax.hpp>
#include <pupil/kernels/standard_normal.hpp>
#include <pupil/kernels/swap_time_and_batch.hpp>
#include <pupil/kernels/window.hpp>
#if PUPIL_X86_KERNELS
#include <pupil/kernels/x86/amx_emulation.hpp>
#include <pupil/kernels/x86/amx_packing.hpp>
#include <pupil/kernels/x86/amx_permission.hpp>
#include <pupil/kernels/x86/amx_tile.hpp>
#include <pupil/kernels/x86/amx_unit.hpp>
#include <pupil/kernels/x86/bf16_avx512.hpp>
#include <pupil/kernels/x86/bf16_tile.hpp>
#include <pupil/kernels/x86/direct_conv2d.hpp>
#include <pupil/kernels/x86/direct_cuts.hpp>
#include <pupil/kernels/x86/direct_tile_avx512.hpp>
#include <pupil/kernels/x86/gemm_tile_avx2.hpp>
#include <pupil/kernels/x86/gemm_tile_avx512.hpp>
#include <pupil/kernels/x86/image_part.hpp>
#include <pupil/kernels/x86/transpose_avx2.hpp>
#include <pupil/kernels/x86/transpose_avx512.hpp>
#endif

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
#include <pupil/nn/conv1d.hpp>
#include <pupil/nn/conv2d.hpp>
#include <pupil/nn/convolution.hpp>
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
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/layer_norm.hpp>
#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/linear_units.hpp>
#include <pupil/nn/loss.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/lstm_cell.hpp>
#include <pupil/nn/lstm_recurrence.hpp>
#include <pupil/nn/max_pool2d.hpp>
#include <pupil/nn/orthogonal.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/pool_window.hpp>
#include <pupil/nn/recurrent_cell.hpp>
#include <pupil/nn/recurrent_layer.hpp>
#include <pupil/nn/recurrent_layers.hpp>
#include <pupil/nn/recurrent_state.hpp>
#include <pupil/nn/recurrent_weights.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/scaled_dot_product_attention.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/side_by_side.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/spatial_dropout2d.hpp>
#include <pupil/nn/summary.hpp>

// optim: optimizers, schedules, clipping
#include <pupil/optim/adagrad.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/adam_moments.hpp>
#include <pupil/optim/adamw.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/cosine_decay.hpp>
#include <pupil/optim/exponential_decay.hpp>
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

// io: safetensors, images, checkpoints
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/checkpoint.hpp>
#include <pupil/io/dtype.hpp>
#include <pupil/io/exif.hpp>
#include <pupil/io/glove.hpp>
#include <pupil/io/image.hpp>
#include <pupil/io/image_write.hpp>
#include <pupil/io/jpeg_segments.hpp>
#include <pupil/io/json_reader.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/io/mapped_output.hpp>
#include <pupil/io/pixels.hpp>
#include <pupil/io/png_checksum.hpp>
#include <pupil/io/resize.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/io/safetensors_header.hpp>
#include <pupil/io/safetensors_output.hpp>
#include <pupil/io/state_dict.hpp>
#include <pupil/io/system.hpp>
#include <pupil/io/temporary_file.hpp>

// text: tokens and vocabularies
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

// metrics: scores of captions
#include <pupil/metrics/bleu.hpp>
#include <pupil/metrics/caption_corpus.hpp>
#include <pupil/metrics/cider_d.hpp>
#include <pupil/metrics/ngrams.hpp>
#include <pupil/metrics/rouge_l.hpp>
#include <pupil/metrics/scores.hpp>

// data: data sets and batches
#include <pupil/data/augment.hpp>
#include <pupil/data/batches.hpp>
#include <pupil/data/canvas.hpp>
#include <pupil/data/captioned_images.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/data/epoch_plan.hpp>
#include <pupil/data/flickr8k.hpp>
#include <pupil/data/flickr8k_files.hpp>
#include <pupil/data/folders.hpp>
#include <pupil/data/hash.hpp>
#include <pupil/data/image_cache.hpp>
#include <pupil/data/progress.hpp>
#include <pupil/data/scene.hpp>
#include <pupil/data/scene_captions.hpp>
#include <pupil/data/scene_drawing.hpp>
#include <pupil/data/scene_ground.hpp>
#include <pupil/data/scenes.hpp>

// models: encoders, decoders, the captioner
#include <pupil/models/beam_search.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/models/captioner_training.hpp>
#include <pupil/models/image_encoder.hpp>
#include <pupil/models/pretrained_embedding.hpp>
#include <pupil/models/resnet.hpp>
#include <pupil/models/show_and_tell.hpp>
#include <pupil/models/small_cnn.hpp>
#include <pupil/models/word_loss.hpp>
