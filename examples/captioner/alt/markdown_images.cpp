// Parsers of Markdown give no reliable places of images (cmark's columns are wrong in quotes and lists). So every place
// that may be one gets a mark, the page is made HTML, and those are images whose marks then belong to an <img>.

#include "markdown_images.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <cmark.h>

#include <pupil/core/utf8.hpp>

#include "html_images.hpp"
#include "line_numbers.hpp"

namespace captioner {

namespace {

/// A place where an image may be: "![]", or "<img".
struct MarkedPlace {
  std::size_t begin, end;  ///< where the alt text comes, and with it the mark
  AltForm form;
};

/// Where the page begins behind its front matter: lines between two of "---" (YAML) or of "+++" (TOML).
std::size_t end_of_front_matter(std::string_view page) {
  const std::size_t start = page.size() - pupil::without_byte_order_mark(page).size();
  const std::string_view fence = page.substr(start, 3);
  if (fence != "---" && fence != "+++") return start;
  bool opened = false;
  for (std::size_t line = start; line < page.size();) {
    const std::size_t end = std::min(page.find('\n', line), page.size());
    std::string_view text = page.substr(line, end - line);
    text = text.substr(0, text.find_last_not_of(" \t\r") + 1);
    if (!opened && text != fence) return start;
    if (opened && text == fence) return std::min(end + 1, page.size());
    opened = true;
    line = end + 1;
  }
  return start;
}

std::optional<MarkedPlace> place_at(std::string_view page, std::size_t at) {
  if (page.substr(at).starts_with("![")) {
    const std::size_t end = page.find_first_not_of(" \t", at + 2);
    if (end == page.npos || page[end] != ']') return {};
    return MarkedPlace{at + 2, end, AltForm::markdown};
  }
  constexpr std::size_t name = 4;  // of "<img"
  if (pupil::ascii_lower(page.substr(at, name)) != "<img") return {};
  if (end_of_tag_name(page.substr(at, name + 1)) != name) return {};
  return MarkedPlace{at + name, at + name, AltForm::html_in_markdown};
}

std::vector<MarkedPlace> places_of(std::string_view page, std::size_t start) {
  std::vector<MarkedPlace> found;
  for (std::size_t at = page.find_first_of("!<", start); at != page.npos; at = page.find_first_of("!<", at + 1)) {
    if (const auto place = place_at(page, at)) found.push_back(*place);
  }
  return found;
}

/// A word that is nowhere in the page, in small letters as names of attributes are read.
std::string unused_word(std::string_view page) {
  const std::string lower = pupil::ascii_lower(page);
  std::string word = "imagemark";
  while (lower.find(word) != lower.npos) word += 'x';
  return word + 'n';  // a number follows
}

std::string with_marks(std::string_view page, std::size_t start, const std::vector<MarkedPlace>& places,
                       const std::string& mark) {
  std::string marked;
  std::size_t copied = start;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const MarkedPlace& place = places[i];
    marked += page.substr(copied, place.begin - copied);
    marked += (place.form == AltForm::markdown ? "" : " ") + mark + std::to_string(i);
    copied = place.end;
  }
  return marked += page.substr(copied);
}

std::string rendered(const std::string& markdown) {
  const std::unique_ptr<char, decltype(&std::free)> html(
      cmark_markdown_to_html(markdown.data(), markdown.size(), CMARK_OPT_UNSAFE), &std::free);
  if (html == nullptr) throw std::bad_alloc();
  return html.get();
}

/// The number behind the mark, where the text is one.
std::optional<std::size_t> number_of_mark(std::string_view text, const std::string& mark) {
  std::size_t number = 0;
  if (!text.starts_with(mark)) return {};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + mark.size(), end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

/// The number of the place that an image is, whose mark is taken from it, where it is one.
std::optional<std::size_t> take_mark(HtmlImage& image, const std::string& mark) {
  if (const auto alt = image.attributes.find("alt"); alt != image.attributes.end()) {
    const auto number = number_of_mark(alt->second, mark);
    if (number) image.attributes.erase(alt);
    if (number) return number;
  }
  for (const auto& [name, value] : image.attributes) {
    if (const auto number = number_of_mark(name, mark)) return number;
  }
  return {};
}

}  // namespace

PageImages images_in_markdown(std::string_view page) {
  const std::size_t start = end_of_front_matter(page);
  const std::vector<MarkedPlace> places = places_of(page, start);
  if (places.empty()) return {};
  const std::string mark = unused_word(page);
  const std::string html = rendered(with_marks(page, start, places, mark));
  HtmlImages images = parse_html_images(html);
  PageImages found{{}, images.base};
  LineNumbers lines(page);
  for (HtmlImage& image : images.images) {
    const auto number = take_mark(image, mark);
    if (!number || is_described(image)) continue;
    const MarkedPlace& place = places.at(*number);
    found.without_alt.push_back({place.begin, place.end, place.form, 0, picture_address(image)});
  }
  std::ranges::sort(found.without_alt, {}, &PageImage::begin);
  for (PageImage& image : found.without_alt) image.line = lines.line_at(image.begin);
  return found;
}

}  // namespace captioner
