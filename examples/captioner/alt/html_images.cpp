#include "html_images.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include <gumbo.h>

#include <pupil/core/utf8.hpp>

#include "line_numbers.hpp"

namespace captioner {

namespace {

struct DestroyOutput {
  void operator()(GumboOutput* output) const { gumbo_destroy_output(&kGumboDefaultOptions, output); }
};

template <class Item>
std::span<Item* const> items_of(const GumboVector& vector) {
  return {reinterpret_cast<Item* const*>(vector.data), vector.length};
}

std::string attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* const found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? "" : found->value;
}

bool is_html(const GumboNode& node, GumboTag tag) {
  return node.type == GUMBO_NODE_ELEMENT && node.v.element.tag == tag &&
         node.v.element.tag_namespace == GUMBO_NAMESPACE_HTML;
}

std::vector<std::string> sources_of_picture(const GumboNode& parent) {
  std::vector<std::string> sources;
  if (parent.type != GUMBO_NODE_ELEMENT) return sources;
  const GumboStringPiece& tag = parent.v.element.original_tag;  // Gumbo is older than <picture> and has no name for it
  if (pupil::ascii_lower({tag.data, std::min<std::size_t>(tag.length, 8)}) != "<picture") return sources;
  for (const GumboNode* const child : items_of<GumboNode>(parent.v.element.children)) {
    if (is_html(*child, GUMBO_TAG_SOURCE)) sources.push_back(attribute(child->v.element, "srcset"));
  }
  return sources;
}

HtmlImage to_image(const GumboNode& node, bool hidden) {
  const GumboElement& element = node.v.element;
  HtmlImage image{{element.original_tag.data, element.original_tag.length}, {}, {}, hidden};
  for (const GumboAttribute* const each : items_of<GumboAttribute>(element.attributes)) {
    image.attributes.emplace(pupil::ascii_lower(each->name), each->value);
  }
  image.picture_sources = sources_of_picture(*node.parent);
  return image;
}

/// Without recursion: pages that programs made may be nested deeply.
void collect(const GumboNode& root, HtmlImages& found) {
  struct Visit {
    const GumboNode* node;
    bool hidden;
  };
  bool has_base = false;
  std::vector<Visit> visits{{&root, false}};
  while (!visits.empty()) {
    const auto [node, parent_hidden] = visits.back();
    visits.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboElement& element = node->v.element;
    const bool hidden = parent_hidden || pupil::ascii_lower(attribute(element, "aria-hidden")) == "true";
    if (is_html(*node, GUMBO_TAG_IMG) && element.original_tag.length > 0) {
      found.images.push_back(to_image(*node, hidden));
    } else if (is_html(*node, GUMBO_TAG_BASE) && !has_base) {
      found.base = attribute(element, "href");
      has_base = !found.base.empty();
    }
    const auto children = items_of<GumboNode>(element.children);
    for (auto child = children.rbegin(); child != children.rend(); ++child) visits.push_back({*child, hidden});
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\n\r\f";
  const std::size_t first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// The first address of a srcset: "a.jpg 1x, b.jpg 2x".
std::string first_of_set(std::string_view set) {
  const std::size_t first = set.find_first_not_of(" \t\n\r\f,");
  if (first == set.npos) return {};
  set.remove_prefix(first);
  set = set.substr(0, set.find_first_of(" \t\n\r\f"));
  while (set.ends_with(',')) set.remove_suffix(1);
  return std::string(set);
}

bool has_value(const HtmlImage& image, const char* name) {
  const auto found = image.attributes.find(name);
  return found != image.attributes.end() && !trimmed(found->second).empty();
}

std::string lower_value(const HtmlImage& image, const char* name) {
  const auto found = image.attributes.find(name);
  return found == image.attributes.end() ? "" : pupil::ascii_lower(trimmed(found->second));
}

}  // namespace

HtmlImages parse_html_images(std::string_view page) {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  const std::unique_ptr<GumboOutput, DestroyOutput> output(
      gumbo_parse_with_options(&options, page.data(), page.size()));
  HtmlImages found;
  collect(*output->root, found);
  // What stands where a table allows nothing is moved before it, but stays where it is in the page.
  std::ranges::stable_sort(found.images, {}, [](const HtmlImage& image) { return image.tag.data(); });
  return found;
}

bool is_described(const HtmlImage& image) {
  const std::string role = lower_value(image, "role");
  return image.hidden || image.attributes.contains("alt") || has_value(image, "aria-label") ||
         has_value(image, "aria-labelledby") || role == "presentation" || role == "none";
}

std::string picture_address(const HtmlImage& image) {
  std::vector<std::string> addresses;
  const auto add = [&](std::string_view address) {
    if (!trimmed(address).empty()) addresses.emplace_back(trimmed(address));
  };
  for (const char* const name : {"data-src", "data-lazy-src", "data-original", "src"}) {
    if (image.attributes.contains(name)) add(image.attributes.at(name));
  }
  for (const char* const name : {"srcset", "data-srcset"}) {
    if (image.attributes.contains(name)) add(first_of_set(image.attributes.at(name)));
  }
  for (const std::string& source : image.picture_sources) add(first_of_set(source));
  const auto elsewhere =
      std::ranges::find_if(addresses, [](const std::string& a) { return !pupil::ascii_lower(a).starts_with("data:"); });
  if (elsewhere != addresses.end()) return *elsewhere;
  return addresses.empty() ? "" : addresses.front();
}

std::size_t end_of_tag_name(std::string_view tag) { return std::min(tag.find_first_of(" \t\n\r\f/>"), tag.size()); }

PageImages images_in_html(std::string_view page) {
  const HtmlImages html = parse_html_images(page);
  PageImages found{{}, html.base};
  LineNumbers lines(page);
  for (const HtmlImage& image : html.images) {
    if (is_described(image)) continue;
    const auto tag = static_cast<std::size_t>(image.tag.data() - page.data());
    const std::size_t place = tag + end_of_tag_name(image.tag);
    found.without_alt.push_back({place, place, AltForm::html, lines.line_at(tag), picture_address(image)});
  }
  return found;
}

}  // namespace captioner
