#include "trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <pupil/metrics/scores.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/optim/cosine_decay.hpp>

#include "captioning.hpp"
#include "interruption.hpp"

namespace captioner {

namespace {

using pupil::Index;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

pupil::CaptionerOptions captioner_options(const TrainingSettings& settings) {
  return {.encoder = settings.encoder,
          .encoder_width = settings.encoder_width,
          .image_size = settings.image_size,
          .resize_to = settings.resized(),
          .embedding_size = settings.embedding_size,
          .hidden_size = settings.hidden_size,
          .dropout = settings.dropout,
          .max_caption_length = settings.max_caption_length};
}

}  // namespace

Trainer::Trainer(const TrainingSettings& settings, TrainingData data, const RunFolder& run, ProgressLine& line)
    : settings_(settings),
      run_(run),
      line_(line),
      data_(std::move(data)),
      state_(std::filesystem::exists(run.checkpoint()) ? load_checkpoint(run) : begin()),
      plateau_({.learning_rate = settings.learning_rate,
                .mode = pupil::PlateauMode::max,
                .factor = settings.plateau_factor,
                .patience = settings.plateau_patience}),
      batch_options_{.batch_size = settings.batch_size,
                     .captions_per_image = settings.captions_per_image,
                     .max_caption_length = settings.max_caption_length,
                     .seed = settings.seed} {
  pupil::require<pupil::FileError>(state_.model.vocabulary() == data_.vocabulary, run.checkpoint().string(),
                                   ": knows other words than the captions of ", settings.data,
                                   " have; did the data change?");
  plateau_.restore(state_.progress.plateau);
}

TrainingState Trainer::begin() const {
  pupil::Rng rng(settings_.seed);
  TrainingState state{
      pupil::Captioner<float>(captioner_options(settings_), data_.vocabulary, rng), pupil::Adam<float>(), {}};
  state.progress.plateau.learning_rate = settings_.learning_rate;
  return state;
}

bool Trainer::finished() const {
  const TrainingProgress& progress = state_.progress;
  return progress.epoch >= settings_.epochs ||
         (settings_.patience > 0 && progress.epochs_since_best >= settings_.patience);
}

bool Trainer::run() {
  while (!finished()) {
    if (!run_epoch()) return false;
  }
  return true;
}

bool Trainer::run_epoch() {
  TrainingProgress& progress = state_.progress;
  const pupil::EpochPlan plan =
      pupil::plan_epoch(data_.captions, batch_options_, static_cast<std::uint64_t>(progress.epoch));
  const auto batches = static_cast<Index>(plan.batches.size());
  while (progress.batch < batches) {
    if (is_interrupted()) {
      save_checkpoint(run_, state_);
      return false;
    }
    state_.adam.set_learning_rate(learning_rate(batches));
    step(plan.batches[static_cast<std::size_t>(progress.batch)]);
    if (line_.is_due()) show_progress(batches);
    const bool checkpoint_due = settings_.checkpoint_every > 0 && progress.batch % settings_.checkpoint_every == 0;
    if (checkpoint_due && progress.batch < batches) save_checkpoint(run_, state_);
  }
  finish_epoch();
  return true;
}

double Trainer::learning_rate(Index batches) const {
  if (settings_.schedule == "plateau") return plateau_.learning_rate();
  const pupil::CosineDecay cosine(
      {.learning_rate = settings_.learning_rate, .total_steps = settings_.epochs * batches});
  return cosine.learning_rate(state_.progress.epoch * batches + state_.progress.batch);
}

void Trainer::step(const pupil::PlannedBatch& planned) {
  TrainingProgress& progress = state_.progress;
  const auto start = Clock::now();
  batch_.fill(data_.captions, planned);
  const auto count = static_cast<Index>(planned.images.size());
  auto images = pupil::Tensor<float, 4>::uninitialized({count, settings_.image_size, settings_.image_size, 3});
  load_batch(planned, images);
  try {
    const pupil::CaptionerTrainingOptions options{.max_gradient_norm = settings_.max_gradient_norm,
                                                  .word_loss_weight = settings_.word_loss};
    const pupil::StepResult result =
        pupil::train_captioner(state_.model, state_.adam, std::move(images), batch_, options, context_);
    progress.loss_sum += result.loss.captions * static_cast<double>(batch_.target_count());
  } catch (const pupil::NumericError& error) {
    const std::string last = std::filesystem::exists(run_.checkpoint())
                                 ? "the last good checkpoint is " + run_.checkpoint().string()
                                 : "there is no checkpoint yet";
    throw pupil::NumericError(
        pupil::message("epoch ", progress.epoch + 1, ", step ", progress.batch + 1, ": ", error.what(), "; ", last));
  }
  progress.targets += batch_.target_count();
  progress.images += count;
  ++progress.batch;
  progress.seconds += seconds_since(start);
}

void Trainer::load_batch(const pupil::PlannedBatch& planned, pupil::Tensor<float, 4>& images) const {
  pupil::Rng rng =
      pupil::view_rng(settings_.seed, static_cast<std::uint64_t>(state_.progress.epoch), state_.progress.batch);
  std::vector<Index> rows;
  std::vector<pupil::View> views;
  for (const Index image : planned.images) {
    rows.push_back(data_.train_rows[static_cast<std::size_t>(image)]);
    views.push_back(pupil::random_view(data_.images->image_size(), settings_.image_size, settings_.mirror, rng));
  }
  pupil::load_images(*data_.images, rows, views, state_.model.options().normalization, images);
}

void Trainer::finish_epoch() {
  TrainingProgress& progress = state_.progress;
  progress.history.push_back(record_epoch());
  const bool is_best = progress.epochs_since_best == 0;
  if (is_best) pupil::save_captioner(run_.model(), state_.model);
  progress.begin_next_epoch();
  write_history(run_, progress);
  save_checkpoint(run_, state_);
  report(progress.history.back(), is_best);
}

/// What the epoch came to. Its score also decides the learning rate, and whether its weights are the best so far.
EpochRecord Trainer::record_epoch() {
  TrainingProgress& progress = state_.progress;
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
  const pupil::CaptionScores scores = score_dev();
  record.bleu.assign(scores.bleu.begin(), scores.bleu.end());
  record.rouge_l = scores.rouge_l;
  record.cider_d = scores.cider_d;
  ++progress.epochs_since_best;
  if (scores.cider_d > progress.best_cider_d) {
    progress.best_cider_d = scores.cider_d;
    progress.epochs_since_best = 0;
  }
  plateau_.update(scores.cider_d);
  progress.plateau = plateau_.state();
  return record;
}

void Trainer::report(const EpochRecord& record, bool is_best) {
  char text[160];
  std::snprintf(text, sizeof text, "epoch %ld: loss %.4f, dev CIDEr-D %.4f, BLEU-4 %.4f, %.1f images/s, %s%s",
                static_cast<long>(record.epoch), record.train_loss, record.cider_d,
                record.bleu.empty() ? 0.0 : record.bleu.back(), record.images_per_second,
                format_duration(record.seconds).c_str(), is_best ? ", the best so far" : "");
  line_.print(text);
}

pupil::CaptionScores Trainer::score_dev() const {
  constexpr Index batch = 64;
  const auto& options = state_.model.options();
  const pupil::View view = pupil::center_view(data_.images->image_size(), options.image_size);
  std::vector<pupil::Sentence> candidates;
  for (std::size_t first = 0; first < data_.dev_rows.size(); first += batch) {
    const std::size_t count = std::min<std::size_t>(batch, data_.dev_rows.size() - first);
    const auto rows = std::span(data_.dev_rows).subspan(first, count);
    const std::vector<pupil::View> views(count, view);
    auto images =
        pupil::Tensor<float, 4>::uninitialized({static_cast<Index>(count), options.image_size, options.image_size, 3});
    pupil::load_images(*data_.images, rows, views, options.normalization, images);
    for (auto& caption : state_.model.caption(images, {.max_length = options.max_caption_length})) {
      candidates.push_back(std::move(caption));
    }
  }
  return pupil::score_captions(candidates, data_.dev_references);
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
