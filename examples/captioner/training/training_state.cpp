#include "training_state.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/io/free_space.hpp>
#include <pupil/models/captioner_file.hpp>

#include "training_start.hpp"

namespace captioner {

namespace {

/// Calls `visit(name, value, is_in_all)` for what is told of the running epoch and of the best; not all of it was in
/// the checkpoints of earlier versions.
template <class Progress, class Visit>
void visit_progress_numbers(Progress& progress, Visit&& visit) {
  visit("epoch", progress.epoch, true);
  visit("batch", progress.batch, true);
  visit("loss_sum", progress.loss_sum, true);
  visit("targets", progress.targets, true);
  visit("reward_sum", progress.reward_sum, false);
  visit("samples", progress.samples, false);
  visit("images", progress.images, true);
  visit("seconds", progress.seconds, true);
  visit("best_cider_d", progress.best_cider_d, true);
  visit("epochs_since_best", progress.epochs_since_best, true);
  visit("plateau_learning_rate", progress.plateau.learning_rate, true);
  visit("plateau_updates_since_best", progress.plateau.updates_since_best, true);
}

nlohmann::json to_json(const TrainingProgress& progress) {
  nlohmann::json json;
  visit_progress_numbers(progress, [&](const char* name, const auto& value, bool) { json[name] = value; });
  json["plateau_best"] = progress.plateau.best ? nlohmann::json(*progress.plateau.best) : nlohmann::json();
  json["history"] = nlohmann::json::array();
  for (const EpochRecord& record : progress.history) json["history"].push_back(to_json(record));
  return json;
}

TrainingProgress progress_from_json(const nlohmann::json& json) {
  TrainingProgress progress;
  visit_progress_numbers(progress, [&](const char* name, auto& value, bool is_in_all) {
    if (is_in_all || json.contains(name)) json.at(name).get_to(value);
  });
  if (!json.at("plateau_best").is_null()) progress.plateau.best = json.at("plateau_best").get<double>();
  for (const nlohmann::json& record : json.at("history")) progress.history.push_back(epoch_from_json(record));
  return progress;
}

std::uintmax_t bytes_of(const pupil::ModelRef& model) {
  return static_cast<std::uintmax_t>(pupil::count_parameters(model)) * sizeof(float);
}

/// 0 where there is no such file.
std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code absent;
  const std::uintmax_t size = std::filesystem::file_size(file, absent);
  return absent ? 0 : size;
}

}  // namespace

void save_checkpoint(const RunFolder& run, TrainingState& state) {
  pupil::CheckpointWriter writer;
  pupil::captioning::add_captioner(writer, "model.", state.model, true);
  if (state.average) writer.add("average.", state.average->model(), false);
  writer.add("adam.", state.adam);
  writer.tensors().set_metadata("training", to_json(state.progress).dump());
  writer.tensors().set_metadata("data", nlohmann::json(state.data).dump());
  pupil::captioning::write_training_record(writer.tensors(), state.record);
  writer.write(run.checkpoint());
}

void require_space_for_checkpoints(const RunFolder& run, TrainingState& state, pupil::ParameterPrecision saved) {
  auto trained = state.trained_part();
  const std::uintmax_t weights = bytes_of(state.model);
  const std::uintmax_t checkpoint = weights + (state.average ? weights : 0) + 2 * bytes_of(trained);
  const std::uintmax_t model = saved == pupil::ParameterPrecision::bf16 ? weights / 2 : weights;
  const std::uintmax_t both = model + checkpoint, there = size_of(run.model()) + size_of(run.checkpoint());
  pupil::captioning::require_space(run.path(), checkpoint + (both > there ? both - there : 0), "the checkpoints");
}

TrainingState load_checkpoint(const RunFolder& run, const TrainingSettings& settings) {
  const pupil::SafetensorsFile file(run.checkpoint());
  pupil::captioning::CaptionerDescription description = pupil::captioning::read_captioner_description(file);
  description.options.frozen_statistics = settings.has_frozen_statistics();
  description.options.word_loss = settings.word_loss;
  description.options.doubly_stochastic = settings.doubly_stochastic;
  TrainingState state =
      untouched_state(settings, pupil::captioning::read_captioner<float>(file, description, "model.", true));
  if (state.average)
    pupil::captioning::read_captioner_part(file, description, "average.", state.average->model(), false);
  auto trained = state.trained_part();
  state.adam.prepare(trained);
  pupil::captioning::read_captioner_part(file, description, "adam.", state.adam);
  try {
    state.progress = progress_from_json(nlohmann::json::parse(file.metadata("training")));
  } catch (const nlohmann::json::exception& error) {
    throw pupil::FileError(pupil::message(run.checkpoint().string(), ": ", error.what()));
  }
  return state;
}

}  // namespace captioner
