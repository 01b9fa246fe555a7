#include "page.hpp"

#include <pupil/core/errors.hpp>

#include "html.hpp"
#include "page_files.hpp"

namespace captioner::report {

namespace {

constexpr std::string_view content_mark = "{{content}}";

/// The text with what is to stand in place of a mark.
std::string filled_in(std::string text, std::string_view mark, std::string_view with) {
  const std::size_t place = text.find(mark);
  pupil::require<pupil::Error>(place != text.npos, "page.html: ", mark, " is missing");
  return text.replace(place, mark.size(), with);
}

}  // namespace

std::string page_begin(std::string_view title) {
  const std::string begin(page_html.substr(0, page_html.find(content_mark)));
  return filled_in(filled_in(begin, "{{style}}", page_css), "{{title}}", escaped(title));
}

std::string section_begin(const Section& section) {
  return pupil::message("<section id=\"", section.id, "\" aria-labelledby=\"", section.id, "-heading\">\n<h2 id=\"",
                        section.id, "-heading\">", section.heading, "</h2>\n");
}

std::string page_end() {
  const std::string end(page_html.substr(page_html.find(content_mark) + content_mark.size()));
  return filled_in(end, "{{script}}", page_js);
}

}  // namespace captioner::report
