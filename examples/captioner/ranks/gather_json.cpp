#include "gather_json.hpp"

#include <cstdint>
#include <string>

namespace captioner {

std::vector<nlohmann::json> gather_json(const Ranks& ranks, const nlohmann::json& mine) {
  const std::vector<std::uint8_t> bytes = nlohmann::json::to_cbor(mine);
  std::vector<nlohmann::json> all;
  for (const std::string& of_rank : ranks.gather({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
    all.push_back(nlohmann::json::from_cbor(of_rank));
  }
  return all;
}

}  // namespace captioner
