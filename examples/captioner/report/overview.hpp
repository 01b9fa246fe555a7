#pragma once
// The sections of a report that are there for numbers: what evaluate prints, and what the training left.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "../captions/run_info.hpp"
#include "../scores/captioned_split.hpp"
#include "training_curves.hpp"

namespace captioner::report {

/// A captioner, and what lies beside its file.
struct ReportedRun {
  RunInfo info;
  std::optional<RunHistory> history;
  nlohmann::ordered_json settings;  ///< null where there are none
};

/// Throws FileError where a file beside the captioner's is damaged.
ReportedRun read_run(const RunInfo& info);

/// The scores and statistics of the split, each line of evaluate as a row.
std::string scores_html(const CaptionedSplit& measured);

/// The curves of each run's training.
std::string training_html(const std::vector<ReportedRun>& runs);

/// The settings of each run.
std::string all_settings_html(const std::vector<ReportedRun>& runs);

}  // namespace captioner::report
