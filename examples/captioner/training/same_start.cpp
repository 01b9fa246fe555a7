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

void require_same_start(const Ranks& ranks, const TrainingData& data, TrainingState& state) {
  if (ranks.is_alone()) return;  // to hash all weights takes time
  ranks.require_same("the data", nlohmann::json(data.identity).dump());
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
