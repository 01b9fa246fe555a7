#include "training_steps.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace captioner {

namespace {

/// As padded as those of the epoch's plan.
constexpr double most_padding = pupil::captioning::BatchOptions{}.max_padding;

}  // namespace

TrainingSteps::TrainingSteps(const TrainingSettings& settings, const TrainingData& data, TrainingState& state,
                             const Ranks& ranks)
    : data_(data),
      state_(state),
      ranks_(ranks),
      batches_(settings, data),
      options_{.first_trained = state.first_trained,
               .max_gradient_norm = settings.max_gradient_norm,
               .label_smoothing = settings.label_smoothing},
      sync_batch_norm_(settings.sync_batch_norm),
      gradients_(ranks.shard_gradients(state.trained_part(), settings.shards)) {
  if (settings.trains_on_the_metric()) metric_.emplace(settings, data);
}

void TrainingSteps::step(std::span<const pupil::captioning::PlannedBatch> planned) {
  if (metric_) {
    gradients_ ? learn_from_rewards_in_shards(planned.front()) : learn_from_rewards(planned.front());
  } else {
    gradients_ ? learn_captions_in_shards(planned) : learn_captions(planned);
  }
  for (const pupil::captioning::PlannedBatch& batch : planned)
    state_.progress.images += static_cast<pupil::Index>(batch.images.size());
  state_.progress.batch += static_cast<pupil::Index>(planned.size());
}

void TrainingSteps::learn_captions(std::span<const pupil::captioning::PlannedBatch> planned) {
  pupil::Index targets = 0;
  for (const pupil::captioning::PlannedBatch& batch : planned) {
    for (const pupil::captioning::PlannedCaption& caption : batch.captions) targets += caption.steps;
  }
  CaptionerStep step(state_.model, state_.adam, context_);
  BatchPlace place = next_batch();
  for (const pupil::captioning::PlannedBatch& batch : planned) {
    add_batch(batch, place, Share(),
              [&](auto&&... arguments) { step.add(std::forward<decltype(arguments)>(arguments)...); });
    ++place.batch;
  }
  const pupil::captioning::StepResult result = step.finish(options_.max_gradient_norm);
  state_.progress.loss_sum += result.loss.captions * static_cast<double>(targets);
  state_.progress.targets += targets;
}

void TrainingSteps::learn_captions_in_shards(std::span<const pupil::captioning::PlannedBatch> planned) {
  CaptionerStep step(state_.model, state_.adam, context_, pupil::captioning::StepScope::parts);
  std::vector<pupil::captioning::CaptionerSums> mine;
  gradients_->sum([&](pupil::Index shard, pupil::FinishedPart finished) {
    add_part(planned, {shard, gradients_->shards()}, step, finished);
    mine.push_back(step.end_part());
  });
  const auto whole = sum_of_shards(ranks_, mine);
  step.finish(whole, state_.first_trained, options_.max_gradient_norm);
  state_.progress.loss_sum += whole.captions;
  state_.progress.targets += static_cast<pupil::Index>(whole.targets);
}

void TrainingSteps::learn_from_rewards(const pupil::captioning::PlannedBatch& planned) {
  const auto result = metric_->step(state_, batches_.input(planned, next_batch(), Share()), planned.images, context_);
  state_.progress.reward_sum += result.reward * static_cast<double>(result.captions);
  state_.progress.samples += result.captions;
}

void TrainingSteps::learn_from_rewards_in_shards(const pupil::captioning::PlannedBatch& planned) {
  auto step = metric_->begin_shared_step(state_, context_);
  std::vector<pupil::captioning::SelfCriticalSums> mine;
  gradients_->sum([&](pupil::Index shard, pupil::FinishedPart finished) {
    const Share share{shard, gradients_->shards()};
    share_statistics(planned);
    const pupil::captioning::BatchRange range = share.of(planned);
    mine.emplace_back();
    if (range.size() == 0) return;
    const auto images = part_of(std::span<const pupil::Index>(planned.images), range);
    mine.back() =
        metric_->add_part(state_, step, batches_.input(planned, next_batch(), share), images, range.begin, finished);
  });
  const auto whole = sum_of_shards(ranks_, mine);
  step.finish(whole, state_.first_trained);
  state_.progress.reward_sum += whole.reward;
  state_.progress.samples += static_cast<pupil::Index>(whole.captions);
}

void TrainingSteps::add_part(std::span<const pupil::captioning::PlannedBatch> planned, const Share& share,
                             CaptionerStep& step, pupil::FinishedPart finished) {
  const auto has_images = [&](const pupil::captioning::PlannedBatch& batch) { return share.of(batch).size() > 0; };
  const auto last = std::find_if(planned.rbegin(), planned.rend(), has_images);
  BatchPlace place = next_batch();
  for (const pupil::captioning::PlannedBatch& batch : planned) {
    share_statistics(batch);
    const bool is_last = last != planned.rend() && &batch == &*last;
    const pupil::FinishedPart tell = is_last ? finished : pupil::FinishedPart(pupil::ignore_finished);
    if (has_images(batch)) {
      add_batch(batch, place, share,
                [&](auto&&... arguments) { step.add(std::forward<decltype(arguments)>(arguments)..., tell); });
    }
    ++place.batch;
  }
}

void TrainingSteps::share_statistics(const pupil::captioning::PlannedBatch& planned) {
  if (!sync_batch_norm_) return;
  bool is_shared_by_all = true;
  for (pupil::Index share = 0; share < gradients_->shards(); ++share) {
    is_shared_by_all = is_shared_by_all && Share{share, gradients_->shards()}.of(planned).size() > 0;
  }
  gradients_->share_statistics(is_shared_by_all);
}

template <class Add>
void TrainingSteps::add_batch(const pupil::captioning::PlannedBatch& planned, const BatchPlace& place,
                              const Share& share, const Add& add) {
  const pupil::captioning::BatchRange images = share.of(planned);
  batch_.fill(data_.captions,
              share.is_whole() ? planned : pupil::captioning::part_of_batch(planned, images, most_padding));
  pupil::captioning::CaptionerTrainingOptions options = options_;
  options.inputs = batches_.changes(place, share);
  std::visit([&](auto&& input) { add(std::move(input), batch_.blocks(), options); },
             batches_.input(planned, place, share));
}

}  // namespace captioner
