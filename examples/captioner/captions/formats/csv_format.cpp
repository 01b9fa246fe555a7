// Comma-separated values: a row a caption, below a row of names.

#include <pupil/data/csv.hpp>

#include "caption_format.hpp"

namespace captioner {

namespace {

class CsvFormat : public CaptionFormat {
 public:
  using CaptionFormat::CaptionFormat;

  std::string begin() const override {
    return settings().all_captions ? "image,caption,probability\n" : "image,caption\n";
  }

  std::string record(const CaptionResult& result, bool) const override {
    std::string rows;
    for (const SaidCaption& caption : result.captions) {
      rows += pupil::csv_field(result.path) + ',' + pupil::csv_field(shown(caption, settings()));
      if (settings().all_captions) rows += ',' + probability(caption);
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
