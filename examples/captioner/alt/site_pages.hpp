#pragma once
// The pages of a site: HTML and Markdown files in a folder, or one of them.

#include <filesystem>
#include <string>
#include <vector>

#include "image_address.hpp"
#include "page_image.hpp"

namespace captioner {

struct Site {
  std::string given;               ///< as it was named: a folder or a page
  std::filesystem::path folder;    ///< the pages' names are relative to it
  std::filesystem::path root;      ///< where addresses that begin with "/" begin
  bool is_page = false;            ///< one page, whose images may lie anywhere
  std::vector<std::string> pages;  ///< names relative to `folder`, with "/", in order
};

/// The pages (.html, .htm, .xhtml, .md, .markdown) in a folder and the folders in it, or the one page. Left out are
/// folders whose names begin with a dot, node_modules, and links, which would be second names of pages, or lead out.
/// `root` is empty where it is the folder. Throws FileError where there is no such file, no page, or a folder that
/// cannot be read.
Site find_pages(const std::string& given, const std::string& root);

/// All bytes of a page. Throws FileError where it cannot be read or is no text (UTF-16 is none here).
std::string read_page(const Site& site, const std::string& page);

/// The images without alt text in these bytes of the page.
PageImages images_of_page(const std::string& page, std::string_view text);

PagePlace place_of_page(const Site& site, const std::string& page, const std::string& base);

}  // namespace captioner
