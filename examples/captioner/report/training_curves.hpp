#pragma once
// What a run's history.csv says of its training: a row an epoch.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "line_chart.hpp"

namespace captioner::report {

struct RunHistory {
  std::vector<double> epochs;
  std::vector<Series> columns;  ///< all but the epoch, by their names in the file

  /// The column of this name, shown under another; without values where the file has none.
  Series column(const std::string& name, const std::string& shown_as) const;
};

/// Nothing where there is no such file. Throws FileError, with the line, where it is no history.
std::optional<RunHistory> read_history(const std::filesystem::path& path);

/// The curves of a training: loss, reward, scores on dev, learning rate; those that it has.
std::string curves_html(const RunHistory& history);

/// All of a history, as a table.
std::string table_html(const RunHistory& history);

}  // namespace captioner::report
