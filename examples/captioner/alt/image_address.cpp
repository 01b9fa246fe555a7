#include "image_address.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <pupil/core/utf8.hpp>

namespace captioner {

namespace {

namespace fs = std::filesystem;

/// "https" of "https://a.b"; empty where there is none.
std::string scheme_of(std::string_view address) {
  const std::size_t colon = address.find(':');
  const std::string scheme = pupil::ascii_lower(address.substr(0, colon));
  if (colon == address.npos || scheme.empty() || scheme.front() < 'a' || scheme.front() > 'z') return {};
  return scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+.-") == scheme.npos ? scheme : "";
}

bool is_on_web(std::string_view address) { return address.starts_with("//") || !scheme_of(address).empty(); }

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const std::string_view digits = text[i] == '%' ? text.substr(i + 1, 2) : "";
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    const bool is_byte = digits.size() == 2 && read.ptr == digits.data() + 2 && byte != 0;
    decoded += is_byte ? static_cast<char>(byte) : text[i];
    if (is_byte) i += 2;
  }
  return decoded;
}

/// The part of an address that names a file.
std::string path_of(std::string_view address) {
  return percent_decoded(address.substr(0, address.find_first_of("?#")));
}

/// "/a/b" lies in the site, all else in the folder.
fs::path placed(const std::string& path, const fs::path& site, const fs::path& folder) {
  const std::size_t name = path.find_first_not_of('/');
  if (!path.starts_with('/')) return folder / path;
  return name == path.npos ? site : site / path.substr(name);
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  const fs::path from_folder =
      fs::absolute(file).lexically_normal().lexically_relative(fs::absolute(folder).lexically_normal() / "");
  return !from_folder.empty() && *from_folder.begin() != "..";
}

}  // namespace

ImageAddress find_image(const std::string& address, const PagePlace& page) {
  if (address.empty()) return {AddressKind::nothing};
  if (scheme_of(address) == "data") return {AddressKind::in_page};
  const std::string path = path_of(address);
  const std::string lower = pupil::ascii_lower(path);
  if (lower.ends_with(".svg") || lower.ends_with(".svgz")) return {AddressKind::drawing};
  const bool absolute = path.starts_with('/');
  if (is_on_web(address) || (!absolute && is_on_web(page.base))) return {AddressKind::on_web};
  fs::path folder = page.folder;
  if (!page.base.empty() && !is_on_web(page.base)) {
    // What follows the last "/" of a base is the name of a page.
    const std::string base = path_of(page.base);
    folder = placed(base.substr(0, base.rfind('/') + 1), page.site, page.folder);
  }
  const fs::path file = placed(path, page.site, folder).lexically_normal();
  const bool inside = !page.only_site || is_inside(file, page.site);
  return {inside ? AddressKind::file : AddressKind::outside, file};
}

}  // namespace captioner
