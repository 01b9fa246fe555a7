#pragma once
// What the project needs of Unicode: the kind of a character, its lower case, and one form for texts that look the same
// (NFC, Unicode's annex 15), so that an accent is one letter whether it was typed as one character or two.
//
// The data are tables in the project (unicode_tables.hpp), not a library's: a header that users only include can link
// to none, and with the same tables everywhere the same captions have the same words on every machine.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <pupil/core/stable_sort.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/text/unicode_tables.hpp>

namespace pupil::captioning {

namespace detail {

/// The range of a sorted table that a character lies in, or null.
template <class Range, std::size_t N>
const Range* find_range(const Range (&table)[N], char32_t code) {
  const auto next = std::ranges::upper_bound(table, code, {}, &Range::first);
  if (next == std::begin(table) || std::prev(next)->last < code) return nullptr;
  return &*std::prev(next);
}

/// The row of a character in a sorted table, or null.
template <class Row, std::size_t N>
const Row* find_row(const Row (&table)[N], char32_t code) {
  const auto found = std::ranges::lower_bound(table, code, {}, &Row::whole);
  return found != std::end(table) && found->whole == code ? &*found : nullptr;
}

inline CharacterKind character_kind(char32_t code) {
  if (code < 0x80) {
    if ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9')) {
      return CharacterKind::word;
    }
    return code == ' ' || (code >= '\t' && code <= '\r') ? CharacterKind::space : CharacterKind::dropped;
  }
  const KindRange* const range = find_range(kind_ranges, code);
  return range == nullptr ? CharacterKind::word : range->kind;
}

/// The lower case that is one character too. That of a Turkish dotted capital I is i; an s sharp stays.
inline char32_t lower_case(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code - 'A' + 'a' : code;
  const LowerCaseRange* const range = find_range(lower_case_ranges, code);
  if (range == nullptr || (code - range->first) % range->step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + range->distance);
}

inline int combining_class(char32_t code) {
  if (code < 0x300) return 0;
  const CombiningClassRange* const range = find_range(combining_class_ranges, code);
  return range == nullptr ? 0 : range->combining_class;
}

/// Hangul syllables are counted through: leading consonant, vowel, trailing consonant or none.
struct Hangul {
  static constexpr char32_t syllables = 0xAC00, leads = 0x1100, vowels = 0x1161, trails = 0x11A7;
  static constexpr char32_t vowel_count = 21, trail_count = 28, syllable_count = 19 * vowel_count * trail_count;
};

inline void append_decomposed(std::u32string& text, char32_t code) {
  if (code < 0xC0) {
    text += code;
  } else if (code - Hangul::syllables < Hangul::syllable_count) {
    const char32_t syllable = code - Hangul::syllables;
    text += Hangul::leads + syllable / Hangul::trail_count / Hangul::vowel_count;
    text += Hangul::vowels + syllable / Hangul::trail_count % Hangul::vowel_count;
    if (syllable % Hangul::trail_count != 0) text += Hangul::trails + syllable % Hangul::trail_count;
  } else if (const Decomposition* const two = find_row(decompositions, code)) {
    append_decomposed(text, two->first);
    text += two->second;
  } else if (const Replacement* const one = find_row(replacements, code)) {
    append_decomposed(text, one->single);
  } else {
    text += code;
  }
}

/// The one character that two make, or 0.
inline char32_t composed(char32_t first, char32_t second) {
  if (first - Hangul::leads < 19 && second - Hangul::vowels < Hangul::vowel_count) {
    const char32_t pair = (first - Hangul::leads) * Hangul::vowel_count + (second - Hangul::vowels);
    return Hangul::syllables + pair * Hangul::trail_count;
  }
  const char32_t syllable = first - Hangul::syllables;
  if (syllable < Hangul::syllable_count && syllable % Hangul::trail_count == 0 && second > Hangul::trails &&
      second < Hangul::trails + Hangul::trail_count) {
    return first + (second - Hangul::trails);
  }
  const auto parts = [](std::uint16_t place) {
    return std::pair(decompositions[place].first, decompositions[place].second);
  };
  const auto found = std::ranges::lower_bound(compositions, std::pair(first, second), {}, parts);
  const bool is_there = found != std::end(compositions) && parts(*found) == std::pair(first, second);
  return is_there ? decompositions[*found].whole : 0;
}

/// Marks that follow each other, by class, as far as their order does not show.
inline void order_marks(std::u32string& text) {
  for (auto first = text.begin(); first != text.end();) {
    const auto end = std::find_if(first, text.end(), [](char32_t code) { return combining_class(code) == 0; });
    pupil::detail::stable_sort(first, end,
                               [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    first = end == text.end() ? end : std::next(end);
  }
}

/// Puts together what has been taken apart and ordered.
inline std::u32string compose(const std::u32string& text) {
  std::u32string result;
  std::size_t starter = text.npos;  // where marks are put on
  int last_class = -1;              // of the character behind it, -1: there is none
  for (const char32_t code : text) {
    const int of_code = combining_class(code);
    if (starter != text.npos && last_class < of_code) {
      if (const char32_t whole = composed(result[starter], code)) {
        result[starter] = whole;
        continue;
      }
    }
    if (of_code == 0) starter = result.size();
    last_class = of_code == 0 ? -1 : of_code;
    result += code;
  }
  return result;
}

}  // namespace detail

/// The text in Unicode's normalization form C.
inline std::u32string nfc(const std::u32string& text) {
  if (std::ranges::all_of(text, [](char32_t code) { return code < 0x300; })) return text;
  std::u32string apart;
  for (const char32_t code : text) detail::append_decomposed(apart, code);
  detail::order_marks(apart);
  return detail::compose(apart);
}

/// The same of UTF-8. Bytes that are not UTF-8, as names of files may have, stay as they are.
inline std::string nfc(std::string_view text) {
  std::string result;
  std::u32string sound;
  const auto flush = [&] {
    for (const char32_t code : nfc(sound)) append_utf8(result, code);
    sound.clear();
  };
  for (std::size_t position = 0; position < text.size();) {
    if (utf8_sequence_length(text, position) == 0) {
      flush();
      result += text[position++];
    } else {
      sound += next_code_point(text, position);
    }
  }
  flush();
  return result;
}

}  // namespace pupil::captioning
