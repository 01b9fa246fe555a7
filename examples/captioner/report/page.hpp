#pragma once
// The page around a report's contents: page.html with the styles and scripts in it.

#include <string>
#include <string_view>

namespace captioner::report {

/// A part of the page with a heading, to which the page's list of contents leads.
struct Section {
  std::string_view id;
  std::string_view heading;
};

/// All of the page before its contents, with this title.
std::string page_begin(std::string_view title);

std::string section_begin(const Section& section);

inline std::string section_end() { return "</section>\n"; }

/// All of the page behind its contents.
std::string page_end();

}  // namespace captioner::report
