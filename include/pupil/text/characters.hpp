#pragma once
// Captions as characters in place of words: for languages whose words have many forms, and few captions to learn them
// from. Chinese, Japanese and others without spaces are cut into characters by `tokenize` already.
//
// Every letter of a word but its first has a word joiner (U+2060) before it, which no word has: "a dog" is "a", "d",
// joiner "o", joiner "g". So `join` knows where a space belongs, and a vocabulary what its words are.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <pupil/core/errors.hpp>
#include <pupil/text/tokenizer.hpp>
#include <pupil/text/vocabulary.hpp>

namespace pupil::captioning {

/// What captions are cut into.
enum class CaptionTokens { words, characters };

/// "words" or "characters".
constexpr std::string_view tokens_name(CaptionTokens tokens) {
  return tokens == CaptionTokens::words ? "words" : "characters";
}

/// Throws OptionError for any other word.
inline CaptionTokens tokens_named(std::string_view name) {
  for (const CaptionTokens tokens : {CaptionTokens::words, CaptionTokens::characters}) {
    if (tokens_name(tokens) == name) return tokens;
  }
  throw OptionError(message("tokens: '", name, "' is neither words nor characters"));
}

namespace detail {

/// Whether a code point is seen as a part of the character before it.
inline bool extends_character(char32_t code) {
  return character_kind(code) == CharacterKind::attached || combining_class(code) != 0 || code == zero_width_joiner ||
         code == zero_width_non_joiner;
}

inline void append_characters(const std::string& word, Sentence& characters) {
  const std::u32string codes = code_points(word);
  if (codes.empty() || character_kind(codes.front()) != CharacterKind::word) {
    characters.push_back(word);  // a character already, or an emoji
    return;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (i == 0 || !extends_character(codes[i])) characters.emplace_back(i == 0 ? "" : continues_word);
    append_utf8(characters.back(), codes[i]);
  }
}

}  // namespace detail

/// The characters of words, as above. `tokenize(join(characters_of(words)))` gives the words again.
inline Sentence characters_of(const Sentence& words) {
  Sentence characters;
  for (const std::string& word : words) detail::append_characters(word, characters);
  return characters;
}

/// A caption in either of these.
inline Sentence tokenize_as(std::string_view caption, CaptionTokens tokens) {
  return tokens == CaptionTokens::words ? tokenize(caption) : characters_of(tokenize(caption));
}

/// What a vocabulary was made of; nothing where that makes no difference to it, as to one of Chinese alone.
inline std::optional<CaptionTokens> tokens_of(const Vocabulary& vocabulary) {
  std::optional<CaptionTokens> tokens;
  for (std::size_t id = Vocabulary::special_words.size(); id < vocabulary.words().size(); ++id) {
    const std::string& word = vocabulary.words()[id];
    if (word.starts_with(continues_word)) return CaptionTokens::characters;
    if (characters_of({word}).size() > 1) tokens = CaptionTokens::words;
  }
  return tokens;
}

}  // namespace pupil::captioning
