#pragma once
// Work that all ranks do, of which the first rank alone knows what there is: in rounds, the first hands out a task,
// each rank does its part of it, and the first gets what came of it.

#include <functional>
#include <vector>

#include <nlohmann/json.hpp>

#include "ranks.hpp"

namespace captioner {

/// A rank's part of a task, both as JSON: binary values and text of any bytes may be in it.
using PartOfRound = std::function<nlohmann::json(const nlohmann::json& task)>;

/// On the first rank: what the ranks made of the task, in their order.
std::vector<nlohmann::json> do_round(const Ranks& ranks, const nlohmann::json& task, const PartOfRound& part);

/// On the first rank: lets the others go on.
void end_rounds(const Ranks& ranks);

/// On the others: takes part in every round, until the first rank ends them.
void take_part(const Ranks& ranks, const PartOfRound& part);

}  // namespace captioner
