// A line a caption: the path, a tab, the caption, and where all captions are shown a tab and the probability.

#include "../../../command_line/one_line.hpp"
#include "caption_format.hpp"

namespace captioner {

namespace {

class TextFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string record(const CaptionResult& result, bool) const override {
    using command_line::field;
    std::string lines;
    for (const SaidCaption& caption : result.captions) {
      lines += field(result.path) + '\t' + field(shown(caption, settings()));
      if (settings().all_captions) lines += '\t' + probability(caption);
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
