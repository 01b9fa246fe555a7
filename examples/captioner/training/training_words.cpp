#include "training_words.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/text/characters.hpp>

namespace captioner {

namespace {

using pupil::Index;

pupil::captioning::WordCounts count_all_words(const std::vector<pupil::captioning::Sample>& samples,
                                              pupil::captioning::CaptionTokens tokens) {
  pupil::captioning::WordCounts counts;
  for (const pupil::captioning::Sample& sample : samples) {
    for (const std::string& caption : sample.captions)
      pupil::captioning::count_words(pupil::captioning::tokenize_as(caption, tokens), counts);
  }
  return counts;
}

std::string times(Index count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

[[noreturn]] void throw_no_frequent_word(const pupil::captioning::WordCounts& counts,
                                         const TrainingSettings& settings) {
  const auto by_count = [](const auto& entry) { return entry.second; };
  const auto& [word, count] = *std::ranges::max_element(counts, {}, by_count);
  throw pupil::OptionError(pupil::message(settings.data, ": no word of the train captions occurs ",
                                          times(settings.min_count), " (--min-count); the most frequent, '", word,
                                          "', occurs ", times(count), "; --min-count 1 keeps all"));
}

}  // namespace

TrainingWords choose_words(const std::vector<pupil::captioning::Sample>& train, const TrainingSettings& settings,
                           const std::optional<pupil::captioning::CaptionerDescription>& origin) {
  const pupil::captioning::WordCounts counts = count_all_words(train, pupil::captioning::tokens_named(settings.tokens));
  pupil::require<pupil::FileError>(!counts.empty(), settings.data,
                                   ": no caption is left: none of the train split has a word");
  TrainingWords words;
  words.vocabulary =
      origin ? origin->vocabulary : pupil::captioning::Vocabulary::from_counts(counts, settings.min_count);
  for (const auto& [word, count] : counts) {
    words.occurrences += count;
    if (words.vocabulary.id(word) == pupil::captioning::Vocabulary::unknown) words.unknown += count;
  }
  if (words.unknown < words.occurrences) return words;
  if (!origin) throw_no_frequent_word(counts, settings);
  throw pupil::FileError(pupil::message(settings.start_from, ": its captioner knows no word of the train captions in ",
                                        settings.data, ", such as '", counts.begin()->first, "'"));
}

std::optional<std::string> TrainingWords::warning(const TrainingSettings& settings) const {
  if (3 * unknown < occurrences) return std::nullopt;
  return pupil::message(settings.data, ": ", unknown, " of the ", occurrences, " words in the train captions are ",
                        settings.starts_from_a_run()
                            ? "unknown to the captioner of " + settings.start_from
                            : "unknown, because they occur fewer than " + times(settings.min_count) +
                                  " (--min-count); --min-count 1 keeps all");
}

}  // namespace captioner
