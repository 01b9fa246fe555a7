#include "caption_format.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <pupil/core/utf8.hpp>

namespace captioner {

const std::vector<FormatChoice>& caption_formats() {
  static const std::vector<FormatChoice> formats{{"text", {".txt", ".tsv"}, false, make_text_format},
                                                 {"json", {".jsonl", ".ndjson"}, false, make_json_format},
                                                 {"csv", {".csv"}, false, make_csv_format},
                                                 {"coco", {".json"}, false, make_coco_format},
                                                 {"html", {".html", ".htm"}, true, make_html_format}};
  return formats;
}

const FormatChoice& format_named(std::string_view name) {
  return *std::ranges::find(caption_formats(), name, &FormatChoice::name);
}

const FormatChoice& format_of_file(const std::filesystem::path& file) {
  const std::string ending = pupil::ascii_lower(file.extension().string());
  const auto& formats = caption_formats();
  const auto found = std::ranges::find_if(formats, [&](const FormatChoice& format) {
    return std::ranges::find(format.endings, ending) != format.endings.end();
  });
  return found == formats.end() ? formats.front() : *found;
}

std::string probability(const SaidCaption& caption) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", std::exp(caption.log_probability));
  return text;
}

}  // namespace captioner
