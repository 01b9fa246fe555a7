#pragma once
// A split that a captioner captioned, beside what people wrote of the same images: what evaluate prints and report
// shows.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/data/captioned_images.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/metrics/scores.hpp>

#include "../captions/captioning.hpp"
#include "../captions/search_options.hpp"
#include "../common/compute_options.hpp"
#include "../common/progress_line.hpp"
#include "../ranks/ranks.hpp"
#include "confidence_report.hpp"

namespace captioner {

/// Which captioners are to caption which split, and how.
struct SplitArguments {
  std::vector<std::string> runs;
  std::string data;
  pupil::captioning::FormOptions form;
  std::string split = "dev";
  std::optional<std::uint64_t> split_seed;
  bool allow_trained = false;
  ComputeOptions compute;
  SearchOptions search;
};

/// --run, --data, --split, --split-seed, --allow-trained, and how captions are found and computed.
void add_split_options(CLI::App& command, SplitArguments& arguments);

/// The files that such a command reads before it captions: the captions, and those of the captioners' runs.
std::vector<std::filesystem::path> split_inputs(const SplitArguments& arguments);

/// The data, whose split is one that no captioner was trained on, or may be scored all the same. Says on this line what
/// is wrong with the data. Throws FileError where a captioner was trained on the split.
pupil::captioning::CaptionedImages read_untrained_split(const CaptionMaker& maker, const SplitArguments& arguments,
                                                        ProgressLine& line);

/// An image, and what was said of it.
struct CaptionedSample {
  std::string image;  ///< its name in the data
  std::filesystem::path file;
  std::vector<SaidCaption> said;  ///< all captions that were asked for; the first one is judged
  std::optional<double> confidence = {};
  std::vector<std::string> references;
};

struct CaptionedSplit {
  std::vector<CaptionedSample> samples;                                   ///< in the order of the split
  std::size_t skipped = 0;                                                ///< images that could not be read
  std::vector<pupil::captioning::Sentence> candidates;                    ///< the first caption of each, as words
  std::vector<std::vector<pupil::captioning::Sentence>> reference_words;  ///< of each
  pupil::captioning::CaptionScores scores;
  pupil::captioning::CaptionStatistics statistics;
  std::optional<ConfidenceReport> confidence = {};  ///< nothing where the captioner was not calibrated
};

/// Captions a split, by all ranks, and scores it. Names images that cannot be read on this line. Throws FileError where
/// none can, and Interrupted.
CaptionedSplit caption_split(const CaptionMaker& maker, const pupil::captioning::CaptionedImages& data,
                             pupil::captioning::Split split, const Ranks& ranks, ProgressLine& line);

}  // namespace captioner
