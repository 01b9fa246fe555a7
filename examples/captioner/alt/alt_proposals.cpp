#include "alt_proposals.hpp"

#include <map>
#include <utility>

#include <pupil/core/errors.hpp>

#include "../captions/captioning.hpp"
#include "alt_wording.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;
using Fault = std::function<void(const std::string&)>;

/// Whether the image belongs into the list; counts it where it does not.
bool is_local(AddressKind kind, NotLookedAt& not_looked_at) {
  switch (kind) {
    case AddressKind::on_web:
      ++not_looked_at.on_web;
      return false;
    case AddressKind::in_page:
      ++not_looked_at.in_page;
      return false;
    case AddressKind::drawing:
      ++not_looked_at.drawings;
      return false;
    case AddressKind::nothing:
      ++not_looked_at.without_address;
      return false;
    default:
      return true;
  }
}

void find_images_of_page(const Site& site, const std::string& page, SiteImages& found, const Fault& fault) {
  const PageImages images = images_of_page(page, read_page(site, page));
  const PagePlace place = place_of_page(site, page, images.base);
  for (const PageImage& image : images.without_alt) {
    const ImageAddress address = find_image(image.address, place);
    if (!is_local(address.kind, found.not_looked_at)) continue;
    const std::string where = pupil::message((site.folder / page).string(), ": line ", image.line, ": ", image.address);
    std::error_code unknown;
    if (address.kind == AddressKind::outside) {
      fault(where + " is outside of " + site.root.string());
    } else if (!fs::is_regular_file(address.file, unknown)) {
      fault(where + ": no such file");
    } else {
      found.images.push_back({page, image, address.file.string()});
    }
  }
}

/// The name of a file that links and other ways to it share.
std::string one_name(const std::string& file) {
  std::error_code unknown;
  const fs::path name = fs::canonical(file, unknown);
  return unknown ? file : name.string();
}

}  // namespace

SiteImages find_images(const Site& site, const Fault& fault) {
  SiteImages found;
  for (const std::string& page : site.pages) {
    try {
      find_images_of_page(site, page, found, fault);
    } catch (const pupil::FileError& error) {
      fault(error.what());
    }
  }
  return found;
}

std::vector<AltRow> propose(const SiteImages& found, const CaptionMaker& maker, const Fault& fault,
                            const std::function<void(std::size_t, std::size_t)>& done) {
  std::map<std::string, std::size_t> places;  // of each file among the captions
  std::vector<std::string> files;
  std::vector<std::size_t> captions;  // of each image
  for (const FoundImage& image : found.images) {
    const auto [place, added] = places.emplace(one_name(image.file), files.size());
    if (added) files.push_back(image.file);
    captions.push_back(place->second);
  }
  std::vector<CaptionResult> results;
  caption_files(maker, files, [&](const CaptionResult& result) {
    if (!result.caption) fault(result.error);
    results.push_back(result);
    done(results.size(), files.size());
  });
  std::vector<AltRow> rows;
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const auto& [page, image, file] = found.images[i];
    const CaptionResult& result = results[captions[i]];
    if (!result.caption) continue;
    rows.push_back(
        {page, image.line, image.address, without_preamble(result.captions.front().sentence), result.confidence});
  }
  return rows;
}

}  // namespace captioner
