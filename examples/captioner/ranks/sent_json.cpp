#include "sent_json.hpp"

namespace captioner {

std::string to_bytes(const nlohmann::json& value) {
  std::string bytes;
  nlohmann::json::to_cbor(value, bytes);
  return bytes;
}

nlohmann::json from_bytes(std::string_view bytes) { return nlohmann::json::from_cbor(bytes); }

std::vector<nlohmann::json> gather_json(const Ranks& ranks, const nlohmann::json& mine) {
  std::vector<nlohmann::json> all;
  for (const std::string& of_rank : ranks.gather(to_bytes(mine))) all.push_back(from_bytes(of_rank));
  return all;
}

}  // namespace captioner
