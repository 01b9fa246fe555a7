#pragma once
// One step of training a captioner: encoder and decoder together, from pixels to words; the encoder from one of its
// blocks on; or, from features, the decoder alone.

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/image_features.hpp>
#include <pupil/models/input_changes.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/scale_gradients.hpp>
#include <pupil/optim/step_guard.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

/// The memory of training steps. Used for one step after another, it asks nothing of the system once it has seen its
/// shapes.
template <class T>
struct CaptionerContext {
  typename ImageNetwork<T>::Context encoder;
  typename Decoder<T>::Context decoder;
  std::vector<CaptionBlock> inputs;  ///< captions of which some inputs were changed
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
  double label_smoothing = 0;    ///< how much of every target is spread over all words
  /// Of the loss and its gradients: 1 gives sums over targets; without, they are means. A CaptionerStep has its own.
  std::optional<double> divisor = {};
  InputChanges inputs = {};  ///< of the words that the decoder reads
};

/// What a batch came to.
struct CaptionerLoss {
  double captions = 0;        ///< mean cross entropy over all targets, or their sum by another divisor
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
                                      std::optional<double> divisor, CaptionerContext<T>& context) {
  context.decoder.divisor = divisor;
  context.decoder.features_need_gradient = sees_images<T, Input>;
  if constexpr (sees_images<T, Input>) {
    return captioner.encoder().forward(std::move(input), captioner.decoder().reads(), context.encoder, first_trained);
  } else {
    return input;
  }
}

/// From the gradient of the logits to those of all that is trained.
template <class Input, class T>
void captioner_backward(Captioner<T>& captioner, const Tensor<T, 2>& d_logits, CaptionerContext<T>& context,
                        FinishedPart finished) {
  ImageFeatures<T> d_features = captioner.decoder().backward(d_logits, context.decoder);
  finished(captioner.decoder());
  if constexpr (sees_images<T, Input>) captioner.encoder().backward(std::move(d_features), context.encoder, finished);
}

/// Clips the gradients of what is trained and makes the optimizer's step. Returns their norm, before clipping; throws
/// NumericError where it is not finite.
template <class T, class Optimizer>
double clip_and_step(TrainedPart<T> trained, Optimizer& optimizer, double max_gradient_norm) {
  const double norm = clip_gradient_norm(trained, max_gradient_norm);
  require<NumericError>(std::isfinite(norm), "the gradients' norm is ", norm);
  optimizer.step(trained);
  return norm;
}

/// The first block of the encoder that a step from such an input trains.
template <class Input, class T>
Index first_trained_from(const Captioner<T>& captioner, Index first_trained) {
  return sees_images<T, Input> ? first_trained : captioner.encoder().block_count();
}

/// The same, of what a step from such an input trains.
template <class Input, class T, class Optimizer>
double clip_and_step(Captioner<T>& captioner, Optimizer& optimizer, Index first_trained, double max_gradient_norm) {
  return clip_and_step(TrainedPart<T>(captioner, first_trained_from<Input>(captioner, first_trained)), optimizer,
                       max_gradient_norm);
}

}  // namespace detail

/// Adds the gradients of the mean cross entropy over all targets of these captions, and of what the decoder adds to it,
/// to those of the captioner's parameters. The captions are of the input: images [N, image_size, image_size, 3], or
/// ImageFeatures, which leave the encoder as it is. An image goes through the encoder once, however many captions it
/// has. `finished(part)` is called for the decoder, then for each trained part of the encoder, the last first, when its
/// gradients are complete. After an exception averages, generators, gradients and context are those of half a step; a
/// CaptionerStep puts them back.
template <class T, class Input>
CaptionerLoss captioner_gradients(Captioner<T>& captioner, Input input, std::span<const CaptionBlock> captions,
                                  const CaptionerTrainingOptions& options, CaptionerContext<T>& context,
                                  FinishedPart finished = ignore_finished) {
  const ImageFeatures<T> features =
      detail::features_to_train_on(captioner, std::move(input), options.first_trained, options.divisor, context);
  const auto read = changed_inputs(captioner.decoder(), features, captions, options.inputs, context.inputs);
  auto logits = captioner.decoder().forward(features, read, context.decoder);
  const auto entropy = softmax_cross_entropy(std::move(logits), target_words(captions),
                                             {.divisor = options.divisor, .label_smoothing = options.label_smoothing});
  detail::captioner_backward<Input>(captioner, entropy.gradient, context, finished);
  return {.captions = entropy.value, .regularization = context.decoder.regularization};
}

/// What a training step came to.
struct StepResult {
  CaptionerLoss loss;
  double gradient_norm = 0;  ///< before clipping
};

/// What a part of a step's batches came to, as sums over its targets, which can be added to those of other parts.
struct CaptionerSums {
  double captions = 0;  ///< cross entropies
  double regularization = 0;
  double targets = 0;  ///< how many

  CaptionerSums& operator+=(const CaptionerSums& other) {
    captions += other.captions;
    regularization += other.regularization;
    targets += other.targets;
    return *this;
  }
};

/// Who sees the batches of a step: this one alone, or others too, such as other processes (pupil/distributed/), so that
/// gradients are summed before the step is made.
enum class StepScope { whole, parts };

