#pragma once
// Captions as people write them.

#include <string>
#include <vector>

#include <pupil/text/word_forms.hpp>

namespace captioner {

/// The words in their written forms, a capital at the beginning, a full stop at the end: "A man's T-shirt." Scripts
/// that put no spaces between words end as they do, Chinese and Japanese with their own stop. Empty where there is no
/// word.
std::string as_sentence(const std::vector<std::string>& words, const pupil::captioning::WordForms& forms);

}  // namespace captioner
