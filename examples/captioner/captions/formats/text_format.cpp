// A line a caption: the path, a tab, the caption; where all captions are shown a tab and the probability, and where
// confidences are a tab and that.

#include "../../../command_line/one_line.hpp"
#include "../trust_options.hpp"
#include "caption_format.hpp"

namespace captioner {

namespace {

class TextFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string record(const CaptionResult& result, bool) const override {
    using command_line::field;
    std::string lines;
    for (std::size_t i = 0; i < result.captions.size(); ++i) {
      const SaidCaption& caption = result.captions[i];
      lines += field(result.path) + '\t' + field(shown(caption, settings()));
      if (settings().all_captions) lines += '\t' + probability(caption);
      if (settings().confidence) lines += '\t' + confidence_field(result, i);
      lines += '\n';
    }
    return lines;
  }
};

}  // namespace

std::unique_ptr<const CaptionFormat> make_text_format(FormatSettings settings) {
  return std::make_unique<TextFormat>(std::move(settings));
}

}  // namespace captioner
