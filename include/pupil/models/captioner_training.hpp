#pragma once
// One step of training a captioner: encoder and decoder together, from pixels to words; the encoder from one of its
// blocks on; or, from features, the decoder alone.

#include <cmath>
#include <span>
#include <type_traits>
#include <utility>

#include <pupil/core/tensor.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/step_guard.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil {

/// The memory of training steps. Used for one step after another, it asks nothing of the system once it has seen its
/// shapes.
template <class T>
struct CaptionerContext {
  typename ImageNetwork<T>::Context encoder;
  typename Decoder<T>::Context decoder;
};

/// What of a captioner is trained, for optimizers and clipping: the decoder, and all but the first blocks of the
/// encoder, or nothing of it. Lives no longer than the captioner.
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
  Index first_trained = 0;       ///< block of the encoder from which it is trained, where it sees images
  double max_gradient_norm = 5;  ///< gradients are clipped to it
};

/// What a batch came to.
struct CaptionerLoss {
  double captions = 0;        ///< mean cross entropy over all targets
  double regularization = 0;  ///< what the decoder adds, such as the word loss
};

namespace detail {

/// Whether a training step begins at images, and not at features that were made of them.
template <class T, class Input>
inline constexpr bool sees_images = !std::is_same_v<Input, ImageFeatures<T>>;

/// The features of the input, with what the way back needs: images [N, image_size, image_size, 3] go through the
/// encoder, ImageFeatures leave it as it is.
template <class T, class Input>
ImageFeatures<T> features_to_train_on(Captioner<T>& captioner, Input input, Index first_trained,
                                      CaptionerContext<T>& context) {
  context.decoder.features_need_gradient = sees_images<T, Input>;
  if constexpr (sees_images<T, Input>) {
    return captioner.encoder().forward(std::move(input), captioner.decoder().reads(), context.encoder, first_trained);
  } else {
    return input;
  }
}

/// From the gradient of the logits to those of all that is trained.
template <class Input, class T>
void captioner_backward(Captioner<T>& captioner, const Tensor<T, 2>& d_logits, CaptionerContext<T>& context) {
  ImageFeatures<T> d_features = captioner.decoder().backward(d_logits, context.decoder);
  if constexpr (sees_images<T, Input>) captioner.encoder().backward(std::move(d_features), context.encoder);
}

/// Clips the gradients of what is trained and makes the optimizer's step. Returns their norm, before clipping; throws
/// NumericError where it is not finite.
template <class Input, class T>
double clip_and_step(Captioner<T>& captioner, Adam<T>& adam, Index first_trained, double max_gradient_norm) {
  TrainedPart<T> trained(captioner, sees_images<T, Input> ? first_trained : captioner.encoder().block_count());
  const double norm = clip_gradient_norm(trained, max_gradient_norm);
  require<NumericError>(std::isfinite(norm), "the gradients' norm is ", norm);
  adam.step(trained);
  return norm;
}

}  // namespace detail

/// Adds the gradients of the mean cross entropy over all targets of these captions, and of what the decoder adds to it,
/// to those of the captioner's parameters. The captions are of the input: images [N, image_size, image_size, 3], or
/// ImageFeatures, which leave the encoder as it is. An image goes through the encoder once, however many captions it
/// has. After an exception averages, generators, gradients and context are those of half a step; `train_captioner` puts
/// them back.
template <class T, class Input>
CaptionerLoss captioner_gradients(Captioner<T>& captioner, Input input, std::span<const CaptionBlock> captions,
                                  const CaptionerTrainingOptions& options, CaptionerContext<T>& context) {
  const ImageFeatures<T> features =
      detail::features_to_train_on(captioner, std::move(input), options.first_trained, context);
  auto logits = captioner.decoder().forward(features, captions, context.decoder);
  const auto entropy = softmax_cross_entropy(std::move(logits), target_words(captions));
  detail::captioner_backward<Input>(captioner, entropy.gradient, context);
  return {.captions = entropy.value, .regularization = context.decoder.regularization};
}

/// What a training step came to.
struct StepResult {
  CaptionerLoss loss;
  double gradient_norm = 0;  ///< before clipping
};

/// Gradients, clipping, and a step of the optimizer, for what is trained; see captioner_gradients for the input. Throws
/// NumericError where the loss or the gradients' norm is not finite. A step that throws, that or anything else, leaves
/// captioner and optimizer as they were, gradients of zero and an empty context: the next step may follow.
template <class T, class Input>
StepResult train_captioner(Captioner<T>& captioner, Adam<T>& adam, Input input, std::span<const CaptionBlock> captions,
                           const CaptionerTrainingOptions& options, CaptionerContext<T>& context) {
  StepGuard guard(captioner, context);
  StepResult result;
  result.loss = captioner_gradients(captioner, std::move(input), captions, options, context);
  const double loss = result.loss.captions + result.loss.regularization;
  require<NumericError>(std::isfinite(loss), "the loss is ", loss);
  result.gradient_norm =
      detail::clip_and_step<Input>(captioner, adam, options.first_trained, options.max_gradient_norm);
  guard.commit();
  return result;
}

}  // namespace pupil
