#pragma once
// The words that a run learns: those of its train captions, or those of the captioner that it starts from.

#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/models/captioner_file.hpp>
#include <pupil/text/vocabulary.hpp>

#include "training_settings.hpp"

namespace captioner {

/// A vocabulary, and how much of the captions it knows.
struct TrainingWords {
  pupil::captioning::Vocabulary vocabulary;
  pupil::Index occurrences = 0;  ///< of words in the captions
  pupil::Index unknown = 0;      ///< so many of them are not in the vocabulary

  /// What to tell the user of words that are unknown; nothing where they are few.
  std::optional<std::string> warning(const TrainingSettings& settings) const;
};

/// The vocabulary for these captions. Throws, with the option that helps, where it would have no word of them: a model
/// that knows none says nothing of any picture.
TrainingWords choose_words(const std::vector<pupil::captioning::Sample>& train, const TrainingSettings& settings,
                           const std::optional<pupil::captioning::CaptionerDescription>& origin);

}  // namespace captioner
