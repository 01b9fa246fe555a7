#pragma once
// What a run's history.csv says.

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "program.hpp"

namespace pupil::testing {

inline std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  std::istringstream stream{std::string(line)};
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  if (line.ends_with(',')) fields.emplace_back();
  return fields;
}

/// An epoch, each value under the name of its column.
using HistoryRow = std::map<std::string, std::string>;

inline std::vector<HistoryRow> history_of(const std::filesystem::path& run) {
  const std::vector<std::string> lines = lines_of(file_text(run / "history.csv"));
  const std::vector<std::string> names = fields_of(lines.at(0));
  std::vector<HistoryRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = fields_of(lines[i]);
    REQUIRE(fields.size() == names.size());
    HistoryRow& row = rows.emplace_back();
    for (std::size_t column = 0; column < names.size(); ++column) row[names[column]] = fields[column];
  }
  return rows;
}

/// The first epoch with the best dev score of all.
inline HistoryRow best_epoch(const std::filesystem::path& run) {
  const auto rows = history_of(run);
  return *std::ranges::max_element(rows, {}, [](const HistoryRow& row) { return std::stod(row.at("cider_d")); });
}

inline double best_cider_d(const std::filesystem::path& run) { return std::stod(best_epoch(run).at("cider_d")); }

}  // namespace pupil::testing
