#include "training_state.hpp"

#include <optional>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include <pupil/io/atomic_file.hpp>
#include <pupil/models/captioner_file.hpp>

#include "training_start.hpp"

namespace captioner {

// What a checkpoint of an earlier version does not have is as it is at first.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(EpochRecord, epoch, train_loss, bleu, rouge_l, cider_d, learning_rate,
                                                images_per_second, seconds, reward, length, distinct_captions)

namespace {

nlohmann::json to_json(const TrainingProgress& progress) {
  const auto& plateau = progress.plateau;
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
          {"history", progress.history}};
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
  json.at("history").get_to(progress.history);
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
    add_if(scored, record.length);
    add_if(scored, record.distinct_captions);
    text << '\n';
  }
  pupil::write_file_atomically(run.history(), text.str());
}

}  // namespace captioner
