#pragma once
// The images of a Markdown page: ![](address), ![][reference], and HTML's <img>.

#include <string_view>

#include "page_image.hpp"

namespace captioner {

/// Images as CommonMark has them (cmark); what looks like one in code, a comment or the YAML or TOML at the start of
/// the page is none. No text between the brackets is no alt text: Markdown cannot tell whether somebody wanted it so.
PageImages images_in_markdown(std::string_view page);

}  // namespace captioner
