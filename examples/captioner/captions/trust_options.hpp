#pragma once
// What is done about captions that had better not be trusted, as options of a command.

#include <cstddef>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "captioning.hpp"

namespace captioner {

struct TrustOptions {
  std::optional<double> at_least;  ///< the least confidence with which something is said
  bool hedge = false;              ///< word doubtful captions as doubtful
  bool confidence = false;         ///< show it in text and CSV too

  /// Whether the captioner must have a confidence.
  bool need_confidence() const { return at_least || hedge || confidence; }
};

void add_trust_options(CLI::App& command, TrustOptions& options);

/// Throws OptionError, saying why there is none, where confidence is needed and `maker` has none for its captions.
void check_trust_options(const TrustOptions& options, const CaptionMaker& maker);

/// What is said of an image, from what was found. A caption that is not trusted enough becomes one without a word; of
/// several, there is then none but that. A doubtful one is worded as doubtful, in text and sentence (hedge.hpp), which
/// writes words in these forms.
CaptionResult as_trusted(CaptionResult result, const TrustOptions& options, const pupil::captioning::WordForms& forms);

/// A confidence as JSON has it: with four decimals, for more of them mean nothing.
double shown_confidence(double confidence);

/// The confidence in caption `i` of an image as text and CSV have it: that in the first one, with three decimals.
std::string confidence_field(const CaptionResult& result, std::size_t i);

}  // namespace captioner
