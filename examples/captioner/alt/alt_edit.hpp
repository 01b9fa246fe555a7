#pragma once
// Alt texts written into a page, of which every other byte stays as it was.

#include <string>
#include <string_view>
#include <vector>

#include "page_image.hpp"

namespace captioner {

struct AltEdit {
  PageImage image;
  std::string alt;  ///< UTF-8, not escaped
};

/// The page with these alt texts, escaped as the image's form asks for. In a page that is not UTF-8, or
/// HTML in ASCII that does not say what it is, letters beyond ASCII become HTML's numbers ("&#233;"). `edits` are of
/// images of this page, in any order, one an image.
std::string with_alt_texts(std::string_view page, std::vector<AltEdit> edits);

/// As one line of text: white space of any length is a blank, and none at the ends.
std::string single_line(std::string_view text);

}  // namespace captioner
