#pragma once
// From an address in a page to the file of a picture.

#include <filesystem>
#include <string>

namespace captioner {

/// What there is to look at behind an address.
enum class AddressKind {
  file,     ///< a file of the site, which may be absent
  on_web,   ///< http: and the like: nothing is fetched
  in_page,  ///< data:, most often a placeholder
  drawing,  ///< SVG: no photograph
  nothing,  ///< the image has no address
  outside   ///< a file that does not belong to the site
};

struct ImageAddress {
  AddressKind kind = AddressKind::nothing;
  std::filesystem::path file = {};  ///< of `file` and `outside`
};

/// Where a page is in its site.
struct PagePlace {
  std::filesystem::path site;    ///< the folder that addresses beginning with "/" begin at
  std::filesystem::path folder;  ///< of the page
  std::string base;              ///< its <base>, or empty
  bool only_site = true;         ///< whether addresses that lead out of the site are `outside`
};

/// Without what follows a question mark or a number sign, with %20 and the like as the characters that they mean.
ImageAddress find_image(const std::string& address, const PagePlace& page);

}  // namespace captioner
