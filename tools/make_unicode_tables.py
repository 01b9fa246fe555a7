#!/usr/bin/env python3
"""Writes include/pupil/text/unicode_tables.hpp: what the tokenizer knows of Unicode, from Python's unicodedata.

    tools/make_unicode_tables.py            writes the header
    tools/make_unicode_tables.py --hashes   prints what tests/text/unicode_test.cpp holds all of Unicode to

The tables are in the project, and not asked of a library at run time, so that the same captions have the same words on
every machine, whatever version of Unicode it has. A new version is a deliberate change, seen in the diff.
"""
import sys
import unicodedata

ALL = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]

# Of scripts that are written without spaces between words. Python does not know scripts, so these are blocks.
UNSPACED = [
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF), (0x1A20, 0x1AAF), (0xAA80, 0xAADF),  # Tai Le, New Tai Lue, Tai Tham, Tai Viet
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B),  # Han: radicals and marks
    (0x3041, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF),  # Hiragana, Katakana, Bopomofo
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),  # Han
    (0xA000, 0xA4CF),  # Yi
    (0xFF66, 0xFF9D),  # Katakana of half width
    (0x16FE0, 0x18DFF), (0x1AFF0, 0x1B2FF),  # Tangut, Khitan; more kana, Nushu
    (0x20000, 0x3FFFD),  # Han
]
# Deleted inside of words, as ASCII's apostrophe and hyphen are.
JOINING = {0x00B4, 0x00B7, 0x02BC, 0x05F3, 0x05F4, 0x2010, 0x2011, 0x2018, 0x2019, 0x201B, 0x2027, 0x2032, 0xFF07, 0xFF0D}
# What has no ink, besides the category Cf: Default_Ignorable_Code_Point.
IGNORABLE = [(0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065), (0x3164, 0x3164),
             (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF)]
SPACES = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85}
ATTACHED = {0xFF9E, 0xFF9F, *range(0x1F3FB, 0x1F400)}  # sound marks of half width; colours of skin

WORD, SPACE, DROPPED, ALONE, SYMBOL, ATTACHES = 'word', 'space', 'dropped', 'alone', 'symbol', 'attached'


def within(code, ranges):
    return any(first <= code <= last for first, last in ranges)


def kind_of(code):
    """What a code point beyond ASCII is to the tokenizer."""
    category = unicodedata.category(chr(code))
    if code in SPACES or category in ('Zs', 'Zl', 'Zp'):
        return SPACE
    if within(code, IGNORABLE) or code in JOINING or code == 0xFFFC:
        return DROPPED
    if code in ATTACHED:
        return ATTACHES
    if category in ('Cc', 'Cf'):
        return DROPPED
    if category[0] == 'P' or category in ('Sm', 'Sc', 'Sk') or (category == 'So' and code < 0x2190):
        return SPACE  # between words, as much as a space is
    if code == 0xFFFD:
        return WORD
    if within(code, UNSPACED) and category[0] in 'LNS' and category != 'Nd':
        return ALONE
    if category == 'So':
        return SYMBOL
    if category[0] == 'M':
        return ATTACHES
    return WORD


def lower_of(code):
    """The simple lower case, one character for one."""
    if code == 0x0130:
        return 0x69
    lower = chr(code).lower()
    return ord(lower) if len(lower) == 1 else code


def decomposition_of(code):
    """The canonical decomposition of one step, () where there is none."""
    fields = unicodedata.decomposition(chr(code)).split()
    return () if not fields or fields[0].startswith('<') else tuple(int(field, 16) for field in fields)


def recomposes(code):
    return unicodedata.normalize('NFC', chr(code)) == chr(code)


def wide_of(code):
    """What stands for a form of other width, or a Latin ligature; () for all others."""
    ligatures = {0xFB03: (0xFB00, 0x69), 0xFB04: (0xFB00, 0x6C), 0xFB05: (0x73, 0x74)}
    if code in ligatures:
        return ligatures[code]
    fields = unicodedata.decomposition(chr(code)).split()
    if not fields or not (fields[0] in ('<wide>', '<narrow>') or 0xFB00 <= code <= 0xFB06):
        return ()
    return tuple(int(field, 16) for field in fields[1:])


def runs(values):
    """(first, last, value) of neighbours with the same value; None is left out."""
    result = []
    for code, value in values:
        if value is None:
            continue
        if result and result[-1][1] == code - 1 and result[-1][2] == value:
            result[-1][1] = code
        else:
            result.append([code, code, value])
    return result


def lower_runs():
    """(first, last, step, distance): of every step-th code point from first to last, the lower case is so far away."""
    result = []
    for code in ALL:
        distance = lower_of(code) - code
        if code < 0x80 or distance == 0:
            continue
        if result:
            first, last, step, other = result[-1]
            if other == distance and (code - last == step or (first == last and code - last <= 2)):
                result[-1] = [first, code, code - last, distance]
                continue
        result.append([code, code, 1, distance])
    return result


