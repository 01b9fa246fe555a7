#pragma once
// What was approved, written into the pages.

#include <functional>
#include <string>
#include <vector>

#include "alt_review.hpp"
#include "site_pages.hpp"

namespace captioner {

/// What came of it.
struct AppliedAlts {
  std::size_t texts = 0;
  std::size_t pages = 0;
};

/// Writes the approved texts. A page is replaced whole, or stays as it was. `refused(why)` is called for an image that
/// no longer stands without alt text where the row says, and for a page that cannot be written; the rest is done.
/// Throws FileError before anything is written where a row is of a page that is not one of the site's, or a page cannot
/// be read. `review` is what messages call the rows' file.
AppliedAlts apply_alt_texts(const Site& site, const std::vector<AltRow>& rows, const std::string& review,
                            const std::function<void(const std::string&)>& refused);

}  // namespace captioner
