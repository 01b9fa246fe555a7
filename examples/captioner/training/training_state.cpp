#include "training_state.hpp"

#include <optional>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/io/atomic_file.hpp>
#include <pupil/models/captioner_file.hpp>

#include "training_start.hpp"

namespace captioner {

namespace {

nlohmann::json to_json(const EpochRecord& record) {
  nlohmann::json json{{"epoch", record.epoch},
                      {"train_loss", record.train_loss},
                      {"bleu", record.bleu},
                      {"rouge_l", record.rouge_l},
                      {"cider_d", record.cider_d},
                      {"learning_rate", record.learning_rate},
                      {"images_per_second", record.images_per_second},
                      {"seconds", record.seconds},
                      {"reward", record.reward}};
  if (record.length) json["length"] = *record.length;
  if (record.distinct_captions) json["distinct_captions"] = *record.distinct_captions;
  return json;
}

EpochRecord record_from_json(const nlohmann::json& json) {
  EpochRecord record;
  json.at("epoch").get_to(record.epoch);
  json.at("train_loss").get_to(record.train_loss);
  json.at("bleu").get_to(record.bleu);
  json.at("rouge_l").get_to(record.rouge_l);
  json.at("cider_d").get_to(record.cider_d);
  json.at("learning_rate").get_to(record.learning_rate);
  json.at("images_per_second").get_to(record.images_per_second);
  json.at("seconds").get_to(record.seconds);
  record.reward = json.value("reward", 0.0);  // this and what follows: not in checkpoints of earlier versions
  if (json.contains("length")) record.length = json.at("length").get<double>();
  if (json.contains("distinct_captions")) record.distinct_captions = json.at("distinct_captions").get<pupil::Index>();
  return record;
}

nlohmann::json to_json(const TrainingProgress& progress) {
  const auto& plateau = progress.plateau;
  auto history = nlohmann::json::array();
  for (const EpochRecord& record : progress.history) history.push_back(to_json(record));
  return {{"epoch", progress.epoch},
          {"batch", progress.batch},
          {"loss_sum", progress.loss_sum},
          {"targets", progress.targets},
          {"reward_sum", progress.reward_sum},
          {"samples", progress.samples},
          {"images", progress.images},
          {"seconds", progress.seconds},
          {"best_cider_d", progress.best_cider_d},
          {"epochs_since_best", progress.epochs_since_best},
          {"plateau_learning_rate", plateau.learning_rate},
          {"plateau_best", plateau.best ? nlohmann::json(*plateau.best) : nlohmann::json()},
          {"plateau_updates_since_best", plateau.updates_since_best},
          {"history", std::move(history)}};
}

TrainingProgress from_json(const nlohmann::json& json) {
  TrainingProgress progress;
  json.at("epoch").get_to(progress.epoch);
  json.at("batch").get_to(progress.batch);
  json.at("loss_sum").get_to(progress.loss_sum);
  json.at("targets").get_to(progress.targets);
  progress.reward_sum = json.value("reward_sum", 0.0);  // not in checkpoints of earlier versions
  progress.samples = json.value("samples", pupil::Index{0});
  json.at("images").get_to(progress.images);
  json.at("seconds").get_to(progress.seconds);
  json.at("best_cider_d").get_to(progress.best_cider_d);
  json.at("epochs_since_best").get_to(progress.epochs_since_best);
  json.at("plateau_learning_rate").get_to(progress.plateau.learning_rate);
  if (!json.at("plateau_best").is_null()) progress.plateau.best = json.at("plateau_best").get<double>();
  json.at("plateau_updates_since_best").get_to(progress.plateau.updates_since_best);
  for (const nlohmann::json& record : json.at("history")) progress.history.push_back(record_from_json(record));
  return progress;
}

}  // namespace

void save_checkpoint(const RunFolder& run, TrainingState& state) {
  pupil::CheckpointWriter writer;
  pupil::add_captioner(writer, "model.", state.model, true);
  if (state.average) writer.add("average.", state.average->model(), false);
  writer.add("adam.", state.adam);
  writer.tensors().set_metadata("training", to_json(state.progress).dump());
  writer.tensors().set_metadata("data", nlohmann::json(state.data).dump());
  pupil::write_training_record(writer.tensors(), state.record);
  writer.write(run.checkpoint());
}

TrainingState load_checkpoint(const RunFolder& run, const TrainingSettings& settings) {
  const pupil::SafetensorsFile file(run.checkpoint());
  pupil::CaptionerDescription description = pupil::read_captioner_description(file);
  description.options.frozen_statistics = settings.has_frozen_statistics();
  description.options.word_loss = settings.word_loss;
  description.options.doubly_stochastic = settings.doubly_stochastic;
  TrainingState state = untouched_state(settings, pupil::read_captioner<float>(file, description, "model.", true));
  if (state.average) pupil::read_captioner_part(file, description, "average.", state.average->model(), false);
  auto trained = state.trained_part();
  state.adam.prepare(trained);
  pupil::read_captioner_part(file, description, "adam.", state.adam);
  try {
    state.progress = from_json(nlohmann::json::parse(file.metadata("training")));
  } catch (const nlohmann::json::exception& error) {
    throw pupil::FileError(pupil::message(run.checkpoint().string(), ": ", error.what()));
  }
  return state;
}

void write_history(const RunFolder& run, const TrainingProgress& progress, const TrainingSettings& settings) {
  const bool rewarded = settings.trains_on_the_metric();
  std::ostringstream text;
  text << "epoch,train_loss,bleu_1,bleu_2,bleu_3,bleu_4,rouge_l,cider_d,learning_rate,images_per_second,seconds,"
          "reward,length,distinct_captions\n";
  const auto add_if = [&](bool is_known, auto number) {
    text << ',';
    if (is_known) text << number;
  };
  for (const EpochRecord& record : progress.history) {
    const bool scored = !record.bleu.empty();
    text << record.epoch;
    add_if(!rewarded, record.train_loss);
    for (std::size_t n = 0; n < 4; ++n) add_if(scored, scored ? record.bleu[n] : 0);
    add_if(scored, record.rouge_l);
    add_if(scored, record.cider_d);
    text << ',' << record.learning_rate << ',' << record.images_per_second << ',' << record.seconds;
    add_if(rewarded, record.reward);
    add_if(record.length.has_value(), record.length.value_or(0));
    add_if(record.distinct_captions.has_value(), record.distinct_captions.value_or(0));
    text << '\n';
  }
  pupil::write_file_atomically(run.history(), text.str());
}

}  // namespace captioner
