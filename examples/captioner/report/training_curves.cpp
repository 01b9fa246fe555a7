#include "training_curves.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <system_error>

#include <pupil/core/errors.hpp>
#include <pupil/data/csv.hpp>
#include <pupil/io/text_file.hpp>

#include "html.hpp"

namespace captioner::report {

namespace {

/// A field; nothing where it is empty or, after a training that failed, not finite.
std::optional<double> number_in(std::string_view field, const std::string& file, std::size_t line) {
  if (field.empty()) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  pupil::require<pupil::FileError>(error == std::errc() && end == field.data() + field.size(), file, ": line ", line,
                                   ": '", pupil::shown_line(field), "' is not a number");
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

void add_row(RunHistory& history, const pupil::captioning::CsvRow& row, const std::string& file) {
  pupil::require<pupil::FileError>(row.fields.size() == history.columns.size() + 1, file, ": line ", row.line, ": ",
                                   row.fields.size(), " fields, but ", history.columns.size() + 1, " columns");
  const auto epoch = number_in(row.fields.front(), file, row.line);
  pupil::require<pupil::FileError>(epoch.has_value(), file, ": line ", row.line, ": no epoch");
  history.epochs.push_back(*epoch);
  for (std::size_t i = 0; i < history.columns.size(); ++i) {
    history.columns[i].values.push_back(number_in(row.fields[i + 1], file, row.line));
  }
}

}  // namespace

Series RunHistory::column(const std::string& name, const std::string& shown_as) const {
  const auto found = std::ranges::find(columns, name, &Series::name);
  if (found == columns.end()) return {shown_as, {}};
  return {shown_as, found->values};
}

std::optional<RunHistory> read_history(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const pupil::captioning::TextFile file(path);
  pupil::captioning::CsvReader reader(file.text(), file.name());
  pupil::captioning::CsvRow row;
  const bool is_history = reader.next(row) && row.fields.front() == "epoch";
  pupil::require<pupil::FileError>(is_history, file.name(), ": is no history: its first column is not \"epoch\"");
  RunHistory history;
  for (std::size_t i = 1; i < row.fields.size(); ++i) history.columns.push_back({row.fields[i], {}});
  while (reader.next(row)) add_row(history, row, file.name());
  return history;
}

std::string curves_html(const RunHistory& history) {
  const std::vector<LineChart> charts{
      {"Training loss", history.epochs, {history.column("train_loss", "loss a word")}},
      {"Reward of sampled captions", history.epochs, {history.column("reward", "CIDEr-D")}},
      {"Scores on the dev split",
       history.epochs,
       {history.column("cider_d", "CIDEr-D"), history.column("rouge_l", "ROUGE-L"),
        history.column("bleu_4", "BLEU-4")}},
      {"Learning rate", history.epochs, {history.column("learning_rate", "learning rate")}}};
  std::string html = "<div class=\"charts\">\n";
  for (const LineChart& chart : charts) html += to_html(chart);
  return html + "</div>\n";
}

std::string table_html(const RunHistory& history) {
  std::string html = "<table class=\"numbers\"><thead><tr><th scope=\"col\">epoch</th>";
  for (const Series& column : history.columns) html += "<th scope=\"col\">" + escaped(column.name) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (std::size_t row = 0; row < history.epochs.size(); ++row) {
    html += "<tr><th scope=\"row\">" + brief(history.epochs[row]) + "</th>";
    for (const Series& column : history.columns) {
      html += "<td>" + (column.values[row] ? brief(*column.values[row]) : "") + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>";
}

}  // namespace captioner::report
