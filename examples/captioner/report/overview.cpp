#include "overview.hpp"

#include <cstddef>
#include <filesystem>

#include <pupil/io/text_file.hpp>

#include "../common/run_folder.hpp"
#include "../scores/acceptable.hpp"
#include "../scores/score_report.hpp"
#include "how_made.hpp"
#include "html.hpp"

namespace captioner::report {

namespace {

/// Lines of a name, two blanks or more, and a value.
std::string rows_of(const std::string& lines) {
  std::string html;
  pupil::captioning::LineReader reader(lines);
  for (std::string_view line; reader.next(line);) {
    const std::size_t name = line.find("  "), value = line.find_first_not_of(' ', name);
    html += "<tr><th scope=\"row\">" + escaped(line.substr(0, name)) + "</th><td>" + escaped(line.substr(value)) +
            "</td></tr>\n";
  }
  return html;
}

/// Which run the next lines are about, where there are several.
std::string heading_of(const std::vector<ReportedRun>& runs, const ReportedRun& run) {
  return runs.size() == 1 ? "" : "<h3>" + escaped(run.info.run) + "</h3>\n";
}

}  // namespace

ReportedRun read_run(const RunInfo& info) {
  const RunFolder folder(std::filesystem::path(info.file).parent_path());
  return {info, read_history(folder.history()), read_run_settings(folder.settings())};
}

std::string scores_html(const CaptionedSplit& measured) {
  std::string html = "<div class=\"side-by-side\">\n<table class=\"numbers\" id=\"score-table\"><tbody>\n" +
                     rows_of("images  " + std::to_string(measured.samples.size()) + "\n") +
                     rows_of(scores_text(measured.scores)) +
                     "</tbody></table>\n<table class=\"numbers\" id=\"statistics-table\"><tbody>\n" +
                     rows_of(statistics_text(measured.statistics)) + "</tbody></table>\n</div>\n<p class=\"quiet\">" +
                     escaped(how_figures_are_meant) + "</p>\n";
  if (measured.skipped > 0) html += "<p>Images that could not be read: " + std::to_string(measured.skipped) + ".</p>\n";
  return html;
}

std::string training_html(const std::vector<ReportedRun>& runs) {
  std::string html;
  for (const ReportedRun& run : runs) {
    html += heading_of(runs, run);
    if (!run.history || run.history->epochs.empty()) {
      html += "<p class=\"no-history\">There are no curves: no history.csv with an epoch is beside " +
              escaped(run.info.file) + ".</p>\n";
      continue;
    }
    html += curves_html(*run.history) + "<details><summary>Every epoch in numbers</summary><div class=\"wide\">" +
            table_html(*run.history) + "</div></details>\n";
  }
  return html;
}

std::string all_settings_html(const std::vector<ReportedRun>& runs) {
  std::string html;
  for (const ReportedRun& run : runs) {
    html += heading_of(runs, run);
    html += run.settings.is_null() ? "<p>There are no settings of the training: no settings.json is beside " +
                                         escaped(run.info.file) + ".</p>\n"
                                   : "<details><summary>Settings of the training</summary>\n" +
                                         settings_html(run.settings) + "</details>\n";
  }
  return html;
}

}  // namespace captioner::report
