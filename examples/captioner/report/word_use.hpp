#pragma once
// Which words a captioner says more often, or less often, than people do of the same images.

#include <cstddef>
#include <string>
#include <vector>

#include <pupil/text/tokenizer.hpp>

namespace captioner::report {

/// A word, and how often it comes.
struct WordUse {
  std::string word;
  std::size_t said = 0;         ///< by the captioner
  std::size_t written = 0;      ///< by people
  double said_per_1000 = 0;     ///< words of the captioner
  double written_per_1000 = 0;  ///< words of people
  double surprise = 0;          ///< log-likelihood ratio (Dunning 1993) of "both say it equally often": 0 where they do
};

struct WordUses {
  std::vector<WordUse> over;   ///< said more often than written, the most surprising first
  std::vector<WordUse> under;  ///< said less often
  std::size_t words_said = 0;  ///< how many there are, each once
  std::size_t words_written = 0;
  double covered = 0;  ///< the share of all that people wrote which are words that the captioner says
};

/// Compares what was said of each image with what people wrote of it.
WordUses measure_word_use(const std::vector<pupil::captioning::Sentence>& candidates,
                          const std::vector<std::vector<pupil::captioning::Sentence>>& references);

/// The most surprising words of both kinds, with bars.
std::string to_html(const WordUses& uses);

}  // namespace captioner::report
