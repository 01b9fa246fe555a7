#pragma once
// Training on the metric: a captioner says several captions of each image, and those that score better than the others
// of the same image become more probable. Rennie, Marcheret, Mroueh, Ross, Goel, "Self-critical sequence training for
// image captioning", 2017; the baseline is that of Luo, "A better variant of self-critical sequence training", 2020:
//
//   A_s = r_s - mean of r over the other samples of the image
//   L   = -(1 / words) sum over samples s and their words of A_s ln p
//
// or, as Rennie has it, r_s less the reward of what greedy search says. p is the probability among the words that can
// be drawn. Captions are drawn as they are made for use, without dropout. Where the captioner has some, gradients are
// those of a part of it: a regularisation.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/stable_sort.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/metrics/cider_d_reward.hpp>
#include <pupil/models/beam_search.hpp>
#include <pupil/models/captioner.hpp>
#include <pupil/models/captioner_training.hpp>
#include <pupil/models/found_caption.hpp>
#include <pupil/models/sampling.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/policy_gradient.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/step_guard.hpp>
#include <pupil/text/caption_block.hpp>

namespace pupil::captioning {

/// What a sampled caption has to be better than.
enum class RewardBaseline { other_samples, greedy };

struct SelfCriticalOptions {
  Index samples = 5;  ///< of each image; two at least where they are compared with each other
  RewardBaseline baseline = RewardBaseline::other_samples;
  Index first_trained = 0;       ///< as CaptionerTrainingOptions has it
  double max_gradient_norm = 5;  ///< gradients are clipped to it
  /// Of the loss and its gradients, as CaptionerTrainingOptions has it: here the targets are words that were drawn.
  std::optional<double> divisor = {};
};

/// What a step on the metric came to.
struct SelfCriticalResult {
  double reward = 0;         ///< mean over the samples
  double length = 0;         ///< mean, in words
  Index captions = 0;        ///< how many were sampled
  Index distinct = 0;        ///< how many of them are different
  double gradient_norm = 0;  ///< before clipping
};

/// A block of captions that a decoder has said, of these images, so that their probabilities have gradients: the
/// longest first. `order` is filled with the numbers of the captions in that order.
inline CaptionBlock block_of_captions(std::span<const FoundCaption> captions, std::span<const Index> image_rows,
                                      std::vector<std::size_t>& order) {
  order.resize(captions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  pupil::detail::stable_sort(order.begin(), order.end(),
                             [&](std::size_t a, std::size_t b) { return captions[a].steps() > captions[b].steps(); });
  const Index time = order.empty() ? 0 : captions[order.front()].steps();
  const Shape<2> shape{time, static_cast<Index>(captions.size())};
  CaptionBlock block{.inputs = Tensor<std::int32_t, 2>::uninitialized(shape),
                     .targets = Tensor<std::int32_t, 2>::uninitialized(shape),
                     .lengths = {},
                     .image_rows = {}};
  for (Index c = 0; c < shape[1]; ++c) {
    const FoundCaption& caption = captions[order[static_cast<std::size_t>(c)]];
    fill_caption(caption.words, caption.steps(), c, block);
    block.lengths.push_back(caption.steps());
    block.image_rows.push_back(image_rows[order[static_cast<std::size_t>(c)]]);
  }
  return block;
}

namespace detail {

/// Captions that were said of a batch of images, and which of them each is of.
struct SaidCaptions {
  std::vector<FoundCaption> captions;
  std::vector<Index> image_rows;

  void add(FoundCaption caption, Index image_row) {
    captions.push_back(std::move(caption));
    image_rows.push_back(image_row);
  }
};

/// The CIDEr-D of each caption; `images` says which of the reward's images each row of the batch is.
inline std::vector<double> rewards_of(const CiderDReward& reward, const SaidCaptions& said,
                                      std::span<const Index> images) {
  std::vector<std::vector<std::int32_t>> words;
  for (const FoundCaption& caption : said.captions) {
    words.push_back(caption.words);
    if (caption.ended) words.back().push_back(Vocabulary::end);
  }
  std::vector<SampledCaption> sampled;
  for (std::size_t i = 0; i < words.size(); ++i) {
    sampled.push_back({images[static_cast<std::size_t>(said.image_rows[i])], words[i]});
  }
  return reward(sampled);
}

/// By how much each reward is above the mean of the others of its image, of which there are `samples` in a row.
inline std::vector<double> above_others(std::span<const double> rewards, Index samples) {
  std::vector<double> advantages;
  const auto group = static_cast<std::size_t>(samples);
  for (std::size_t first = 0; first < rewards.size(); first += group) {
    const auto of_image = rewards.subspan(first, group);
    const double sum = std::accumulate(of_image.begin(), of_image.end(), 0.0);
    for (const double reward : of_image) {
      advantages.push_back(reward - (sum - reward) / static_cast<double>(samples - 1));
    }
  }
  return advantages;
}

/// The advantage of each target of a block, in the order of `target_words`.
inline std::vector<double> advantages_of_targets(const CaptionBlock& block, std::span<const std::size_t> order,
                                                 std::span<const double> advantages) {
  std::vector<double> of_targets;
  for (Index t = 0; t < block.targets.dim(0); ++t) {
    for (std::size_t c = 0; c < order.size() && block.lengths[c] > t; ++c) of_targets.push_back(advantages[order[c]]);
  }
  return of_targets;
}

template <class T>
SaidCaptions draw_captions(const Decoder<T>& decoder, const ImageFeatures<T>& features,
                           const SamplingOptions& options) {
  SaidCaptions said;
  Index image_row = 0;
  for (auto& of_image : sample_captions(decoder, features, options)) {
    for (FoundCaption& caption : of_image) said.add(std::move(caption), image_row);
    ++image_row;
  }
  return said;
}

/// By how much each reward is above what greedy search gets for the same image.
template <class T>
std::vector<double> above_greedy(const Decoder<T>& decoder, const ImageFeatures<T>& features,
                                 const CiderDReward& reward, std::span<const Index> images, const SaidCaptions& said,
                                 std::span<const double> rewards) {
  SaidCaptions greedy;
  for (FoundCaption& caption : beam_search(decoder, features)) {
    greedy.add(std::move(caption), static_cast<Index>(greedy.captions.size()));
  }
  const std::vector<double> of_greedy = rewards_of(reward, greedy, images);
  std::vector<double> advantages;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    advantages.push_back(rewards[i] - of_greedy[static_cast<std::size_t>(said.image_rows[i])]);
  }
  return advantages;
}

/// The logits of the words that are drawn from: of others, minus infinity. Were p the probability among all words, what
/// is never drawn, such as "unknown", would get a share of every loss and no reward of its own, and would grow until
/// little else is left.
template <class T>
Tensor<T, 2> among_said_words(Tensor<T, 2> logits) {
  for (Index row = 0; row < logits.rows(); ++row) {
    for (const std::int32_t word : Vocabulary::never_said) logits(row, word) = -std::numeric_limits<T>::infinity();
  }
  return logits;
}

inline SelfCriticalResult summary_of(const SaidCaptions& said, std::span<const double> rewards) {
  SelfCriticalResult result{.captions = static_cast<Index>(said.captions.size())};
  std::set<std::vector<std::int32_t>> distinct;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    result.reward += rewards[i] / static_cast<double>(rewards.size());
    result.length += static_cast<double>(said.captions[i].words.size()) / static_cast<double>(rewards.size());
    distinct.insert(said.captions[i].words);
  }
  result.distinct = static_cast<Index>(distinct.size());
  return result;
}

/// Throws OptionError for too few samples.
inline void check_options(const SelfCriticalOptions& options) {
  const bool among_each_other = options.baseline == RewardBaseline::other_samples;
  require<OptionError>(options.samples >= (among_each_other ? 2 : 1), "train_on_cider_d: samples is ", options.samples,
                       among_each_other ? ", two or more are compared with each other" : "");
}

}  // namespace detail

