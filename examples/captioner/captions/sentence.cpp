#include "sentence.hpp"

#include <pupil/core/utf8.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/unicode.hpp>

namespace captioner {

namespace {

/// The words in their forms; an ending such as 's is one with the word before.
pupil::captioning::Sentence written(const std::vector<std::string>& words, const pupil::captioning::WordForms& forms) {
  pupil::captioning::Sentence result;
  for (const std::string& word : words) {
    const std::string& form = forms.of(word);
    if (!result.empty() && pupil::captioning::detail::is_ending(form)) {
      result.back() += form;
    } else {
      result.push_back(form);
    }
  }
  return result;
}

/// The capital of a letter of Latin, Greek, Cyrillic or Armenian script; the character itself where there is none.
char32_t capital(char32_t letter) {
  constexpr char32_t first = U'A', last = 0x590;
  for (char32_t code = first; code < last; ++code) {
    if (code != letter && pupil::captioning::detail::lower_case(code) == letter) return code;
  }
  return letter;
}

void begin_with_capital(std::string& text) {
  std::size_t end = 0;
  std::string first;
  pupil::append_utf8(first, capital(pupil::next_code_point(text, end)));
  text.replace(0, end, first);
}

std::string stop_after(const std::string& word) {
  const std::u32string characters = pupil::captioning::detail::code_points(word);
  if (!pupil::captioning::detail::is_unspaced(characters)) return word.ends_with('.') ? "" : ".";
  const char32_t code = characters.front();
  const bool is_chinese_or_japanese = code >= 0x2E80 && code <= 0x9FFF;
  return is_chinese_or_japanese ? "\xE3\x80\x82" : "";
}

}  // namespace

std::string as_sentence(const std::vector<std::string>& words, const pupil::captioning::WordForms& forms) {
  const pupil::captioning::Sentence forms_of_words = written(words, forms);
  if (forms_of_words.empty()) return {};
  std::string sentence = pupil::captioning::join(forms_of_words);
  begin_with_capital(sentence);
  return sentence + stop_after(forms_of_words.back());
}

}  // namespace captioner