def table(comment, declaration, rows):
    text = [f'/// {line}' for line in comment.split('\n')]
    text.append(f'inline constexpr {declaration}[] = {{')
    line = '   '
    for row in rows:
        item = ' ' + (('{' + ','.join(map(str, row)) + '}') if not isinstance(row, int) else str(row)) + ','
        if len(line) + len(item) > 120:
            text.append(line)
            line = '   '
        line += item
    return '\n'.join(text + [line, '};'])


def header():
    kinds = runs((c, None if kind_of(c) == WORD else f'CharacterKind::{kind_of(c)}') for c in ALL if c >= 0x80)
    lowers = lower_runs()
    classes = runs((c, unicodedata.combining(chr(c)) or None) for c in ALL)
    parts = [(c, decomposition_of(c)) for c in ALL]
    pairs = [(c, *d) for c, d in parts if len(d) == 2]
    singles = [(c, *d) for c, d in parts if len(d) == 1]
    order = sorted((i for i, p in enumerate(pairs) if recomposes(p[0])), key=lambda i: pairs[i][1:])
    widths = [(c, *(wide_of(c) + (0,))[:2]) for c in ALL if wide_of(c) and not 0xFF01 <= c <= 0xFF5E]
    widths = [row for row in widths if kind_of(row[0]) not in (SPACE, DROPPED) and (row[1] < 0x80 or kind_of(row[0]) == kind_of(row[1]))]
    return f'''#pragma once
// Unicode {unicodedata.unidata_version} as far as the tokenizer and the comparison of names need it, written by tools/make_unicode_tables.py.
// text/unicode.hpp says what the tables mean. Not for reading; every table is sorted, to be searched.

#include <cstdint>

namespace pupil::detail {{

/// What a character is to the tokenizer.
enum class CharacterKind : std::uint8_t {{
  word,      ///< a part of words: letters, digits
  space,     ///< between words: white space and punctuation
  dropped,   ///< nothing: control characters, what has no ink, apostrophes and hyphens
  alone,     ///< a word of its own, of a script without spaces
  symbol,    ///< a word of its own, such as an emoji
  attached,  ///< belongs to what stands before it: combining marks
}};

struct KindRange {{
  char32_t first, last;
  CharacterKind kind;
}};

struct LowerCaseRange {{
  char32_t first, last, step;
  std::int32_t distance;
}};

struct CombiningClassRange {{
  char32_t first, last;
  std::uint8_t combining_class;
}};

struct Decomposition {{
  char32_t whole, first, second;
}};

struct Replacement {{
  char32_t whole, single;
}};

// clang-format off

{table("Beyond ASCII, all that is no word.", "KindRange kind_ranges", kinds)}

{table("Beyond ASCII, what has another lower case: every step-th character from first to last.", "LowerCaseRange lower_case_ranges", lowers)}

{table("What is not of combining class 0.", "CombiningClassRange combining_class_ranges", classes)}

{table("Canonical decompositions into two, but Hangul's.", "Decomposition decompositions", pairs)}

{table("Those of them that NFC puts together again, by first and second: places in the table above.", "std::uint16_t compositions", order)}

{table("Canonical decompositions into one.", "Replacement replacements", singles)}

{table("Forms of half and full width but ASCII's, and Latin ligatures, with what they stand for; second may be 0.", "Decomposition width_forms", widths)}

// clang-format on

}}  // namespace pupil::detail
'''


def fnv1a(texts):
    value = 0xCBF29CE484222325
    for text in texts:
        for byte in text.encode():
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def hashes():
    """Made by unicodedata.normalize and str.lower themselves, not from the tables."""
    marks = [chr(c) for c in ALL if unicodedata.combining(chr(c))]
    nfc = lambda text: unicodedata.normalize('NFC', text)
    print(f'NFC of every character:                  {fnv1a(nfc(chr(c)) for c in ALL):#x}')
    print(f'NFC of its NFD:                          {fnv1a(nfc(unicodedata.normalize("NFD", chr(c))) for c in ALL):#x}')
    print(f'NFC of it between two combining marks:   '
          f'{fnv1a(nfc(marks[c % 911] + chr(c) + marks[c % 797] + marks[c % 613]) for c in ALL):#x}')
    print(f'lower case of every character:           {fnv1a(chr(lower_of(c)) for c in ALL):#x}')


if __name__ == '__main__':
    if sys.argv[1:] == ['--hashes']:
        hashes()
    else:
        with open('include/pupil/text/unicode_tables.hpp', 'w', encoding='utf-8') as out:
            out.write(header())
