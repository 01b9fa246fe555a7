#pragma once
// Scores and statistics of captions, as evaluate and score print them, and write them as JSON.

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/metrics/caption_statistics.hpp>
#include <pupil/metrics/scores.hpp>

namespace captioner {

/// A number as people read it, with so many decimals.
std::string with_decimals(double number, int decimals);

/// A line each: BLEU-1 to 4, ROUGE-L, CIDEr-D.
std::string scores_text(const pupil::captioning::CaptionScores& scores);

/// A line each: mean length, distinct captions and words, captions seen in training where these are known, bad endings,
/// repetitions.
std::string statistics_text(const pupil::captioning::CaptionStatistics& statistics);

nlohmann::ordered_json json_of(const pupil::captioning::CaptionScores& scores);

/// "seen_in_training" is there where the training captions are known.
nlohmann::ordered_json json_of(const pupil::captioning::CaptionStatistics& statistics);

/// The caption of one image: `i` is its place in the scores.
nlohmann::ordered_json scored_caption(const std::string& image, const std::string& caption,
                                      const std::vector<std::string>& references,
                                      const pupil::captioning::CaptionScores& scores, std::size_t i);

/// What --help says of the figures.
inline constexpr const char* how_figures_are_meant =
    "Scores are coco-caption's. A caption was seen in training where its words are those of a training caption. A bad\n"
    "ending is an article, preposition, conjunction or auxiliary as the last word (\"a dog is running with a\"); a\n"
    "repetition a word or phrase twice in a row or around a conjunction (\"the the\", \"a dog and a dog\"), or five "
    "words\n"
    "that come again. Both are English; of people's own captions of Flickr8k 0.3 % and 0.1 % are counted.";

}  // namespace captioner
