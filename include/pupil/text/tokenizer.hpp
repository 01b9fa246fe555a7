#pragma once
// Captions into words and back: lower case, punctuation dropped, split at white space.
//
// ASCII's punctuation is deleted, not replaced by a space, wherever it stands: "t-shirt" becomes "tshirt", "dog's"
// "dogs", and the separate "'s" of Flickr8k's token file "s". That is how Karpathy's captioners prepare text. Treebank
// tokenizers keep "t-shirt" and "'s" instead; on Flickr8k, which was tokenized that way, words begin and end at the
// same places either way, and deletion brings "tshirt" and "t-shirt" together. Typographic apostrophes and hyphens do
// as ASCII's; other punctuation beyond ASCII divides words, because many scripts put no space beside it.
//
// What looks the same is the same word: words are in NFC, letters and digits of full or half width are the common ones,
// and characters without ink (zero width spaces, soft hyphens, marks of direction) are dropped; but zero width joiners
// stay inside words of Arabic and Indian scripts, which are spelled with them, and inside emoji. Characters of scripts
// that put no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are words of their own, with their
// vowel signs; so are emoji.
//
// Bytes that are not UTF-8 become U+FFFD, so that they are seen, and that every word can be printed, and stored as
// JSON.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/utf8.hpp>
#include <pupil/text/unicode.hpp>

namespace pupil::captioning {

/// A caption as words.
using Sentence = std::vector<std::string>;

/// Begins what belongs to the word before it, where captions are cut into characters (text/characters.hpp): a word
/// joiner, U+2060, which the tokenizer drops.
inline constexpr std::string_view continues_word = "\xE2\x81\xA0";

namespace detail {

constexpr char32_t zero_width_non_joiner = 0x200C;
constexpr char32_t zero_width_joiner = 0x200D;

/// Whether the next letter is written below the last one of a word, as one character, because that letter has such a
/// sign right behind it: Khmer, Burmese and Tai Tham do so.
inline bool stacks_next(std::u32string_view word) {
  if (word.size() < 2 || combining_class(word[word.size() - 2]) != 0) return false;
  return word.back() == 0x17D2 || word.back() == 0x1039 || word.back() == 0x1A60;
}

inline bool is_half_of_flag(char32_t code) { return code >= 0x1F1E6 && code <= 0x1F1FF; }

/// Whether words are spelled with zero width joiners beside this character: those of Arabic and Indian scripts.
inline bool takes_joiner(char32_t code) { return code >= 0x600 && code <= 0xDFF; }

/// The same behind what a word has so far: its last letter says so, whatever marks are on it.
inline bool takes_joiner(std::u32string_view word) {
  while (!word.empty() && combining_class(word.back()) != 0) word.remove_suffix(1);
  return !word.empty() && takes_joiner(word.back());
}

/// Appends what a letter or digit of another width, or a ligature, stands for.
inline void append_common_form(std::u32string& text, char32_t code) {
  if (code >= 0xFF01 && code <= 0xFF5E) {
    text += code - 0xFF01 + U'!';
  } else if (const Decomposition* const form = find_row(width_forms, code)) {
    append_common_form(text, form->first);
    if (form->second != 0) text += form->second;
  } else {
    text += code;
  }
}

/// A Greek sigma by where it stands: the last of several letters has its own form.
inline void choose_sigmas(std::u32string& word) {
  constexpr char32_t sigma = 0x3C3, final_sigma = 0x3C2;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == sigma || word[i] == final_sigma) word[i] = i > 0 && i + 1 == word.size() ? final_sigma : sigma;
  }
}

/// The one spelling of a word.
inline std::string spelled(const std::u32string& characters) {
  std::u32string word = nfc(characters);
  std::ranges::transform(word, word.begin(), lower_case);
  word = nfc(word);  // some letters have an accented form in lower case alone
  choose_sigmas(word);
  std::string text;
  for (const char32_t code : word) append_utf8(text, code);
  return text;
}

