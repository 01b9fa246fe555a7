#include "trust_options.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/text/tokenizer.hpp>

#include "../../command_line/number_checks.hpp"
#include "hedge.hpp"
#include "sentence.hpp"

namespace captioner {

namespace {

/// One caption without a word.
void say_nothing(CaptionResult& result) {
  result.caption = "";
  result.captions = {{.text = "", .sentence = ""}};
}

void say_doubtfully(CaptionResult& result, double confidence, const pupil::captioning::WordForms& forms) {
  for (SaidCaption& caption : result.captions) {
    const auto words = hedged(pupil::captioning::tokenize(caption.text), confidence);
    caption.text = pupil::captioning::join(words);
    caption.sentence = as_sentence(words, forms);
  }
  result.caption = result.captions.front().text;
}

}  // namespace

void add_trust_options(CLI::App& command, TrustOptions& options) {
  command
      .add_option("--at-least", options.at_least,
                  "Say nothing of an image where the confidence in its caption is less than this: the caption is empty")
      ->check(command_line::from_to(0.0, 1.0));
  command.add_flag("--hedge", options.hedge,
                   "Word a caption as doubtful where it is more probably wrong than right: \"possibly a dog running\"");
  command.add_flag("--confidence", options.confidence,
                   "Show in text and CSV how probable it is that the caption is acceptable; JSON has it anyway");
}

void check_trust_options(const TrustOptions& options, const CaptionMaker& maker) {
  if (!options.need_confidence()) return;
  const char* const option = options.at_least ? "--at-least" : options.hedge ? "--hedge" : "--confidence";
  const std::optional<std::string>& reason = maker.why_no_confidence();
  pupil::require<pupil::OptionError>(!reason, option, ": ", reason.value_or(""));
}

double shown_confidence(double confidence) { return std::round(confidence * 1e4) / 1e4; }

std::string confidence_field(const CaptionResult& result, std::size_t i) {
  if (i > 0 || !result.confidence) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", *result.confidence);
  return text;
}

CaptionResult as_trusted(CaptionResult result, const TrustOptions& options, const pupil::captioning::WordForms& forms) {
  if (!result.caption || !result.confidence) return result;
  if (options.at_least && *result.confidence < *options.at_least) {
    say_nothing(result);
  } else if (options.hedge && *result.confidence < doubtful_below) {
    say_doubtfully(result, *result.confidence, forms);
  }
  return result;
}

}  // namespace captioner
