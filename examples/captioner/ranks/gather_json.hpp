#pragma once
// What ranks tell each other that is more than numbers.

#include <vector>

#include <nlohmann/json.hpp>

#include "ranks.hpp"

namespace captioner {

/// The values that each rank gives, in the order of ranks. They travel as CBOR, which keeps every bit of a number, and
/// text that is not UTF-8.
std::vector<nlohmann::json> gather_json(const Ranks& ranks, const nlohmann::json& mine);

}  // namespace captioner
