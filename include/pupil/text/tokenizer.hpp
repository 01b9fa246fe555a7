#pragma once
// Captions into words and back: lower case, punctuation dropped, split at white space.
//
// Punctuation is deleted, not replaced by a space, wherever it stands: "t-shirt" becomes "tshirt", "dog's" "dogs", and
// the separate "'s" of Flickr8k's token file "s". That is how Karpathy's captioners prepare text. Treebank tokenizers
// keep "t-shirt" and "'s" instead; on Flickr8k, which was tokenized that way, words begin and end at the same places
// either way, and deletion brings "tshirt" and "t-shirt" together.
//
// Case and punctuation are ASCII's, with the typographic dashes, quotation marks and dots (U+2010 to U+2027) besides.
// Other characters pass through as they are. Bytes that are not UTF-8, and control characters, are dropped, so that
// every word can be printed, and stored as JSON.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/cpp20.hpp>

namespace pupil {

/// A caption as words.
using Sentence = std::vector<std::string>;

namespace detail {

/// The length in bytes of the UTF-8 character that `text` begins with, or 0 where it begins with none (RFC 3629:
/// overlong forms, surrogates and what lies beyond U+10FFFF are no characters). `text` is not empty.
inline std::size_t utf8_character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continues = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (!continues(1)) return 0;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (!continues(2)) return 0;
  if (first == 0xE0) return second >= 0xA0 ? 3 : 0;
  if (first == 0xED) return second <= 0x9F ? 3 : 0;
  if (first >= 0xE1 && first <= 0xEF) return 3;
  if (!continues(3)) return 0;
  if (first == 0xF0) return second >= 0x90 ? 4 : 0;
  if (first == 0xF4) return second <= 0x8F ? 4 : 0;
  return first >= 0xF1 && first <= 0xF3 ? 4 : 0;
}

inline bool is_white_space(std::string_view character) {
  constexpr std::string_view no_break_space = "\u00A0";
  return std::string_view(" \t\n\v\f\r").find(character) != std::string_view::npos || character == no_break_space;
}

/// Whether a character is a part of words: neither white space nor punctuation nor a control character.
inline bool belongs_to_words(std::string_view character) {
  if (character.size() == 1) {
    const char c = character[0];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  if (character.size() == 2) return character >= "\u00A0";
  return character < "\u2010" || character > "\u2027" || character.size() != 3;
}

inline char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace detail

/// The words of a caption, as the vocabulary and the metrics want them; none where nothing but punctuation is there.
/// `tokenize("A man 's T-shirt .")` is {"a", "man", "s", "tshirt"}. Takes any bytes; the words are UTF-8, never empty.
inline Sentence tokenize(std::string_view caption) {
  Sentence words;
  std::string word;
  const auto finish_word = [&] {
    if (!word.empty()) words.push_back(word);
    word.clear();
  };
  while (!caption.empty()) {
    const std::size_t length = detail::utf8_character_length(caption);
    const std::string_view character = caption.substr(0, length);
    if (length > 0 && detail::is_white_space(character)) {
      finish_word();
    } else if (length > 0 && detail::belongs_to_words(character)) {
      for (const char c : character) word += detail::lower_case(c);
    }
    caption.remove_prefix(length > 0 ? length : 1);
  }
  finish_word();
  return words;
}

/// The words with a space between each two: a caption to show.
inline std::string join(const Sentence& words) {
  std::string caption;
  for (const std::string& word : words) {
    if (!caption.empty()) caption += ' ';
    caption += word;
  }
  return caption;
}

}  // namespace pupil
