#pragma once
// One step of training a captioner from pixels to words: encoder and decoder together.

#include <cmath>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/data/batches.hpp>
#include <pupil/kernels/add.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/word_loss.hpp>
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

/// What a batch came to.
struct CaptionerLoss {
  double captions = 0;  ///< mean cross entropy over all targets
  double words = 0;     ///< the weighted word loss
};

/// Adds the gradients of the mean cross entropy over all targets of the batch, and of `word_loss_weight` times the word
/// loss, to those of the captioner's parameters. images [N, image_size, image_size, 3] belong to batch.images(). An
/// image goes through the encoder once, however many captions it has.
template <class T>
CaptionerLoss captioner_gradients(Captioner<T>& captioner, Tensor<T, 4> images, const Batch& batch,
                                  double word_loss_weight, CaptionerContext<T>& context) {
  const Tensor<T, 2> features = captioner.encoder().forward(std::move(images), context.encoder);
  Tensor<T, 2> d_features(features.shape());
  CaptionerLoss loss;
  if (word_loss_weight > 0) {
    auto words = word_loss(captioner.decoder().embedding(), features, batch, word_loss_weight);
    loss.words = words.value;
    d_features = std::move(words.d_features);
  }
  for (const CaptionBlock& block : batch.blocks()) {
    auto logits = captioner.decoder().forward(features, block, context.decoder);
    const auto entropy = softmax_cross_entropy(
        std::move(logits), target_words(block),
        {.ignored_target = CaptionBlock::ignored_target, .divisor = static_cast<double>(batch.target_count())});
    loss.captions += entropy.value;
    kernels::add_to(d_features, captioner.decoder().backward(entropy.gradient, context.decoder));
  }
  captioner.encoder().backward(d_features, context.encoder);
  return loss;
}

struct CaptionerTrainingOptions {
  double max_gradient_norm = 5;  ///< gradients are clipped to it
  double word_loss_weight = 0;   ///< 1 is as much as the loss of the captions
};

/// What a training step came to.
struct StepResult {
  CaptionerLoss loss;
  double gradient_norm = 0;  ///< before clipping
};

/// Gradients, clipping, and a step of the optimizer. Throws NumericError, with the weights as they were, where the loss
/// or the gradients' norm is not finite.
template <class T>
StepResult train_captioner(Captioner<T>& captioner, Adam<T>& adam, Tensor<T, 4> images, const Batch& batch,
                           const CaptionerTrainingOptions& options, CaptionerContext<T>& context) {
  StepResult result;
  result.loss = captioner_gradients(captioner, std::move(images), batch, options.word_loss_weight, context);
  const double loss = result.loss.captions + result.loss.words;
  require<NumericError>(std::isfinite(loss), "the loss is ", loss);
  result.gradient_norm = clip_gradient_norm(captioner, options.max_gradient_norm);
  require<NumericError>(std::isfinite(result.gradient_norm), "the gradients' norm is ", result.gradient_norm);
  adam.step(captioner);
  return result;
}

}  // namespace pupil