/// Takes the characters of a caption one after another, and gives its words.
class WordCollector {
 public:
  void add(char32_t code) {
    const CharacterKind kind = character_kind(code);
    const char32_t joiner = std::exchange(joiner_, 0);
    switch (kind) {
      case CharacterKind::space:
        finish_word();
        break;
      case CharacterKind::dropped:
        joiner_ = code == zero_width_joiner || code == zero_width_non_joiner ? code : joiner;
        break;
      default:
        if (!continues_word(code, kind, joiner)) begin_word(kind);
        append_common_form(word_, code);
    }
  }

  Sentence finish() {
    finish_word();
    return std::move(words_);
  }

 private:
  /// Whether a character belongs to the word so far. A joiner between the two is kept where it has a meaning.
  bool continues_word(char32_t code, CharacterKind kind, char32_t joiner) {
    if (word_.empty()) return false;
    if (kind == CharacterKind::alone) return kind_ == kind && stacks_next(word_);
    if (kind == CharacterKind::symbol) {
      if (kind_ != kind) return false;
      if (joiner == zero_width_joiner) word_ += joiner;
      return joiner == zero_width_joiner || (word_.size() == 1 && is_half_of_flag(code) && is_half_of_flag(word_[0]));
    }
    const bool belongs = kind == CharacterKind::attached || kind_ == kind;
    if (belongs && joiner != 0 && takes_joiner(word_) && takes_joiner(code)) word_ += joiner;
    return belongs;
  }

  void begin_word(CharacterKind kind) {
    finish_word();
    kind_ = kind == CharacterKind::attached ? CharacterKind::word : kind;
  }

  void finish_word() {
    if (!word_.empty()) words_.push_back(spelled(word_));
    word_.clear();
  }

  Sentence words_;
  std::u32string word_;
  CharacterKind kind_ = CharacterKind::word;
  char32_t joiner_ = 0;  // that stood right before
};

/// The words of ASCII text, which most captions are.
inline Sentence tokenize_ascii(std::string_view caption) {
  Sentence words;
  std::string word;
  const auto finish_word = [&] {
    if (!word.empty()) words.push_back(word);
    word.clear();
  };
  for (const char c : caption) {
    const auto code = static_cast<char32_t>(c);
    const CharacterKind kind = character_kind(code);
    if (kind == CharacterKind::space) finish_word();
    if (kind == CharacterKind::word) word += static_cast<char>(lower_case(code));
  }
  finish_word();
  return words;
}

/// Whether a word is a character of a script without spaces between words, or begins with one.
inline bool is_unspaced(std::u32string_view word) {
  return !word.empty() && character_kind(word.front()) == CharacterKind::alone;
}

inline std::u32string code_points(std::string_view text) {
  std::u32string codes;
  for (std::size_t position = 0; position < text.size();) codes += next_code_point(text, position);
  return codes;
}

}  // namespace detail

/// The words of a caption, as the vocabulary and the metrics want them; none where nothing but punctuation is there.
/// `tokenize("A man 's T-shirt .")` is {"a", "man", "s", "tshirt"}. Takes any bytes; the words are UTF-8, never empty.
inline Sentence tokenize(std::string_view caption) {
  if (std::ranges::all_of(caption, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return detail::tokenize_ascii(caption);
  }
  detail::WordCollector words;
  for (std::size_t position = 0; position < caption.size();) words.add(next_code_point(caption, position));
  return words.finish();
}

/// A caption to show: a space between each two words, but none between two of a script that is written without, nor
/// before what continues a word.
/// `tokenize` gives the same words again.
inline std::string join(const Sentence& words) {
  std::string caption;
  bool was_unspaced = false;
  for (const std::string& word : words) {
    if (word.starts_with(continues_word)) {
      caption += word.substr(continues_word.size());
      continue;
    }
    const std::u32string characters = detail::code_points(word);
    const bool unspaced = detail::is_unspaced(characters);
    if (!caption.empty() && !(unspaced && was_unspaced)) caption += ' ';
    caption += word;
    was_unspaced = unspaced && !detail::stacks_next(characters);
  }
  return caption;
}

}  // namespace pupil::captioning
