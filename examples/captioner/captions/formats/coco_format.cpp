// COCO's results, as its evaluation and `captioner score` read them: an array of {"image_id", "caption"}.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include "../../common/json_line.hpp"
#include "caption_format.hpp"

namespace captioner {

namespace {

/// COCO's own images are called by the number in their names, of twelve digits: 139 of 000000000139.jpg and of
/// COCO_val2014_000000000139.jpg. All others by their paths, which no two of them share.
nlohmann::ordered_json image_id(const std::string& path) {
  constexpr std::size_t digits = 12;
  const std::string stem = std::filesystem::path(path).stem().string();
  const std::string_view number =
      std::string_view(stem).substr(stem.size() < digits ? stem.size() : stem.size() - digits);
  const std::string_view before = std::string_view(stem).substr(0, stem.size() - number.size());
  const bool is_number = number.size() == digits && number.find_first_not_of("0123456789") == number.npos;
  const bool is_cocos = before.empty() || (before.starts_with("COCO_") && before.ends_with('_'));
  if (is_number && is_cocos) return std::stoll(std::string(number));
  return path;
}

class CocoFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string begin() const override { return "["; }

  std::string record(const CaptionResult& result, bool is_first) const override {
    if (!result.caption || result.caption->empty()) return {};  // nothing is said of it
    const auto& caption = shown(result.captions.front(), settings());
    return (is_first ? "\n" : ",\n") + json_line({{"image_id", image_id(result.path)}, {"caption", caption}});
  }

  std::string end() const override { return "\n]\n"; }
};

}  // namespace

std::unique_ptr<const CaptionFormat> make_coco_format(FormatSettings settings) {
  return std::make_unique<CocoFormat>(std::move(settings));
}

}  // namespace captioner
