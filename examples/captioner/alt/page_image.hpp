#pragma once
// An image in a page that says nothing to whoever cannot see it, and where its alt text belongs.

#include <cstddef>
#include <string>
#include <vector>

namespace captioner {

/// How an alt text is written where an image stands.
enum class AltForm {
  html,              ///< an attribute of the tag
  html_in_markdown,  ///< the same, where Markdown must find nothing in it that it knows
  markdown           ///< between the brackets of ![](address)
};

/// An image without alt text.
struct PageImage {
  std::size_t begin = 0;  ///< of the bytes of the page in whose place the alt text comes; none of an HTML tag
  std::size_t end = 0;
  AltForm form = AltForm::html;
  std::size_t line = 1;  ///< where it stands, counted from 1
  std::string address;   ///< of the picture, without HTML's and Markdown's escapes; empty where it has none
};

/// What a page has for who looks for images without alt text.
struct PageImages {
  std::vector<PageImage> without_alt;  ///< in the order of the page
  std::string base;                    ///< what <base> says that addresses are relative to; empty: the page
};

}  // namespace captioner
