#pragma once
// The images of an HTML page, as browsers read it (Gumbo, the parser of HTML5).

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "page_image.hpp"

namespace captioner {

/// An <img>, but those in a <template>, which are not shown.
struct HtmlImage {
  std::string_view tag;                           ///< as it stands in the page: "<img src=a.jpg>"
  std::map<std::string, std::string> attributes;  ///< by name in lower case, without escapes
  std::vector<std::string> picture_sources;       ///< the srcset of each <source> of the <picture> that it is in
  bool hidden = false;                            ///< it is in something that has aria-hidden="true"
};

struct HtmlImages {
  std::vector<HtmlImage> images;  ///< in the order of the page
  std::string base;               ///< the href of <base>
};

/// The result points into `page`.
HtmlImages parse_html_images(std::string_view page);

/// Whether the page says what whoever cannot see the image is to hear: by alt, be it empty, by aria-label or
/// aria-labelledby; or that it is nothing, by role="presentation" or "none", or aria-hidden="true".
bool is_described(const HtmlImage& image);

/// Where the picture is: what a script is to load late (data-src and the like), src, the first of srcset, the first of
/// the <picture>'s sources. What lies in the page itself (data:) is taken where there is nothing else.
std::string picture_address(const HtmlImage& image);

/// Behind "<img": where an attribute can be put into a tag, whatever it has, from its beginning.
std::size_t end_of_tag_name(std::string_view tag);

PageImages images_in_html(std::string_view page);

}  // namespace captioner
