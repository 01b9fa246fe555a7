#pragma once
// One step of training a captioner: encoder and decoder together, from pixels to words; the encoder from one of its
// blocks on; or, from pooled features, all but the encoder's network.

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
#include <pupil/optim/step_guard.hpp>

namespace pupil {

/// The memory of training steps. Used for one step after another, it asks nothing of the system once it has seen its
/// shapes.
template <class T>
struct CaptionerContext {
  typename ImageEncoder<T>::Context encoder;
  typename ShowAndTell<T>::Context decoder;
};

/// What of a captioner is trained, for optimizers and clipping: all but the first blocks of the encoder's network, or
/// all but that network. Lives no longer than the captioner.
template <class T>
class TrainedPart {
 public:
  /// Blocks from `first_trained` on are trained; see BlockChain.
  TrainedPart(Captioner<T>& captioner, Index first_trained) : captioner_(captioner), first_trained_(first_trained) {}

  /// The captioner's names, in its order.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    captioner_.encoder().visit(visitor, name / "encoder", first_trained_);
    captioner_.decoder().visit(visitor, name / "decoder");
  }

 private:
  Captioner<T>& captioner_;
  Index first_trained_;
};

struct CaptionerTrainingOptions {
  Index first_trained = 0;       ///< block of the encoder's network from which it is trained, where it sees images
  double max_gradient_norm = 5;  ///< gradients are clipped to it
  double word_loss_weight = 0;   ///< 1 is as much as the loss of the captions
};

/// What a batch came to.
struct CaptionerLoss {
  double captions = 0;  ///< mean cross entropy over all targets
  double words = 0;     ///< the weighted word loss
};

/// Adds the gradients of the mean cross entropy over all targets of the batch, and of the weighted word loss, to those
/// of the captioner's parameters. The input, images [N, image_size, image_size, 3] or pooled features
/// [N, pooled_size], belongs to batch.images(). An image goes through the encoder once, however many captions it has;
/// pooled features leave the encoder's network as it is. After an exception averages, generators, gradients and context
/// are those of half a step; `train_captioner` puts them back.
template <class T, std::size_t Rank>
CaptionerLoss captioner_gradients(Captioner<T>& captioner, Tensor<T, Rank> input, const Batch& batch,
                                  const CaptionerTrainingOptions& options, CaptionerContext<T>& context) {
  constexpr bool sees_images = Rank == 4;
  ImageEncoder<T>& encoder = captioner.encoder();
  const Tensor<T, 2> features = [&] {
    if constexpr (sees_images)
      return encoder.forward(std::move(input), context.encoder, options.first_trained);
    else
      return encoder.forward_pooled(std::move(input), context.encoder);
  }();
  Tensor<T, 2> d_features(features.shape());
  CaptionerLoss loss;
  if (options.word_loss_weight > 0) {
    auto words = word_loss(captioner.decoder().embedding(), features, batch, options.word_loss_weight);
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
  if constexpr (sees_images) {
    encoder.backward(std::move(d_features), context.encoder);
  } else {
    encoder.backward_pooled(std::move(d_features), context.encoder);
  }
  return loss;
}

/// What a training step came to.
struct StepResult {
  CaptionerLoss loss;
  double gradient_norm = 0;  ///< before clipping
};

/// Gradients, clipping, and a step of the optimizer, for what is trained; see captioner_gradients for the input. Throws
/// NumericError where the loss or the gradients' norm is not finite. A step that throws, that or anything else, leaves
/// captioner and optimizer as they were, gradients of zero and an empty context: the next step may follow.
template <class T, std::size_t Rank>
StepResult train_captioner(Captioner<T>& captioner, Adam<T>& adam, Tensor<T, Rank> input, const Batch& batch,
                           const CaptionerTrainingOptions& options, CaptionerContext<T>& context) {
  StepGuard guard(captioner, context);
  StepResult result;
  result.loss = captioner_gradients(captioner, std::move(input), batch, options, context);
  const double loss = result.loss.captions + result.loss.words;
  require<NumericError>(std::isfinite(loss), "the loss is ", loss);
  constexpr bool sees_images = Rank == 4;
  TrainedPart<T> trained(captioner, sees_images ? options.first_trained : captioner.encoder().network().block_count());
  result.gradient_norm = clip_gradient_norm(trained, options.max_gradient_norm);
  require<NumericError>(std::isfinite(result.gradient_norm), "the gradients' norm is ", result.gradient_norm);
  adam.step(trained);
  guard.commit();
  return result;
}

}  // namespace pupil
