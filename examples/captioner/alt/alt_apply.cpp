#include "alt_apply.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/io/atomic_file.hpp>
#include <pupil/io/system.hpp>

#include "alt_edit.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;
using pupil::FileError;
using pupil::require;

using Rows = std::vector<const AltRow*>;
using Refused = std::function<void(const std::string&)>;

/// A page as it is to be.
struct NewPage {
  fs::path path;
  std::string text;
  std::size_t texts;
};

/// The rows of each page of which one is approved.
std::map<std::string, Rows> rows_by_page(const Site& site, const std::vector<AltRow>& rows, const std::string& review) {
  std::map<std::string, Rows> pages;
  for (const AltRow& row : rows) {
    const bool known = std::ranges::binary_search(site.pages, row.page);
    require<FileError>(known, review, ": line ", row.csv_line, ": ", pupil::shown_line(row.page), " is no page of ",
                       site.given);
    pages[row.page].push_back(&row);
  }
  std::erase_if(pages, [](const auto& page) { return std::ranges::none_of(page.second, &AltRow::approved); });
  return pages;
}

/// The image that a row is of, which no other row may have: the first that is left of its address on its line.
std::optional<PageImage> take_image(std::vector<PageImage>& images, const AltRow& row) {
  const auto found = std::ranges::find_if(images, [&](const PageImage& image) {
    return image.line == row.line && single_line(image.address) == single_line(row.image);
  });
  if (found == images.end()) return {};
  const PageImage image = *found;
  images.erase(found);
  return image;
}

/// Throws FileError where the new text does not read as the old one with these images described: better no alt text
/// than a page that is broken.
void check_page(const std::string& page, const fs::path& path, std::string_view text,
                const std::vector<PageImage>& left) {
  const auto address = [](const PageImage& image) { return image.address; };
  require<FileError>(std::ranges::equal(images_of_page(page, text).without_alt, left, {}, address, address),
                     path.string(), ": these alt texts would change what the page shows; it stays as it was");
}

/// What is to be written into a page. Rows that are not approved have their images too, so that none gets the text of
/// another that stands on its line.
std::vector<AltEdit> edits_of_page(const std::string& page, const Rows& rows, std::vector<PageImage> images,
                                   const std::string& review, const Refused& refused) {
  std::vector<AltEdit> edits;
  for (const AltRow* const row : rows) {
    const auto image = take_image(images, *row);
    if (!row->approved) continue;
    if (image) {
      edits.push_back({*image, row->alt});
    } else {
      refused(pupil::message(review, ": line ", row->csv_line, ": ", pupil::shown_line(page), " has no ",
                             pupil::shown_line(row->image), " without alt text on line ", row->line));
    }
  }
  return edits;
}

std::optional<NewPage> edited(const Site& site, const std::string& page, const Rows& rows, const std::string& review,
                              const Refused& refused) {
  const std::string text = read_page(site, page);
  std::vector<PageImage> images = images_of_page(page, text).without_alt;
  const std::vector<AltEdit> edits = edits_of_page(page, rows, images, review, refused);
  if (edits.empty()) return {};
  const NewPage edited{site.folder / page, with_alt_texts(text, edits), edits.size()};
  std::erase_if(images, [&](const PageImage& image) {
    return std::ranges::any_of(edits, [&](const AltEdit& edit) { return edit.image.begin == image.begin; });
  });
  check_page(page, edited.path, edited.text, images);
  return edited;
}

void require_writable([[maybe_unused]] const fs::path& path) {
#if PUPIL_POSIX
  if (::access(path.c_str(), W_OK) != 0) pupil::throw_file_error(path, "write", errno);
#endif
}

/// Whoever could read or write the page still can.
void replace(const NewPage& page) {
  require_writable(page.path);
  const fs::perms permissions = fs::status(page.path).permissions();
  pupil::write_file_atomically(page.path, page.text);
  std::error_code ignored;
  fs::permissions(page.path, permissions, ignored);
}

}  // namespace

AppliedAlts apply_alt_texts(const Site& site, const std::vector<AltRow>& rows, const std::string& review,
                            const Refused& refused) {
  std::vector<NewPage> pages;
  for (const auto& [page, rows_of_page] : rows_by_page(site, rows, review)) {
    if (auto new_page = edited(site, page, rows_of_page, review, refused)) pages.push_back(std::move(*new_page));
  }
  AppliedAlts applied;
  for (const NewPage& page : pages) {
    try {
      replace(page);
      applied.texts += page.texts;
      ++applied.pages;
    } catch (const FileError& error) {
      refused(error.what());
    }
  }
  return applied;
}

}  // namespace captioner
