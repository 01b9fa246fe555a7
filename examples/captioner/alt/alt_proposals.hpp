#pragma once
// An alt text for each image of a site that has none.

#include <functional>
#include <string>
#include <vector>

#include "../captions/caption_maker.hpp"
#include "alt_review.hpp"
#include "site_pages.hpp"

namespace captioner {

/// What is not looked at, and why there are no rows of it.
struct NotLookedAt {
  std::size_t on_web = 0;
  std::size_t in_page = 0;
  std::size_t drawings = 0;
  std::size_t without_address = 0;
};

/// An image without alt text whose file is there.
struct FoundImage {
  std::string page;
  PageImage image;
  std::string file;
};

/// What there is to caption.
struct SiteImages {
  std::vector<FoundImage> images;
  NotLookedAt not_looked_at;
};

/// `fault(why)` is called for a page that cannot be read, and an image that is not there.
SiteImages find_images(const Site& site, const std::function<void(const std::string&)>& fault);

/// The rows, in the order of the pages. Captions each file once, however often it is shown; `fault(why)` is called once
/// for each that cannot be read, and `done(files, of_all)` behind each.
std::vector<AltRow> propose(const SiteImages& found, const CaptionMaker& maker,
                            const std::function<void(const std::string&)>& fault,
                            const std::function<void(std::size_t, std::size_t)>& done);

}  // namespace captioner
