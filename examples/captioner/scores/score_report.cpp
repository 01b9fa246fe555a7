#include "score_report.hpp"

#include <cstdio>

#include <pupil/core/errors.hpp>

namespace captioner {

namespace {

/// "bad endings        4 of 1000 (0.4 %)"
std::string share_line(const std::string& name, std::size_t count, std::size_t captions) {
  const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(captions);
  return pupil::message(name, count, " of ", captions, " (", with_decimals(percent, 1), " %)\n");
}

}  // namespace

std::string with_decimals(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

std::string scores_text(const pupil::captioning::CaptionScores& scores) {
  std::string text;
  for (std::size_t n = 0; n < scores.bleu.size(); ++n) {
    text += pupil::message("BLEU-", n + 1, "   ", with_decimals(scores.bleu[n], 4), "\n");
  }
  return text + "ROUGE-L  " + with_decimals(scores.rouge_l, 4) + "\nCIDEr-D  " + with_decimals(scores.cider_d, 4) +
         "\n";
}

std::string statistics_text(const pupil::captioning::CaptionStatistics& statistics) {
  const std::size_t captions = statistics.captions;
  std::string text = "mean length        " + with_decimals(statistics.mean_length, 2) + " words\n";
  text += share_line("distinct captions  ", statistics.distinct_captions, captions);
  text += pupil::message("distinct words     ", statistics.distinct_words, "\n");
  if (statistics.seen_in_training) text += share_line("seen in training   ", *statistics.seen_in_training, captions);
  text += share_line("bad endings        ", statistics.bad_endings, captions);
  return text + share_line("repetitions        ", statistics.repetitions, captions);
}

nlohmann::ordered_json json_of(const pupil::captioning::CaptionScores& scores) {
  return {{"bleu_1", scores.bleu[0]}, {"bleu_2", scores.bleu[1]},  {"bleu_3", scores.bleu[2]},
          {"bleu_4", scores.bleu[3]}, {"rouge_l", scores.rouge_l}, {"cider_d", scores.cider_d}};
}

nlohmann::ordered_json json_of(const pupil::captioning::CaptionStatistics& statistics) {
  nlohmann::ordered_json json{{"captions", statistics.captions},
                              {"mean_length", statistics.mean_length},
                              {"distinct_captions", statistics.distinct_captions},
                              {"distinct_words", statistics.distinct_words}};
  if (statistics.seen_in_training) json["seen_in_training"] = *statistics.seen_in_training;
  json["bad_endings"] = statistics.bad_endings;
  json["repetitions"] = statistics.repetitions;
  return json;
}

nlohmann::ordered_json scored_caption(const std::string& image, const std::string& caption,
                                      const std::vector<std::string>& references,
                                      const pupil::captioning::CaptionScores& scores, std::size_t i) {
  return {{"image", image},
          {"caption", caption},
          {"references", references},
          {"cider_d", scores.cider_d_of_image[i]},
          {"rouge_l", scores.rouge_l_of_image[i]}};
}

}  // namespace captioner
