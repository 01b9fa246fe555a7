#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <pupil/data/augment.hpp>
#include <pupil/data/batch_rng.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/optim/cosine_decay.hpp>
#include <pupil/optim/warmup_stable_decay.hpp>

#include "dev_scores.hpp"
#include "interruption.hpp"

namespace captioner {

namespace {

using pupil::Index;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Trainer::Trainer(const TrainingSettings& settings, TrainingData data, TrainingState state, const RunFolder& run,
                 ProgressLine& line)
    : settings_(settings),
      run_(run),
      line_(line),
      data_(std::move(data)),
      state_(std::move(state)),
      plateau_({.learning_rate = settings.learning_rate,
                .mode = pupil::PlateauMode::max,
                .factor = settings.plateau_factor,
                .patience = settings.plateau_patience}),
      batch_options_{.batch_size = settings.batch_size,
                     .captions_per_image = settings.captions_per_image,
                     .max_caption_length = settings.max_caption_length,
                     .seed = settings.seed},
      step_options_{.first_trained = state_.first_trained,
                    .max_gradient_norm = settings.max_gradient_norm,
                    .label_smoothing = settings.label_smoothing} {
  pupil::require<pupil::FileError>(state_.model.vocabulary() == data_.vocabulary, run.checkpoint().string(),
                                   ": knows other words than the captions of ", settings.data,
                                   " have; did the data change?");
  plateau_.restore(state_.progress.plateau);
  state_.data = data_.identity;
  state_.record = data_.record;
}

bool Trainer::run() {
  try {
    if (settings_.way() == TrainingWay::fine_tuned && !state_.progress.has_begun()) keep_start();
    while (!finished()) run_epoch();
    return true;
  } catch (const Interrupted&) {
    if (!state_.progress.has_begun()) {
      std::filesystem::remove(run_.model());  // all that it has is what it was started from
      throw;
    }
    save_checkpoint(run_, state_);
    return false;
  }
}

void Trainer::keep_start() {
  if (!data_.dev_rows.empty()) {
    line_.show("scoring the dev split before the first step");
    const double cider_d = score_dev(state_.scored_model(), data_, settings_.model_precision()).cider_d;
    take_score(cider_d);
    line_.print("before fine-tuning: dev CIDEr-D " + std::to_string(cider_d));
  }
  save_model();
}

bool Trainer::finished() const {
  const TrainingProgress& progress = state_.progress;
  return progress.epoch >= settings_.epochs ||
         (settings_.patience > 0 && progress.epochs_since_best >= settings_.patience);
}

void Trainer::run_epoch() {
  TrainingProgress& progress = state_.progress;
  const pupil::EpochPlan plan =
      pupil::plan_epoch(data_.captions, batch_options_, static_cast<std::uint64_t>(progress.epoch));
  const auto batches = static_cast<Index>(plan.batches.size());
  while (progress.batch < batches) {
    stop_if_interrupted();
    state_.adam.set_learning_rate(learning_rate(progress.batch, batches));
    const auto count = static_cast<std::size_t>(std::min(settings_.accumulate, batches - progress.batch));
    step(std::span(plan.batches).subspan(static_cast<std::size_t>(progress.batch), count));
    if (line_.is_due()) show_progress(batches);
    const Index steps = progress.batch / settings_.accumulate;
    const bool checkpoint_due = settings_.checkpoint_every > 0 && steps % settings_.checkpoint_every == 0;
    if (checkpoint_due && progress.batch < batches) save_checkpoint(run_, state_);
  }
  finish_epoch();
}

double Trainer::learning_rate(Index batch, Index batches) const {
  const Index step = state_.progress.epoch * batches + batch;
  const Index steps = settings_.epochs * batches;
  if (settings_.schedule == "cosine") {
    return pupil::CosineDecay({.learning_rate = settings_.learning_rate, .total_steps = steps}).learning_rate(step);
  }
  if (settings_.schedule == "warmup-stable-decay") {
    return pupil::WarmupStableDecay({.learning_rate = settings_.learning_rate,
                                     .total_steps = steps,
                                     .warmup_steps = steps / 20,
                                     .decay_steps = steps * 3 / 10})
        .learning_rate(step);
  }
  return plateau_.learning_rate();
}

void Trainer::step(std::span<const pupil::PlannedBatch> planned) {
  TrainingProgress& progress = state_.progress;
  const auto start = Clock::now();
  Index targets = 0;
  try {
    pupil::CaptionerStep step(state_.model, state_.adam, context_);
    for (std::size_t i = 0; i < planned.size(); ++i) {
      add_batch(planned[i], progress.batch + static_cast<Index>(i), step);
      targets += batch_.target_count();
    }
    const pupil::StepResult result = step.finish(step_options_.max_gradient_norm);
    progress.loss_sum += result.loss.captions * static_cast<double>(targets);
  } catch (const pupil::NumericError& error) {
    const std::string last = std::filesystem::exists(run_.checkpoint())
                                 ? "the last good checkpoint is " + run_.checkpoint().string()
                                 : "there is no checkpoint yet";
    throw pupil::NumericError(
        pupil::message("epoch ", progress.epoch + 1, ", step ", progress.batch + 1, ": ", error.what(), "; ", last));
  }
  if (state_.average) {
    const double decay = pupil::growing_decay(settings_.moving_average, state_.adam.step_count());
    state_.average->update(state_.model, decay);
  }
  progress.targets += targets;
  for (const pupil::PlannedBatch& batch : planned) progress.images += static_cast<Index>(batch.images.size());
  progress.batch += static_cast<Index>(planned.size());
  progress.seconds += seconds_since(start);
}

void Trainer::add_batch(const pupil::PlannedBatch& planned, Index batch,
                        pupil::CaptionerStep<float, pupil::AdamW<float>>& step) {
  batch_.fill(data_.captions, planned);
  pupil::CaptionerTrainingOptions options = step_options_;
  options.inputs = input_changes(batch);
  std::visit([&](auto&& input) { step.add(std::move(input), batch_.blocks(), options); }, load_input(planned, batch));
}

pupil::InputChanges Trainer::input_changes(Index batch) const {
  const Index epoch = state_.progress.epoch;
  return {.word_dropout = settings_.word_dropout,
          .drawn_share = pupil::scheduled_share(settings_.scheduled_sampling, epoch, settings_.epochs),
          .rng = pupil::batch_rng("words", settings_.seed, static_cast<std::uint64_t>(epoch), batch)};
}

EncoderInput Trainer::load_input(const pupil::PlannedBatch& planned, Index batch) const {
  pupil::Rng rng = pupil::view_rng(settings_.seed, static_cast<std::uint64_t>(state_.progress.epoch), batch);
  std::vector<Index> rows;
  for (const Index image : planned.images) rows.push_back(data_.train_rows[static_cast<std::size_t>(image)]);
  return data_.inputs->varied(rows, rng);
}

void Trainer::finish_epoch() {
  TrainingProgress& progress = state_.progress;
  progress.history.push_back(record_epoch());
  const bool is_best = progress.epochs_since_best == 0;
  if (is_best) save_model();
  progress.begin_next_epoch();
  write_history(run_, progress);
  save_checkpoint(run_, state_);
  report(progress.history.back(), is_best);
}

EpochRecord Trainer::record_epoch() {
  TrainingProgress& progress = state_.progress;
  // The last step's, which is forgotten where scoring was interrupted and is done now.
  const Index last_step = (progress.batch - 1) / settings_.accumulate * settings_.accumulate;
  state_.adam.set_learning_rate(learning_rate(last_step, progress.batch));
  EpochRecord record{.epoch = progress.epoch + 1,
                     .train_loss = progress.mean_loss(),
                     .bleu = {},
                     .learning_rate = state_.adam.learning_rate(),
                     .images_per_second = progress.images_per_second(),
                     .seconds = progress.seconds};
  if (data_.dev_rows.empty()) {  // nothing to choose by: the last weights count as the best
    progress.epochs_since_best = 0;
    return record;
  }
  line_.show("epoch " + std::to_string(record.epoch) + ": scoring the dev split");
  const pupil::CaptionScores scores = score_dev(state_.scored_model(), data_, settings_.model_precision());
  record.bleu.assign(scores.bleu.begin(), scores.bleu.end());
  record.rouge_l = scores.rouge_l;
  record.cider_d = scores.cider_d;
  take_score(scores.cider_d);
  return record;
}

void Trainer::take_score(double cider_d) {
  TrainingProgress& progress = state_.progress;
  ++progress.epochs_since_best;
  if (cider_d > progress.best_cider_d) {
    progress.best_cider_d = cider_d;
    progress.epochs_since_best = 0;
  }
  plateau_.update(cider_d);
  progress.plateau = plateau_.state();
}

void Trainer::save_model() {
  pupil::save_captioner(run_.model(), state_.scored_model(), settings_.model_precision(), state_.record);
}

void Trainer::report(const EpochRecord& record, bool is_best) {
  char text[160];
  std::snprintf(text, sizeof text, "epoch %ld: loss %.4f, dev CIDEr-D %.4f, BLEU-4 %.4f, %.1f images/s, %s%s",
                static_cast<long>(record.epoch), record.train_loss, record.cider_d,
                record.bleu.empty() ? 0.0 : record.bleu.back(), record.images_per_second,
                format_duration(record.seconds).c_str(), is_best ? ", the best so far" : "");
  line_.print(text);
}

void Trainer::show_progress(Index batches) {
  const TrainingProgress& progress = state_.progress;
  const double seconds_a_step = progress.seconds / static_cast<double>(progress.batch);
  const Index steps_left = (settings_.epochs - progress.epoch) * batches - progress.batch;
  char text[160];
  std::snprintf(text, sizeof text, "epoch %ld/%ld step %ld/%ld loss %.4f %.1f images/s, at most %s left",
                static_cast<long>(progress.epoch + 1), static_cast<long>(settings_.epochs),
                static_cast<long>(progress.batch), static_cast<long>(batches), progress.mean_loss(),
                progress.images_per_second(),
                format_duration(seconds_a_step * static_cast<double>(steps_left)).c_str());
  line_.show(text);
}

}  // namespace captioner
