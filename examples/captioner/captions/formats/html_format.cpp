// A page to look at: the images, which stay where they are, with their captions below them and as their alt texts. All
// that the page needs besides is in it, and it runs no script.

#include <cstdio>
#include <filesystem>
#include <string_view>

#include "../../common/markup.hpp"
#include "caption_format.hpp"

namespace captioner {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view page_head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Captions</title>
<style>
:root { color-scheme: light dark; }
body { margin: 1rem auto; max-width: 90rem; padding: 0 1rem; font: 1rem/1.4 system-ui, sans-serif; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
img { width: 100%; height: 12rem; object-fit: contain; background: #8882; }
figcaption p { margin: .3rem 0; }
.path { font-size: .8rem; opacity: .75; overflow-wrap: anywhere; }
.error { font-style: italic; }
</style>
</head>
<body>
<h1>Captions</h1>
<main>
)";

constexpr std::string_view foot = "</main>\n</body>\n</html>\n";

/// What a browser finds the image by from the page.
std::string address_of(const std::string& image, const fs::path& folder) {
  const fs::path path = fs::absolute(image).lexically_normal(), page = (fs::current_path() / folder).lexically_normal();
  return percent_encoded(path.lexically_relative(page).string());
}

class HtmlFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string begin() const override { return std::string(page_head); }

  std::string record(const CaptionResult& result, bool) const override {
    std::string figure = "<figure>\n";
    if (result.caption) {
      figure += "<img loading=\"lazy\" src=\"" + escaped(address_of(result.path, settings().folder)) + "\" alt=\"" +
                escaped(shown(result.captions.front(), settings())) + "\">\n";
    }
    figure += "<figcaption>\n";
    for (const SaidCaption& caption : result.captions) figure += paragraph(caption);
    if (result.confidence) figure += "<p class=\"path\">confidence " + percent(*result.confidence) + "</p>\n";
    if (!result.caption) figure += "<p class=\"error\">" + escaped(result.error) + "</p>\n";
    return figure + "<p class=\"path\">" + escaped(result.path) + "</p>\n</figcaption>\n</figure>\n";
  }

  std::string end() const override { return std::string(foot); }

 private:
  std::string paragraph(const SaidCaption& caption) const {
    if (caption.text.empty()) return {};  // nothing is said
    const std::string chance = settings().all_captions ? " (" + probability(caption) + ")" : "";
    return "<p>" + escaped(shown(caption, settings())) + chance + "</p>\n";
  }

  static std::string percent(double share) {
    char text[16];
    std::snprintf(text, sizeof text, "%.0f %%", 100 * share);
    return text;
  }
};

}  // namespace

std::unique_ptr<const CaptionFormat> make_html_format(FormatSettings settings) {
  return std::make_unique<HtmlFormat>(std::move(settings));
}

}  // namespace captioner
