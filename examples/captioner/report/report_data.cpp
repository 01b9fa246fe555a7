#include "report_data.hpp"

#include <span>
#include <utility>

#include "../common/interruption.hpp"
#include "../common/progress_line.hpp"

namespace captioner::report {

namespace {

ReportData caption_split(const CaptionMaker& maker, const pupil::CaptionedImages& data, pupil::Split split) {
  const auto& samples = data.at(split);
  std::vector<std::string> paths;
  for (const pupil::Sample& sample : samples) paths.push_back((data.image_folder / sample.image).string());
  ReportData measured;
  std::size_t next = 0;
  ProgressLine line;
  caption_files(maker, paths, [&](const CaptionResult& result) {
    stop_if_interrupted();
    const pupil::Sample& sample = samples[next++];
    if (!result.caption) {
      line.print("captioner: skipped: " + result.error);
      ++measured.skipped;
      return;
    }
    measured.images.push_back({sample.image, result.path, result.captions, result.confidence, sample.captions});
    measured.candidates.push_back(pupil::tokenize(*result.caption));
    measured.reference_words.push_back(reference_words(sample));
    line.show("captioning: " + std::to_string(next) + " of " + std::to_string(samples.size()));
  });
  pupil::require<pupil::FileError>(!measured.images.empty(), data.folder.string(), ": no image of the ",
                                   pupil::split_name(split), " split can be read");
  return measured;
}

}  // namespace

ReportData measure(const CaptionMaker& maker, const pupil::CaptionedImages& data, pupil::Split split) {
  ReportData measured = caption_split(maker, data, split);
  measured.scores = pupil::score_captions(measured.candidates, measured.reference_words);
  measured.statistics = pupil::caption_statistics(measured.candidates, training_captions(data));
  return measured;
}

}  // namespace captioner::report
