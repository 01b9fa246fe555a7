// An object of JSON a line, of images that cannot be read too.

#include <cmath>

#include <nlohmann/json.hpp>

#include "../../common/json_line.hpp"
#include "../trust_options.hpp"
#include "caption_format.hpp"

namespace captioner {

namespace {

class JsonFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string record(const CaptionResult& result, bool) const override {
    nlohmann::ordered_json object{{"image", result.path}};
    if (!result.caption) {
      object["error"] = result.error;
    } else if (settings().all_captions) {
      auto& captions = object["captions"] = nlohmann::ordered_json::array();
      for (const SaidCaption& caption : result.captions) {
        captions.push_back({{"caption", shown(caption, settings())},
                            {"probability", std::exp(caption.log_probability)},
                            {"log_probability", caption.log_probability}});
      }
    } else {
      object["caption"] = shown(result.captions.front(), settings());
    }
    if (result.confidence) object["confidence"] = shown_confidence(*result.confidence);
    return json_line(object) + "\n";
  }
};

}  // namespace

std::unique_ptr<const CaptionFormat> make_json_format(FormatSettings settings) {
  return std::make_unique<JsonFormat>(std::move(settings));
}

}  // namespace captioner
