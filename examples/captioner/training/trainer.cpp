#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <pupil/data/sharded_epoch_plan.hpp>
#include <pupil/io/progress_bar.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/optim/cosine_decay.hpp>
#include <pupil/optim/linear_scaling.hpp>
#include <pupil/optim/warmup_stable_decay.hpp>

#include "../common/interruption.hpp"

namespace captioner {

namespace {

using pupil::Index;
using Clock = std::chrono::steady_clock;

/// More than any image has: an epoch on the metric visits each image once.
constexpr Index every_caption = 1'000'000;

/// In which a scaled learning rate rises (linear_scaling.hpp).
constexpr Index warmup_epochs = 5;

/// Numbers as printf writes them.
template <class... Numbers>
std::string printed(const char* format, Numbers... numbers) {
  char text[80];
  std::snprintf(text, sizeof text, format, numbers...);
  return text;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Trainer::Trainer(const TrainingSettings& settings, TrainingData data, TrainingState state, const RunFolder& run,
                 const Ranks& ranks, ProgressLine& line)
    : settings_(settings),
      run_(run),
      ranks_(ranks),
      line_(line),
      data_(std::move(data)),
      state_(std::move(state)),
      plateau_({.learning_rate = settings.learning_rate,
                .mode = pupil::PlateauMode::max,
                .factor = settings.plateau_factor,
                .patience = settings.plateau_patience}),
      batch_options_{
          .batch_size = settings.batch_size,
          .captions_per_image = settings.trains_on_the_metric() ? every_caption : settings.captions_per_image,
          .max_caption_length = settings.max_caption_length,
          .seed = settings.seed},
      steps_(settings_, data_, state_, ranks) {
  pupil::require<pupil::FileError>(state_.model.vocabulary() == data_.vocabulary, run.checkpoint().string(),
                                   ": knows other words than the captions of ", settings.data,
                                   " have; did the data change?");
  plateau_.restore(state_.progress.plateau);
  state_.data = data_.identity;
  state_.record = data_.record;
}

bool Trainer::run() {
  try {
    if (settings_.starts_from_a_run() && !state_.progress.has_begun()) keep_start();
    while (!finished()) run_epoch();
    return true;
  } catch (const Interrupted&) {
    if (!state_.progress.has_begun()) {
      forget_start();
      throw;
    }
    save();
    ranks_.wait_for_all();  // whose end would end rank 0 too, before it has written
    return false;
  } catch (...) {
    if (!std::filesystem::exists(run_.checkpoint())) forget_start();
    throw;
  }
}

void Trainer::forget_start() {
  if (ranks_.is_first() && state_.progress.history.empty()) std::filesystem::remove(run_.model());
}

void Trainer::keep_start() {
  if (!data_.dev_rows.empty()) {
    line_.show("scoring the dev split before the first step");
    const double cider_d = score().scores.cider_d;
    take_score(cider_d);
    line_.print("before the first step: dev CIDEr-D " + std::to_string(cider_d));
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
  const auto epoch = static_cast<std::uint64_t>(progress.epoch);
  const pupil::captioning::EpochPlan plan =
      settings_.shard_data ? pupil::captioning::plan_sharded_epoch(data_.captions, data_.shard_of_train,
                                                                   settings_.shards, batch_options_, epoch)
                           : pupil::captioning::plan_epoch(data_.captions, batch_options_, epoch);
  const auto batches = static_cast<Index>(plan.batches.size());
  while (progress.batch < batches) {
    stop_together(ranks_);
    state_.adam.set_learning_rate(learning_rate(progress.batch, batches));
    const auto count = static_cast<std::size_t>(std::min(settings_.accumulate, batches - progress.batch));
    step(std::span(plan.batches).subspan(static_cast<std::size_t>(progress.batch), count));
    if (line_.is_due()) show_progress(batches);
    const Index steps = progress.batch / settings_.accumulate;
    const bool checkpoint_due = settings_.checkpoint_every > 0 && steps % settings_.checkpoint_every == 0;
    if (checkpoint_due && progress.batch < batches) save();
  }
  finish_epoch();
}

double Trainer::learning_rate(Index batch, Index batches) const {
  const Index step = state_.progress.epoch * batches + batch;
  const double scheduled = scheduled_learning_rate(step, settings_.epochs * batches);
  if (settings_.scale_learning_rate == 0) return scheduled;
  const auto images_a_step = static_cast<double>(settings_.batch_size * settings_.accumulate);
  const pupil::LinearScaling scaling({.batch_ratio = images_a_step / static_cast<double>(settings_.scale_learning_rate),
                                      .warmup_steps = warmup_epochs * batches});
  return scheduled * scaling.factor(step);
}

double Trainer::scheduled_learning_rate(Index step, Index steps) const {
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

void Trainer::step(std::span<const pupil::captioning::PlannedBatch> planned) {
  TrainingProgress& progress = state_.progress;
  const auto start = Clock::now();
  try {
    steps_.step(planned);
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
  progress.seconds += seconds_since(start);
}

void Trainer::finish_epoch() {
  TrainingProgress& progress = state_.progress;
  progress.history.push_back(record_epoch());
  const bool is_best = progress.epochs_since_best == 0;
  if (is_best) save_model();
  progress.begin_next_epoch();
  if (ranks_.is_first()) write_history(run_.history(), progress.history, settings_);
  save();
  report(progress.history.back(), is_best);
}

EpochRecord Trainer::record_epoch() {
  TrainingProgress& progress = state_.progress;
  // The last step's, which is forgotten where scoring was interrupted and is done now.
  const Index last_step = (progress.batch - 1) / settings_.accumulate * settings_.accumulate;
  state_.adam.set_learning_rate(learning_rate(last_step, progress.batch));
  EpochRecord record{.epoch = progress.epoch + 1,
                     .train_loss = steps_.on_the_metric() ? 0 : progress.mean_loss(),
                     .reward = steps_.on_the_metric() ? progress.mean_reward() : 0,
                     .bleu = {},
                     .learning_rate = state_.adam.learning_rate(),
                     .images_per_second = progress.images_per_second(),
                     .seconds = progress.seconds};
  if (data_.dev_rows.empty()) {  // nothing to choose by: the last weights count as the best
    progress.epochs_since_best = 0;
    return record;
  }
  line_.show("epoch " + std::to_string(record.epoch) + ": scoring the dev split");
  const DevScores dev = score();
  record.bleu.assign(dev.scores.bleu.begin(), dev.scores.bleu.end());
  record.rouge_l = dev.scores.rouge_l;
  record.cider_d = dev.scores.cider_d;
  record.length = dev.length;
  record.distinct_captions = dev.distinct_captions;
  take_score(record.cider_d);
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

DevScores Trainer::score() { return score_dev(state_.scored_model(), data_, settings_.model_precision(), ranks_); }

void Trainer::save_model() {
  if (!ranks_.is_first()) return;
  pupil::captioning::save_captioner(run_.model(), state_.scored_model(), settings_.model_precision(), state_.record,
                                    data_.word_forms);
}

void Trainer::save() {
  if (ranks_.is_first()) save_checkpoint(run_, state_);
}

void Trainer::report(const EpochRecord& record, bool is_best) {
  std::string text =
      "epoch " + std::to_string(record.epoch) + ": " +
      (steps_.on_the_metric() ? printed("reward %.4f", record.reward) : printed("loss %.4f", record.train_loss));
  if (!record.bleu.empty()) text += printed(", dev CIDEr-D %.4f, BLEU-4 %.4f", record.cider_d, record.bleu.back());
  text += printed(", %.1f images/s, ", record.images_per_second) + pupil::format_duration(record.seconds);
  line_.print(text + (is_best ? ", the best so far" : ""));
}

void Trainer::show_progress(Index batches) {
  const TrainingProgress& progress = state_.progress;
  const double seconds_a_step = progress.seconds / static_cast<double>(progress.batch);
  const Index steps_left = (settings_.epochs - progress.epoch) * batches - progress.batch;
  line_.show(pupil::message("epoch ", progress.epoch + 1, '/', settings_.epochs, " step ", progress.batch, '/', batches,
                            steps_.on_the_metric() ? printed(" reward %.4f", progress.mean_reward())
                                                   : printed(" loss %.4f", progress.mean_loss()),
                            printed(" %.1f images/s", progress.images_per_second()), ", at most ",
                            pupil::format_duration(seconds_a_step * static_cast<double>(steps_left)), " left"));
}

}  // namespace captioner
