#include "site_pages.hpp"

#include <algorithm>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/mapped_file.hpp>

#include "html_images.hpp"
#include "markdown_images.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;
using pupil::FileError;
using pupil::require;

constexpr std::string_view known_pages = ".html, .htm, .xhtml, .md and .markdown";

bool is_markdown(const fs::path& page) {
  const std::string ending = pupil::ascii_lower(page.extension().string());
  return ending == ".md" || ending == ".markdown";
}

bool is_page(const fs::path& file) {
  const std::string ending = pupil::ascii_lower(file.extension().string());
  return is_markdown(file) || ending == ".html" || ending == ".htm" || ending == ".xhtml";
}

bool is_passed_by(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name == "node_modules";
}

std::vector<std::string> pages_in(const fs::path& folder) {
  std::vector<std::string> pages;
  try {
    for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->is_directory()) {
        if (is_passed_by(entry->path())) entry.disable_recursion_pending();
      } else if (is_page(entry->path()) && entry->is_regular_file() && !entry->is_symlink()) {
        pages.push_back(entry->path().lexically_relative(folder).generic_string());
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw FileError(error.path1().string() + ": cannot read: " + error.code().message());
  }
  std::ranges::sort(pages);
  return pages;
}

}  // namespace

Site find_pages(const std::string& given, const std::string& root) {
  require<FileError>(fs::exists(given), given.empty() ? "\"\"" : given, ": no such file or folder");
  require<FileError>(root.empty() || fs::is_directory(root), root, ": --root is no folder");
  Site site{given, given, root, false, {}};
  if (fs::is_directory(given)) {
    site.pages = pages_in(given);
    require<FileError>(!site.pages.empty(), given, ": no page in it; pages are files that end in ", known_pages);
  } else {
    require<FileError>(is_page(given), given, ": is no page; pages are files that end in ", known_pages);
    site.is_page = true;
    site.folder = fs::path(given).parent_path();
    site.pages = {fs::path(given).filename().string()};
  }
  if (root.empty()) site.root = site.folder;
  return site;
}

std::string read_page(const Site& site, const std::string& page) {
  const fs::path path = site.folder / page;
  const pupil::MappedFile file(path);
  const auto bytes = file.bytes();
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  require<FileError>(text.find('\0') == text.npos, path.string(),
                     ": a zero byte, which is in no page (if it is UTF-16, iconv -f UTF-16 -t UTF-8 converts it)");
  return text;
}

PageImages images_of_page(const std::string& page, std::string_view text) {
  return is_markdown(page) ? images_in_markdown(text) : images_in_html(text);
}

PagePlace place_of_page(const Site& site, const std::string& page, const std::string& base) {
  const bool only_site = !site.is_page || site.root != site.folder;
  return {site.root, (site.folder / page).parent_path(), base, only_site};
}

}  // namespace captioner
