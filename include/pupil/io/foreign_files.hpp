#pragma once
// Files that are not what a reader reads, by what they are: the reader of an error wants to know what to do. This is
// the place that knows; the readers of images, texts and weights ask it, and add their own way out.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include <pupil/core/utf8.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/file_signatures.hpp>

namespace pupil {

namespace detail {

/// Whether the text begins so, whatever the case of its letters; `lower` is in lower case.
inline bool begins_in_any_case(std::string_view text, std::string_view lower) {
  return ascii_lower(text.substr(0, lower.size())) == lower;
}

/// Whether no control characters are among the first bytes but those of white space: so it is in a text, of any
/// encoding that has ASCII in it.
inline bool begins_as_text(std::string_view bytes) {
  return std::ranges::none_of(bytes.substr(0, 512), [](char byte) {
    const auto c = static_cast<unsigned char>(byte);
    return c == 0x7F || (c < 0x20 && (c < 0x08 || c > 0x0D));
  });
}

/// Whether nearly all of the first bytes are UTF-8, as they are in Western texts of any encoding. So few as three may
/// be letters by chance.
inline bool is_readable(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 512);
  std::size_t malformed = 0;
  for (std::size_t position = 0; position < start.size();) {
    const std::size_t length = utf8_sequence_length(start, position);
    malformed += length == 0 ? 1 : 0;
    position += std::max<std::size_t>(1, length);
  }
  return start.size() > 3 && 4 * malformed <= start.size();
}

}  // namespace detail

/// What a text is: a server's answer instead of a file, mostly. Unknown for a text of no kind in particular.
inline ForeignFile kind_of_text(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const auto pass_space = [&] { text.remove_prefix(std::min(text.find_first_not_of(space), text.size())); };
  text = without_byte_order_mark(text);
  pass_space();
  for (const std::string_view pointer : {"version https://git-lfs", "version https://hawser"}) {
    if (text.starts_with(pointer)) {
      return {FileFamily::other, "a Git LFS pointer: `git lfs pull` fetches the file itself"};
    }
  }
  bool is_xml = false;
  while (text.starts_with("<!--") || text.starts_with("<?")) {
    is_xml |= text.starts_with("<?xml");
    const std::string_view close = text.starts_with("<?") ? "?>" : "-->";
    const std::size_t end = text.find(close);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + close.size());
    pass_space();
  }
  for (const std::string_view html :
       {"<!doctype html", "<html", "<head", "<body", "<title", "<script", "<meta", "<center", "<h1", "<div", "<p>"}) {
    if (detail::begins_in_any_case(text, html)) return {FileFamily::web_page, "a web page (HTML)"};
  }
  for (const std::string_view svg : {"<svg", "<!doctype svg"}) {
    if (detail::begins_in_any_case(text, svg)) return {FileFamily::xml, "SVG"};
  }
  if (is_xml || text.starts_with('<')) return {FileFamily::xml, "XML"};
  if (text.starts_with('{') || text.starts_with('[')) return {FileFamily::json, "JSON"};
  return {};
}

/// What a file is that begins with these bytes; unknown where it is of no kind in the table. A text may begin with the
/// letters of another kind by chance.
inline ForeignFile kind_of_foreign_file(std::span<const std::byte> bytes) {
  const std::string_view text = detail::text_of(bytes);
  for (const auto& signature : detail::file_signatures()) {
    const std::string_view there = text.substr(std::min(signature.at, text.size()));
    if (there.starts_with(signature.text)) return {signature.family, signature.kind};
  }
  if (text.size() >= 12 && text.substr(4, 4) == "ftyp")
    return {FileFamily::other, detail::kind_by_brand(text.substr(8, 4))};
  if (text.size() > 2 && text[0] == 'P' && text[1] >= '1' && text[1] <= '7' && (text[2] == '\n' || text[2] == ' ')) {
    return {FileFamily::other, "PNM"};
  }
  const bool zeros = !text.empty() && text.substr(0, 4096).find_first_not_of('\0') == std::string_view::npos;
  if (zeros) return {FileFamily::other, "zeros, as a download leaves that was not finished"};
  if (!detail::begins_as_text(text)) return {};
  const ForeignFile known = kind_of_text(text);
  return known.is_known() || !detail::is_readable(text) ? known : ForeignFile{FileFamily::text, "text"};
}

}  // namespace pupil
