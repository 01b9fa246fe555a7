#include "alt_edit.hpp"

#include <algorithm>

#include <pupil/core/utf8.hpp>

namespace captioner {

namespace {

/// Whether letters beyond ASCII can be written as they are: in UTF-8. HTML that is all ASCII is that where it says so;
/// Markdown always is.
bool is_known_utf8(std::string_view page, bool is_html) {
  const bool ascii = std::ranges::all_of(page, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii && is_html) return pupil::ascii_lower(page).find("utf-8") != std::string::npos;
  return pupil::is_utf8(page);
}

std::string numbered(char32_t code) { return "&#" + std::to_string(static_cast<unsigned long>(code)) + ';'; }

std::string escaped_in_html(char c, bool in_markdown) {
  switch (c) {
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '|':  // divides a table's cells
    case '`':  // code is found before tags are
      if (in_markdown) return numbered(static_cast<unsigned char>(c));
      [[fallthrough]];
    default:
      return {c};
  }
}

std::string escaped_in_markdown(char c) {
  constexpr std::string_view special = "\\[]*_&|!~^${}";
  if (c == '<' || c == '>' || c == '`') return c == '`' ? "&#96;" : escaped_in_html(c, true);
  return special.find(c) == special.npos ? std::string{c} : std::string{'\\', c};
}

std::string escaped_for(std::string_view alt, AltForm form, bool utf8) {
  std::string text;
  for (std::size_t i = 0; i < alt.size();) {
    const std::size_t first = i;
    const char32_t code = pupil::next_code_point(alt, i);
    if (code >= 0x80) {
      text += utf8 ? std::string(alt.substr(first, i - first)) : numbered(code);
    } else if (form == AltForm::markdown) {
      text += escaped_in_markdown(alt[first]);
    } else {
      text += escaped_in_html(alt[first], form == AltForm::html_in_markdown);
    }
  }
  return text;
}

}  // namespace

std::string with_alt_texts(std::string_view page, std::vector<AltEdit> edits) {
  std::ranges::sort(edits, {}, [](const AltEdit& edit) { return edit.image.begin; });
  const bool is_html = std::ranges::any_of(edits, [](const AltEdit& edit) { return edit.image.form == AltForm::html; });
  const bool utf8 = is_known_utf8(page, is_html);
  std::string edited;
  std::size_t copied = 0;
  for (const auto& [image, alt] : edits) {
    edited += page.substr(copied, image.begin - copied);
    const std::string text = escaped_for(alt, image.form, utf8);
    edited += image.form == AltForm::markdown ? text : " alt=\"" + text + '"';
    copied = image.end;
  }
  return edited += page.substr(copied);
}

std::string single_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace captioner
