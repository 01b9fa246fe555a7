#include "training_history.hpp"

#include <sstream>
#include <string>

#include <pupil/io/atomic_file.hpp>

namespace captioner {

namespace {

/// Calls `visit(name, value, is_in_all)` for each number; not all were in the checkpoints of earlier versions.
template <class Record, class Visit>
void visit_epoch_numbers(Record& record, Visit&& visit) {
  visit("epoch", record.epoch, true);
  visit("train_loss", record.train_loss, true);
  visit("bleu", record.bleu, true);
  visit("rouge_l", record.rouge_l, true);
  visit("cider_d", record.cider_d, true);
  visit("learning_rate", record.learning_rate, true);
  visit("images_per_second", record.images_per_second, true);
  visit("seconds", record.seconds, true);
  visit("reward", record.reward, false);
}

}  // namespace

nlohmann::json to_json(const EpochRecord& record) {
  nlohmann::json json;
  visit_epoch_numbers(record, [&](const char* name, const auto& value, bool) { json[name] = value; });
  if (record.length) json["length"] = *record.length;
  if (record.distinct_captions) json["distinct_captions"] = *record.distinct_captions;
  return json;
}

EpochRecord epoch_from_json(const nlohmann::json& json) {
  EpochRecord record;
  visit_epoch_numbers(record, [&](const char* name, auto& value, bool is_in_all) {
    if (is_in_all || json.contains(name)) json.at(name).get_to(value);
  });
  if (json.contains("length")) record.length = json.at("length").get<double>();
  if (json.contains("distinct_captions")) record.distinct_captions = json.at("distinct_captions").get<pupil::Index>();
  return record;
}

void write_history(const std::filesystem::path& path, std::span<const EpochRecord> history,
                   const TrainingSettings& settings) {
  const bool rewarded = settings.trains_on_the_metric();
  std::ostringstream text;
  text << "epoch,train_loss,bleu_1,bleu_2,bleu_3,bleu_4,rouge_l,cider_d,learning_rate,images_per_second,seconds,"
          "reward,length,distinct_captions\n";
  const auto add_if = [&](bool is_known, auto number) {
    text << ',';
    if (is_known) text << number;
  };
  for (const EpochRecord& record : history) {
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
  pupil::write_file_atomically(path, text.str());
}

}  // namespace captioner
