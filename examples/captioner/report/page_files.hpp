#pragma once
// The files of the page, as they are in this folder; page_files.cpp is made of them when the program is built.

#include <string_view>

namespace captioner::report {

extern const std::string_view page_html;
extern const std::string_view page_css;
extern const std::string_view chart_css;
extern const std::string_view gallery_css;
extern const std::string_view gallery_js;
extern const std::string_view look_js;

}  // namespace captioner::report
