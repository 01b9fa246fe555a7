#pragma once
// One step of training a captioner from pixels to words: encoder and decoder together.

#include <cmath>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/data/batches.hpp>
#include <pupil/kernels/add.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/clip_gradients.hpp>

namespace pupil {

/// The memory of training steps. Used for one step after another, it asks nothing of the system once it has seen its
/// shapes.
template <class T>
struct CaptionerContext {
  typename ImageEncoder<T>::Context encoder;
  typename ShowAndTell<T>::Context decoder;
};

/// Adds the gradients of the mean cross entropy over all targets of the batch to the captioner's parameters, and
/// returns that mean. images [N, image_size, image_size, 3] belong to batch.images(). An image goes through the encoder
/// once, however many captions it has.
template <class T>
double captioner_gradients(Captioner<T>& captioner, Tensor<T, 4> images, const Batch& batch,
                           CaptionerContext<T>& context) {
  const Tensor<T, 2> features = captioner.encoder().forward(std::move(images), context.encoder);
  Tensor<T, 2> d_features(features.shape());
  double loss = 0;
  for (const CaptionBlock& block : batch.blocks()) {
    auto logits = captioner.decoder().forward(features, block, context.decoder);
    const auto entropy = softmax_cross_entropy(
        std::move(logits), target_words(block),
        {.ignored_target = CaptionBlock::ignored_target, .divisor = static_cast<double>(batch.target_count())});
    loss += entropy.value;
    kernels::add_to(d_features, captioner.decoder().backward(entropy.gradient, context.decoder));
  }
  captioner.encoder().backward(d_features, context.encoder);
  return loss;
}

/// What a training step came to.
struct StepResult {
  double loss = 0;
  double gradient_norm = 0;  ///< before clipping
};

/// Gradients, clipping to `max_gradient_norm`, and a step of the optimizer. Throws NumericError, with the weights as
/// they were, where the loss or the gradients' norm is not finite.
template <class T>
StepResult train_captioner(Captioner<T>& captioner, Adam<T>& adam, Tensor<T, 4> images, const Batch& batch,
                           double max_gradient_norm, CaptionerContext<T>& context) {
  StepResult result;
  result.loss = captioner_gradients(captioner, std::move(images), batch, context);
  require<NumericError>(std::isfinite(result.loss), "the loss is ", result.loss);
  result.gradient_norm = clip_gradient_norm(captioner, max_gradient_norm);
  require<NumericError>(std::isfinite(result.gradient_norm), "the gradients' norm is ", result.gradient_norm);
  adam.step(captioner);
  return result;
}

}  // namespace pupil
