#pragma once
// What ranks tell each other that is more than numbers. It travels as CBOR, which keeps every bit of a number, and text
// that is not UTF-8.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ranks.hpp"

namespace captioner {

std::string to_bytes(const nlohmann::json& value);
nlohmann::json from_bytes(std::string_view bytes);

/// The values that each rank gives, in the order of ranks.
std::vector<nlohmann::json> gather_json(const Ranks& ranks, const nlohmann::json& mine);

}  // namespace captioner
