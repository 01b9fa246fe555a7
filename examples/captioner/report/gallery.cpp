#include "gallery.hpp"

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>

#include "../captions/formats/caption_format.hpp"
#include "html.hpp"

namespace captioner::report {

namespace {

/// The words of the caption, each of which a reader can point at.
std::string words_html(const Card& card) {
  if (card.words.empty()) return "<p class=\"said\">(no word)</p>";
  const std::string html = pupil::joined(
      card.words, " ", [](const std::string& word) { return "<span class=\"word\">" + escaped(word) + "</span>"; });
  const std::string shares =
      pupil::joined(card.attention.shares, " ", [](double share) { return fixed(100 * share, 0); });
  const bool looks = !card.attention.bytes.empty();
  return "<p class=\"said\" dir=\"auto\"" +
         (looks ? " data-looks=\"" + card.attention.bytes + "\" data-shares=\"" + shares + "\" data-seen=\"" +
                      fixed(card.attention.seen, 4) + "\""
                : "") +
         ">" + html + "</p>";
}

std::string measures_html(const Card& card) {
  const auto measure = [](const char* name, const std::string& value) {
    return pupil::message("<div><dt>", name, "</dt><dd>", value, "</dd></div>");
  };
  std::string html = "<dl class=\"measures\">" + measure("CIDEr-D", fixed(card.cider_d, 3)) +
                     measure("ROUGE-L", fixed(card.rouge_l, 3));
  if (card.said.confidence) html += measure("confidence", percent(*card.said.confidence));
  return html + measure("probability", probability(card.said.said.front())) + "</dl>";
}

/// The other captions, where several were asked for.
std::string alternatives_html(const CaptionedSample& said) {
  if (said.said.size() < 2) return "";
  std::string html = "<h4>Also said</h4><ul class=\"alternatives\">";
  for (std::size_t i = 1; i < said.said.size(); ++i) {
    html += "<li dir=\"auto\">" + escaped(said.said[i].text) + " <span class=\"quiet\">(" + probability(said.said[i]) +
            ")</span></li>";
  }
  return html + "</ul>";
}

std::string references_html(const CaptionedSample& said) {
  std::string html = "<h4>People wrote</h4><ul class=\"written\">";
  for (const std::string& reference : said.references) html += "<li dir=\"auto\">" + escaped(reference) + "</li>";
  return html + "</ul>";
}

}  // namespace

std::string gallery_begin(bool has_confidence) {
  return std::string(
             "<form class=\"controls\" hidden><label>Show <select name=\"group\"><option value=\"\">all</option>"
             "<option value=\"best\">the best</option><option value=\"worst\">the worst</option>"
             "<option value=\"random\">some by chance</option></select></label>\n"
             "<label>Sort by <select name=\"sort\"><option value=\"cider:-1\">CIDEr-D, best first</option>"
             "<option value=\"cider:1\">CIDEr-D, worst first</option><option value=\"rouge:-1\">ROUGE-L, best "
             "first</option><option value=\"rouge:1\">ROUGE-L, worst first</option>") +
         (has_confidence ? "<option value=\"confidence:-1\">confidence, highest first</option><option "
                           "value=\"confidence:1\">confidence, lowest first</option>"
                         : "") +
         "<option value=\"probability:-1\">probability, highest first</option><option value=\"probability:1\">"
         "probability, lowest first</option></select></label>\n"
         "<label>With the words <input name=\"words\" type=\"search\" autocomplete=\"off\" placeholder=\"dog "
         "water\"></label>\n<output name=\"count\" aria-live=\"polite\"></output></form>\n<ul class=\"gallery\">\n";
}

std::string to_html(const Card& card) {
  const std::string caption = card.said.said.front().text;
  return "<li class=\"card\" data-groups=\"" + card.groups + "\" data-cider=\"" + brief(card.cider_d) +
         "\" data-rouge=\"" + brief(card.rouge_l) + "\" data-probability=\"" +
         brief(card.said.said.front().log_probability) + "\"" +
         (card.said.confidence ? " data-confidence=\"" + brief(*card.said.confidence) + "\"" : "") +
         ">\n<div class=\"photo\"><img width=\"" + std::to_string(card.photograph.width) + "\" height=\"" +
         std::to_string(card.photograph.height) + "\" alt=\"" + escaped(caption) + "\" src=\"" +
         card.photograph.address + "\"></div>\n<h3 class=\"file\">" + escaped(pupil::visible(card.said.image)) +
         "</h3>" + words_html(card) + measures_html(card) + references_html(card.said) + alternatives_html(card.said) +
         "</li>\n";
}

std::string gallery_end() { return "</ul>\n<p class=\"nothing\" hidden>No photograph has all these words.</p>\n"; }

}  // namespace captioner::report
