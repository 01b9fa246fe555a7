#pragma once
// What a report is about: the captions of a split, what people wrote of the same images, and how far they agree.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/metrics/scores.hpp>

#include "../captions/captioning.hpp"

namespace captioner::report {

/// An image, and what was said of it.
struct CaptionedImage {
  std::string image;  ///< its name in the data
  std::filesystem::path file;
  std::vector<SaidCaption> said;  ///< the first one is judged
  std::optional<double> confidence = {};
  std::vector<std::string> references;
};

struct ReportData {
  std::vector<CaptionedImage> images;                         ///< in the order of the split
  std::size_t skipped = 0;                                    ///< images that could not be read
  std::vector<pupil::Sentence> candidates;                    ///< the first caption of each, as words
  std::vector<std::vector<pupil::Sentence>> reference_words;  ///< of each
  pupil::CaptionScores scores;
  pupil::CaptionStatistics statistics;
};

/// Captions a split and scores it, as evaluate does. Names images that cannot be read on standard error. Throws
/// FileError where none can, and Interrupted.
ReportData measure(const CaptionMaker& maker, const pupil::CaptionedImages& data, pupil::Split split);

}  // namespace captioner::report