/// One step of training, made of one batch or of several: the mean is over all their targets, as if they were one, but
/// batch norms see each by itself.
///
///   CaptionerStep step(captioner, optimizer, context);
///   for (const auto& [input, captions] : batches) step.add(input, captions, options);
///   const StepResult result = step.finish(options.max_gradient_norm);
///
/// Or it is made of parts, of which others have some, each of no batch, of one or of several:
///
///   CaptionerStep step(captioner, optimizer, context, StepScope::parts);
///   for (const auto& [input, captions] : batches_of_part) step.add(input, captions, options);
///   CaptionerSums sums = step.end_part();
///   ...add the sums, and the gradients, of all parts...
///   const StepResult result = step.finish(sums, first_trained, options.max_gradient_norm);
///
/// A step that is not finished, because something threw or nobody asked for it, leaves captioner and optimizer as they
/// were, gradients of zero and an empty context: the next step may follow.
template <class T, class Optimizer>
class CaptionerStep {
 public:
  CaptionerStep(Captioner<T>& captioner, Optimizer& optimizer, CaptionerContext<T>& context,
                StepScope scope = StepScope::whole)
      : captioner_(captioner), optimizer_(optimizer), context_(context), scope_(scope), guard_(captioner, context) {}

  /// Adds the gradients of a batch; see captioner_gradients for the input. Throws NumericError where its loss is not
  /// finite, unless it is of a part: then all who have parts learn of it in `finish`. All batches train the same part
  /// of the captioner: all are images, or all are features.
  ///
  /// Of the last batch of a part, `finished(part)` says when the gradients of the decoder, and then those of each
  /// trained part of the encoder, the last first, are the sums that the part ends with: they can be added to those of
  /// other parts while the rest is computed.
  template <class Input>
  void add(Input input, std::span<const CaptionBlock> captions, const CaptionerTrainingOptions& options,
           FinishedPart finished = ignore_finished) {
    first_trained_ = detail::first_trained_from<Input>(captioner_, options.first_trained);
    const auto targets = static_cast<double>(count_targets(captions));
    if (targets_ == 0) divisor_ = scope_ == StepScope::parts ? 1 : std::max(targets, 1.0);
    targets_ += targets;
    CaptionerTrainingOptions of_batch = options;
    of_batch.divisor = divisor_;
    const CaptionerLoss loss =
        captioner_gradients(captioner_, std::move(input), captions, of_batch, context_, finished);
    if (scope_ == StepScope::whole) require_finite(loss);
    loss_.captions += loss.captions;
    loss_.regularization += loss.regularization;
  }

  /// Clips the gradients and steps, for what is trained. Throws NumericError where the gradients' norm is not finite.
  StepResult finish(double max_gradient_norm) {
    return finish_with(loss_, divisor_ / std::max(targets_, 1.0), max_gradient_norm);
  }

  /// Ends a part, whose gradients are sums over its targets. What is added next is of another part, for which the
  /// gradients have to be zero.
  CaptionerSums end_part() {
    const CaptionerLoss loss = std::exchange(loss_, {});
    return {.captions = loss.captions, .regularization = loss.regularization, .targets = std::exchange(targets_, 0)};
  }

  /// Makes the step of all parts, whose sums are given and whose gradients have been added. It is the same for all who
  /// have parts: clipping sees the whole, and where a loss or gradient is not finite, each throws the same
  /// NumericError. `first_trained` is needed because there may have been no batch here: the first block of the encoder
  /// that is trained, or how many there are where features are learned from.
  StepResult finish(const CaptionerSums& whole, Index first_trained, double max_gradient_norm) {
    first_trained_ = first_trained;
    return finish_with({.captions = whole.captions, .regularization = whole.regularization}, 1 / whole.targets,
                       max_gradient_norm);
  }

 private:
  static void require_finite(const CaptionerLoss& loss) {
    const double sum = loss.captions + loss.regularization;
    require<NumericError>(std::isfinite(sum), "the loss is ", sum);
  }

  /// Loss and gradients become means by this factor. It is 1 of a single batch: there is nothing to do then.
  StepResult finish_with(CaptionerLoss loss, double factor, double max_gradient_norm) {
    loss.captions *= factor;
    loss.regularization *= factor;
    require_finite(loss);
    TrainedPart<T> trained(captioner_, first_trained_);
    if (factor != 1) scale_gradients(trained, factor);
    const double norm = detail::clip_and_step(trained, optimizer_, max_gradient_norm);
    guard_.commit();
    return {.loss = loss, .gradient_norm = norm};
  }

  Captioner<T>& captioner_;
  Optimizer& optimizer_;
  CaptionerContext<T>& context_;
  StepScope scope_;
  StepGuard<Captioner<T>, CaptionerContext<T>> guard_;
  Index first_trained_ = 0;
  double targets_ = 0;  ///< of all batches, or of the part's
  double divisor_ = 1;  ///< by which losses and gradients were divided: the first batch's targets, or 1 of parts
  CaptionerLoss loss_;
};

/// A CaptionerStep of one batch.
template <class T, class Optimizer, class Input>
StepResult train_captioner(Captioner<T>& captioner, Optimizer& optimizer, Input input,
                           std::span<const CaptionBlock> captions, const CaptionerTrainingOptions& options,
                           CaptionerContext<T>& context) {
  CaptionerStep<T, Optimizer> step(captioner, optimizer, context);
  step.add(std::move(input), captions, options);
  return step.finish(options.max_gradient_norm);
}

}  // namespace pupil::captioning
