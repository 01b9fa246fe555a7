// Comma-separated values: a row a caption, below a row of names.

#include <pupil/data/csv.hpp>

#include "../trust_options.hpp"
#include "caption_format.hpp"

namespace captioner {

namespace {

class CsvFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string begin() const override {
    return std::string("image,caption") + (settings().all_captions ? ",probability" : "") +
           (settings().confidence ? ",confidence\n" : "\n");
  }

  std::string record(const CaptionResult& result, bool) const override {
    std::string rows;
    for (std::size_t i = 0; i < result.captions.size(); ++i) {
      const SaidCaption& caption = result.captions[i];
      rows +=
          pupil::captioning::csv_field(result.path) + ',' + pupil::captioning::csv_field(shown(caption, settings()));
      if (settings().all_captions) rows += ',' + probability(caption);
      if (settings().confidence) rows += ',' + confidence_field(result, i);
      rows += '\n';
    }
    return rows;
  }
};

}  // namespace

std::unique_ptr<const CaptionFormat> make_csv_format(FormatSettings settings) {
  return std::make_unique<CsvFormat>(std::move(settings));
}

}  // namespace captioner
