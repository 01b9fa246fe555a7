#pragma once
// How the captions of a data set write words.

#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/text/characters.hpp>
#include <pupil/text/word_forms.hpp>

namespace captioner {

/// The commonest form of each word of the vocabulary in the captions of these samples; none where it says characters.
inline pupil::captioning::WordForms written_forms(const std::vector<pupil::captioning::Sample>& samples,
                                                  const pupil::captioning::Vocabulary& vocabulary) {
  if (pupil::captioning::tokens_of(vocabulary) == pupil::captioning::CaptionTokens::characters) return {};
  pupil::captioning::WordFormCounter counter;
  for (const pupil::captioning::Sample& sample : samples) {
    for (const std::string& caption : sample.captions) counter.add(caption);
  }
  return counter.commonest(vocabulary);
}

}  // namespace captioner
