#include "shared_features.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "../ranks/rounds.hpp"

namespace captioner {

namespace {

using pupil::Index;

nlohmann::json to_sent(const pupil::Tensor<float, 2>& features) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(features.size()) * sizeof(float));
  if (!bytes.empty()) std::memcpy(bytes.data(), features.data(), bytes.size());
  return {
      {"rows", features.rows()}, {"columns", features.dim(1)}, {"numbers", nlohmann::json::binary(std::move(bytes))}};
}

/// Copies what was sent into these rows of `features`, which it gives its shape, with so many rows in all, where it has
/// none yet. A batch in which no image can be read has sent nothing.
void put_sent(const nlohmann::json& sent, Index first, Index total, pupil::Tensor<float, 2>& features) {
  const auto rows = sent.at("rows").get<Index>(), columns = sent.at("columns").get<Index>();
  if (rows == 0) return;
  if (features.empty()) features = pupil::Tensor<float, 2>({total, columns});
  const auto& bytes = sent.at("numbers").get_binary();
  std::memcpy(features.row(first), bytes.data(), bytes.size());
}

nlohmann::json to_sent(const pupil::captioning::ExtractedFeatures& extracted) {
  return {{"reasons", extracted.reasons},
          {"features", to_sent(extracted.features)},
          {"mirrored", to_sent(extracted.mirrored)}};
}

}  // namespace

std::span<const Index> SharedFeatures::own(std::span<const Index> rows) const {
  const auto size = static_cast<std::size_t>(batch_size_);
  const std::size_t first = std::min(size * static_cast<std::size_t>(ranks_.rank()), rows.size());
  return rows.subspan(first, std::min(size, rows.size() - first));
}

pupil::captioning::ExtractedFeatures SharedFeatures::features_of(std::span<const Index> rows) const {
  if (ranks_.is_alone()) return features_of_(rows);
  const auto part = [&](const nlohmann::json&) { return to_sent(features_of_(own(rows))); };
  pupil::captioning::ExtractedFeatures all;
  for (const nlohmann::json& of_rank : do_round(ranks_, rows, part)) {
    const auto first = static_cast<Index>(all.reasons.size()), total = static_cast<Index>(rows.size());
    put_sent(of_rank.at("features"), first, total, all.features);
    put_sent(of_rank.at("mirrored"), first, total, all.mirrored);
    for (const nlohmann::json& reason : of_rank.at("reasons")) all.reasons.push_back(reason.get<std::string>());
  }
  return all;
}

void SharedFeatures::take_part() const {
  captioner::take_part(ranks_, [&](const nlohmann::json& task) -> nlohmann::json {
    const auto rows = task.get<std::vector<Index>>();
    return to_sent(features_of_(own(rows)));
  });
}

}  // namespace captioner
