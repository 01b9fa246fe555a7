#include "word_use.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include <pupil/core/errors.hpp>

#include "html.hpp"

namespace captioner::report {

namespace {

constexpr std::size_t words_shown = 15;

/// Twice the log-likelihood ratio of "two rates" to "one rate", for `said` of `all_said` words and `written` of
/// `all_written`.
double log_likelihood_ratio(double said, double all_said, double written, double all_written) {
  const double rate = (said + written) / (all_said + all_written);
  const auto part = [&](double count, double all) { return count > 0 ? count * std::log(count / (all * rate)) : 0.0; };
  return 2 * (part(said, all_said) + part(written, all_written));
}

std::string row_html(const WordUse& use, double most) {
  const auto bar = [&](const char* whose, double rate) {
    return pupil::message("<span class=\"bar ", whose, "\" style=\"width:", fixed(100 * rate / most, 1), "%\"></span>");
  };
  return "<tr><th scope=\"row\" dir=\"auto\">" + escaped(use.word) + "</th><td>" + fixed(use.said_per_1000, 1) +
         "</td><td>" + fixed(use.written_per_1000, 1) + "</td><td class=\"bars\" aria-hidden=\"true\">" +
         bar("by-captioner", use.said_per_1000) + bar("by-people", use.written_per_1000) + "</td></tr>\n";
}

std::string table_html(const char* caption, std::span<const WordUse> uses) {
  double most = 0;
  for (const WordUse& use : uses) most = std::max({most, use.said_per_1000, use.written_per_1000});
  std::string html = pupil::message(
      "<table class=\"numbers words-table\"><caption>", caption,
      "</caption><thead><tr><th scope=\"col\">word</th><th scope=\"col\">captioner</th><th scope=\"col\">people</th>"
      "<td></td></tr></thead><tbody>\n");
  for (const WordUse& use : uses) html += row_html(use, most);
  return html + "</tbody></table>\n";
}

std::span<const WordUse> first_of(const std::vector<WordUse>& uses) {
  return std::span(uses).first(std::min(words_shown, uses.size()));
}

}  // namespace

WordUses measure_word_use(const std::vector<pupil::captioning::Sentence>& candidates,
                          const std::vector<std::vector<pupil::captioning::Sentence>>& references) {
  std::map<std::string, WordUse> words;
  double all_said = 0, all_written = 0;
  const auto count = [&](const pupil::captioning::Sentence& caption, std::size_t WordUse::*side, double& all) {
    for (const std::string& word : caption) ++(words[word].*side);
    all += static_cast<double>(caption.size());
  };
  for (const auto& caption : candidates) count(caption, &WordUse::said, all_said);
  for (const auto& captions : references) {
    for (const auto& caption : captions) count(caption, &WordUse::written, all_written);
  }

  WordUses uses;
  for (auto& [word, use] : words) {
    const auto said = static_cast<double>(use.said), written = static_cast<double>(use.written);
    use.word = word;
    use.said_per_1000 = 1000 * said / std::max(all_said, 1.0);
    use.written_per_1000 = 1000 * written / std::max(all_written, 1.0);
    use.surprise = log_likelihood_ratio(said, all_said, written, all_written);
    uses.words_said += use.said > 0 ? 1 : 0;
    uses.words_written += use.written > 0 ? 1 : 0;
    if (use.said > 0) uses.covered += written / std::max(all_written, 1.0);
    if (use.said_per_1000 > use.written_per_1000) uses.over.push_back(use);
    if (use.said_per_1000 < use.written_per_1000) uses.under.push_back(use);
  }
  for (auto* const list : {&uses.over, &uses.under}) {
    std::ranges::stable_sort(*list, std::ranges::greater(), &WordUse::surprise);
  }
  return uses;
}

std::string to_html(const WordUses& uses) {
  return pupil::message("<p>The captioner says ", uses.words_said, " different words, people wrote ",
                        uses.words_written, " of the same images. ", percent(uses.covered, 1),
                        " of what people wrote are words that the captioner says too.</p>\n<p class=\"quiet\">How "
                        "often a word comes in 1,000 words; the words on which the two differ most (by the "
                        "log-likelihood ratio) first.</p>\n<div class=\"side-by-side\">\n") +
         table_html("Said more often than people do", first_of(uses.over)) +
         table_html("Said less often than people do", first_of(uses.under)) + "</div>\n";
}

}  // namespace captioner::report