/// What captions were drawn for a batch, and came to.
struct SelfCriticalLoss {
  double value = 0;  ///< the mean over their words, or their sum by another divisor
  Index words = 0;   ///< with the ends
  SelfCriticalResult drawn;
};

/// Adds the gradients of the mean loss over all words of captions that are drawn now. Their random numbers depend on
/// the seed and on the number of their image, which is `first_image` for the first: those of a part of a batch are
/// drawn as they are in the whole. `finished` is told as captioner_gradients does. For the rest see train_on_cider_d;
/// after an exception all is as captioner_gradients has it.
template <class T, class Input>
SelfCriticalLoss self_critical_gradients(Captioner<T>& captioner, Input input, std::span<const Index> images,
                                         const CiderDReward& reward, const SelfCriticalOptions& options,
                                         std::uint64_t seed, Index first_image, CaptionerContext<T>& context,
                                         FinishedPart finished = ignore_finished) {
  detail::check_options(options);
  Decoder<T>& decoder = captioner.decoder();
  const ImageFeatures<T> features =
      detail::features_to_train_on(captioner, std::move(input), options.first_trained, options.divisor, context);

  const detail::SaidCaptions said = detail::draw_captions(
      std::as_const(decoder), features, {.samples = options.samples, .seed = seed, .first_image = first_image});
  const std::vector<double> rewards = detail::rewards_of(reward, said, images);
  const std::vector<double> advantages =
      options.baseline == RewardBaseline::other_samples
          ? detail::above_others(rewards, options.samples)
          : detail::above_greedy(std::as_const(decoder), features, reward, images, said, rewards);

  std::vector<std::size_t> order;
  const CaptionBlock block = block_of_captions(said.captions, said.image_rows, order);
  const std::span<const CaptionBlock> blocks(&block, 1);
  const auto loss =
      policy_gradient(detail::among_said_words(decoder.forward(features, blocks, context.decoder)),
                      target_words(blocks), detail::advantages_of_targets(block, order, advantages), options.divisor);
  detail::captioner_backward<Input>(captioner, loss.gradient, context, finished);
  return {.value = static_cast<double>(loss.value),
          .words = count_targets(blocks),
          .drawn = detail::summary_of(said, rewards)};
}

