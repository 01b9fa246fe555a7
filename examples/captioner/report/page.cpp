#include "page.hpp"

#include <initializer_list>
#include <utility>

#include <pupil/core/errors.hpp>

#include "html.hpp"
#include "report_embedded.hpp"

namespace captioner::report {

namespace {

constexpr std::string_view content_mark = "{{content}}";

/// What stands in place of each mark of page.html.
using MarkedTexts = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string filled_in(std::string text, MarkedTexts texts) {
  for (const auto& [mark, with] : texts) {
    const std::size_t place = text.find(mark);
    pupil::require<pupil::Error>(place != text.npos, "page.html: ", mark, " is missing");
    text.replace(place, mark.size(), with);
  }
  return text;
}

}  // namespace

std::string page_begin(std::string_view title) {
  const std::string begin(page_html.substr(0, page_html.find(content_mark)));
  return filled_in(begin, {{"{{page.css}}", page_css},
                           {"{{chart.css}}", chart_css},
                           {"{{gallery.css}}", gallery_css},
                           {"{{title}}", escaped(title)}});
}

std::string section_begin(const Section& section) {
  return pupil::message("<section id=\"", section.id, "\" aria-labelledby=\"", section.id, "-heading\">\n<h2 id=\"",
                        section.id, "-heading\">", section.heading, "</h2>\n");
}

std::string page_end() {
  const std::string end(page_html.substr(page_html.find(content_mark) + content_mark.size()));
  return filled_in(end, {{"{{gallery.js}}", gallery_js}, {"{{look.js}}", look_js}});
}

}  // namespace captioner::report
