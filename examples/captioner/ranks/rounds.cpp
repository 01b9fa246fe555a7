#include "rounds.hpp"

#include <string>

#include "sent_json.hpp"

namespace captioner {

std::vector<nlohmann::json> do_round(const Ranks& ranks, const nlohmann::json& task, const PartOfRound& part) {
  ranks.broadcast(to_bytes(task));
  const nlohmann::json mine = part(task);
  std::vector<nlohmann::json> parts;
  for (const std::string& of_rank : ranks.gather_on_first(to_bytes(mine))) parts.push_back(from_bytes(of_rank));
  return parts;
}

void end_rounds(const Ranks& ranks) { ranks.broadcast(""); }

void take_part(const Ranks& ranks, const PartOfRound& part) {
  for (;;) {
    const std::string task = ranks.broadcast("");
    if (task.empty()) return;
    ranks.gather_on_first(to_bytes(part(from_bytes(task))));
  }
}

}  // namespace captioner