/// A training step on CIDEr-D. The input is images [N, image_size, image_size, 3] or ImageFeatures, as train_captioner
/// takes it; `images` says which of the reward's images each is. The same seed draws the same captions on any number of
/// threads; give each step another. Throws as train_captioner does, and leaves all as it was then; OptionError for too
/// few samples.
template <class T, class Optimizer, class Input>
SelfCriticalResult train_on_cider_d(Captioner<T>& captioner, Optimizer& optimizer, Input input,
                                    std::span<const Index> images, const CiderDReward& reward,
                                    const SelfCriticalOptions& options, std::uint64_t seed,
                                    CaptionerContext<T>& context) {
  StepGuard guard(captioner, context);
  SelfCriticalLoss loss =
      self_critical_gradients(captioner, std::move(input), images, reward, options, seed, 0, context);
  require<NumericError>(std::isfinite(loss.value), "the loss is ", loss.value);
  loss.drawn.gradient_norm =
      detail::clip_and_step<Input>(captioner, optimizer, options.first_trained, options.max_gradient_norm);
  guard.commit();
  return loss.drawn;
}

/// What a part of a step on the metric came to, as sums, which can be added to those of other parts.
struct SelfCriticalSums {
  double loss = 0;      ///< over words
  double words = 0;     ///< how many
  double reward = 0;    ///< over captions
  double length = 0;    ///< of captions, in words
  double captions = 0;  ///< how many

  SelfCriticalSums& operator+=(const SelfCriticalSums& other) {
    loss += other.loss;
    words += other.words;
    reward += other.reward;
    length += other.length;
    captions += other.captions;
    return *this;
  }
};

/// A step on CIDEr-D that is made of parts, of which others have some, as a CaptionerStep of StepScope::parts is:
///
///   SelfCriticalStep step(captioner, optimizer, reward, options, context);
///   SelfCriticalSums sums = step.add_part(input, images, seed, first_image);
///   ...add the sums, and the gradients, of all parts...
///   const SelfCriticalResult result = step.finish(sums, first_trained);
///
/// A step that is not finished leaves all as it was.
template <class T, class Optimizer>
class SelfCriticalStep {
 public:
  /// Throws OptionError for too few samples.
  SelfCriticalStep(Captioner<T>& captioner, Optimizer& optimizer, const CiderDReward& reward,
                   const SelfCriticalOptions& options, CaptionerContext<T>& context)
      : captioner_(captioner),
        optimizer_(optimizer),
        reward_(reward),
        options_(options),
        context_(context),
        guard_(captioner, context) {
    detail::check_options(options);
    options_.divisor = 1;
  }

  /// Makes the gradients, which have to be zero, sums over the words of captions that are drawn for these images. The
  /// first of them is number `first_image` of the step's, and no part draws otherwise than the whole would. `finished`
  /// is told as CaptionerStep::add does.
  template <class Input>
  SelfCriticalSums add_part(Input input, std::span<const Index> images, std::uint64_t seed, Index first_image,
                            FinishedPart finished = ignore_finished) {
    const SelfCriticalLoss loss = self_critical_gradients(captioner_, std::move(input), images, reward_, options_, seed,
                                                          first_image, context_, finished);
    const auto captions = static_cast<double>(loss.drawn.captions);
    return {.loss = loss.value,
            .words = static_cast<double>(loss.words),
            .reward = loss.drawn.reward * captions,
            .length = loss.drawn.length * captions,
            .captions = captions};
  }

  /// As CaptionerStep::finish of parts. How many captions are different is not known of the whole: `distinct` is 0.
  SelfCriticalResult finish(const SelfCriticalSums& whole, Index first_trained) {
    const double loss = whole.loss / whole.words;
    require<NumericError>(std::isfinite(loss), "the loss is ", loss);
    TrainedPart<T> trained(captioner_, first_trained);
    scale_gradients(trained, 1 / whole.words);
    const double norm = detail::clip_and_step(trained, optimizer_, options_.max_gradient_norm);
    guard_.commit();
    return {.reward = whole.reward / whole.captions,
            .length = whole.length / whole.captions,
            .captions = static_cast<Index>(whole.captions),
            .gradient_norm = norm};
  }

 private:
  Captioner<T>& captioner_;
  Optimizer& optimizer_;
  const CiderDReward& reward_;
  SelfCriticalOptions options_;
  CaptionerContext<T>& context_;
  StepGuard<Captioner<T>, CaptionerContext<T>> guard_;
};

}  // namespace pupil::captioning
