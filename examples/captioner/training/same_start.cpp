#include "same_start.hpp"

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include <pupil/core/hash.hpp>
#include <pupil/nn/parameter.hpp>

namespace captioner {

void require_same_settings(const Ranks& ranks, const TrainingSettings& settings, const SettingOptions& options) {
  if (ranks.is_alone()) return;
  const nlohmann::json values = settings;
  for (const auto& [name, value] : values.items()) {
    const auto option = options.find(name);
    ranks.require_same(option == options.end() ? name : option->second->get_name(),
                       value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

void require_possible_shares(const TrainingSettings& settings, const Ranks& ranks) {
  const pupil::Index shards = settings.shards > 0 ? settings.shards : ranks.size();
  const pupil::captioning::BatchRange here = shards_of_rank(ranks, shards);
  pupil::require<pupil::OptionError>(!settings.sync_batch_norm || here.size() == 1,
                                     "--sync-batch-norm wants one of --shards ", shards, " on each rank, and here are ",
                                     here.size());
  const auto require_two_images = [&](bool is_asked, const char* option) {
    pupil::require<pupil::OptionError>(!is_asked || settings.batch_size >= 2 * shards, option,
                                       " wants two images of a batch in each of ", shards, " shards, and --batch-size ",
                                       settings.batch_size, " has less");
  };
  require_two_images(settings.shard_data, "--shard-data");
  require_two_images(settings.sync_batch_norm && shards > 1, "--sync-batch-norm");
}

void require_same_start(const Ranks& ranks, const TrainingData& data, TrainingState& state) {
  if (ranks.is_alone()) return;  // to hash all weights takes time
  const nlohmann::json identity = data.identity;
  for (const auto& [name, hash] : identity.items()) ranks.require_same("other data: " + name, hash.dump());
  require_same_list(ranks, "the words", data.vocabulary.words());
  std::uint64_t weights = pupil::empty_hash;
  pupil::for_each_parameter(state.model, [&](const pupil::Name&, const auto& parameter) {
    weights = pupil::hash_bytes({reinterpret_cast<const char*>(parameter.value.data()),
                                 static_cast<std::size_t>(parameter.value.size()) * sizeof(float)},
                                weights);
  });
  ranks.require_same("the weights", pupil::hash_digits(weights));
}

}  // namespace captioner
