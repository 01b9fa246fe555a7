#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/core/utf8.hpp>
#include <pupil/text/tokenizer.hpp>

using pupil::captioning::join;
using pupil::captioning::Sentence;
using pupil::captioning::tokenize;

TEST_CASE("a caption becomes lower-case words without punctuation") {
  CHECK(tokenize("A black Dog , running ; it runs (fast) !") ==
        Sentence{"a", "black", "dog", "running", "it", "runs", "fast"});
  CHECK(tokenize("22 players, #7 & #8 .") == Sentence{"22", "players", "7", "8"});
}

TEST_CASE("all of ASCII's punctuation is dropped") {
  CHECK(tokenize("a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~b") == Sentence{"ab"});
  CHECK(tokenize("<start> a dog <end>") == Sentence{"start", "a", "dog", "end"});
}

TEST_CASE("hyphens and apostrophes go, and the word stays one word") {
  CHECK(tokenize("T-shirt snow-covered merry-go-round") == Sentence{"tshirt", "snowcovered", "merrygoround"});
  CHECK(tokenize("a dog's nose isn't red") == Sentence{"a", "dogs", "nose", "isnt", "red"});
}

TEST_CASE("Flickr8k's separate possessives stay words") {
  CHECK(tokenize("A dog 's nose does n't move .") == Sentence{"a", "dog", "s", "nose", "does", "nt", "move"});
}

TEST_CASE("any amount of any white space divides words") {
  CHECK(tokenize("  a\t dog\r\nruns \v\f fast\n") == Sentence{"a", "dog", "runs", "fast"});
  CHECK(tokenize("a\u00A0dog") == Sentence{"a", "dog"});
}

TEST_CASE("no words come of an empty caption, of white space, of punctuation") {
  CHECK(tokenize("").empty());
  CHECK(tokenize(" \n\t ").empty());
  CHECK(tokenize(" . -- ' \"\" \u201C\u2026\u201D").empty());
}

TEST_CASE("lower-case letters outside ASCII pass through unchanged") {
  CHECK(tokenize("Ein H\u00FCndchen im Caf\u00E9 , \u72AC \U0001F415") ==
        Sentence{"ein", "h\u00FCndchen", "im", "caf\u00E9", "\u72AC", "\U0001F415"});
}

TEST_CASE("typographic apostrophes and hyphens do as ASCII's, other punctuation divides words") {
  CHECK(tokenize("\u201CA dog\u2019s\u201D \u2013 nose\u2026") == Sentence{"a", "dogs", "nose"});
  CHECK(tokenize("a\u2010b\u2027c") == Sentence{"abc"});
  CHECK(tokenize("dog\u2018s T\uFF0Dshirt don\u00B4t") == Sentence{"dogs", "tshirt", "dont"});
  CHECK(tokenize("a dog\u2014running\u2026fast \u00ABhere\u00BB \u00BFwhy? \u00A1no!") ==
        Sentence{"a", "dog", "running", "fast", "here", "why", "no"});
  CHECK(tokenize("\uAC1C\uFF0C\uACE0\uC591\uC774\u3002") == Sentence{"\uAC1C", "\uACE0\uC591\uC774"});
  CHECK(tokenize("\u0643\u0644\u0628\u060C\u0642\u0637\u061F") == Sentence{"\u0643\u0644\u0628", "\u0642\u0637"});
  CHECK(tokenize("5\u20AC \u2030 20\u00B0 a\u00D7b") == Sentence{"5", "20", "a", "b"});
}

TEST_CASE("all of Unicode's white space divides words") {
  for (const std::string space : {"\u0085", "\u00A0", "\u1680", "\u2000", "\u2003", "\u2009", "\u200A", "\u2028",
                                  "\u2029", "\u202F", "\u205F", "\u3000"}) {
    CAPTURE(space);
    CHECK(tokenize("a" + space + space + "dog" + space) == Sentence{"a", "dog"});
  }
}

TEST_CASE("case is folded in all scripts that have it") {
  CHECK(tokenize("\u00C4RGER \u00D1ANDU \u0141\u00D3D\u0179 STRA\u00DFE") ==
        Sentence{"\u00E4rger", "\u00F1andu", "\u0142\u00F3d\u017A", "stra\u00DFe"});
  CHECK(tokenize("\u0421\u041E\u0411\u0410\u041A\u0410 \u054E\u0540") ==
        Sentence{"\u0441\u043E\u0431\u0430\u043A\u0430", "\u057E\u0570"});
  CHECK(tokenize("\u0130stanbul I\u0307stanbul istanbul \u0131") ==
        Sentence{"istanbul", "istanbul", "istanbul", "\u0131"});
  CHECK(tokenize("\U00010400") == Sentence{"\U00010428"});
}

TEST_CASE("a Greek word is the same in capitals, and ends with its final sigma") {
  const std::string dog = "\u03C3\u03BA\u03CD\u03BB\u03BF\u03C2";
  CHECK(tokenize("\u03A3\u039A\u038E\u039B\u039F\u03A3 " + dog + " \u03C3\u03BA\u03CD\u03BB\u03BF\u03C3") ==
        Sentence{dog, dog, dog});
}

TEST_CASE("an accent is one letter, whether it is typed as one character or as two") {
  CHECK(tokenize("cafe\u0301 CAFE\u0301 caf\u00E9") == Sentence{"caf\u00E9", "caf\u00E9", "caf\u00E9"});
  CHECK(tokenize("\u1112\u1161\u11AB\u1100\u116E\u11A8") == Sentence{"\uD55C\uAD6D"});
  CHECK(tokenize("Vie\u0323\u0302t Vi\u1EC7t Vie\u0302\u0323t") == Sentence{"vi\u1EC7t", "vi\u1EC7t", "vi\u1EC7t"});
}

TEST_CASE("forms of other width, and ligatures, are the common ones") {
  CHECK(tokenize("\uFF24\uFF2F\uFF27 \uFF12\uFF12 \uFB01sh o\uFB03ce") == Sentence{"dog", "22", "fish", "office"});
  CHECK(tokenize("\uFF76\uFF9E") == Sentence{"\u30AC"});
}

TEST_CASE("what has no ink is dropped, at the borders of words and inside") {
  for (const std::string inkless : {"\u00AD", "\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202E",
                                    "\u2060", "\u2066", "\uFEFF", "\uFE0F", "\u061C", "\u034F", "\U000E0001"}) {
    CAPTURE(inkless);
    CHECK(tokenize(inkless + "do" + inkless + "g" + inkless + " ran") == Sentence{"dog", "ran"});
    CHECK(tokenize(inkless).empty());
  }
  CHECK(tokenize("cafe\u200D\u0301") == Sentence{"caf\u00E9"});
}

TEST_CASE("vowel signs stay in their words, and joiners where words are spelled with them") {
  CHECK(tokenize("\u0915\u0941\u0924\u094D\u0924\u093E \u0939\u0948\u0964") ==
        Sentence{"\u0915\u0941\u0924\u094D\u0924\u093E", "\u0939\u0948"});  // Hindi
  CHECK(tokenize("\u0645\u06CC\u200C\u0631\u0648\u062F\u200C") ==
        Sentence{"\u0645\u06CC\u200C\u0631\u0648\u062F"});  // Persian
  CHECK(tokenize("\u05DB\u05BC\u05B6\u05DC\u05B6\u05D1") ==
        Sentence{"\u05DB\u05B6\u05BC\u05DC\u05B6\u05D1"});  // Hebrew, in NFC
}

TEST_CASE("scripts without spaces are divided into characters, with their signs") {
  const Sentence chinese{"\u4E00", "\u53EA", "\u72D7"};
  CHECK(tokenize("\u4E00\u53EA\u72D7") == chinese);
  CHECK(tokenize("\u4E00\u53EA \u72D7\u3002") == chinese);
  CHECK(tokenize("3\u53EA\u72D7dog\u72D7") == Sentence{"3", "\u53EA", "\u72D7", "dog", "\u72D7"});
  CHECK(tokenize("\u72AC\u304C\u30AB\u30FC\u3001\U00020000") ==
        Sentence{"\u72AC", "\u304C", "\u30AB", "\u30FC", "\U00020000"});
  CHECK(tokenize("\u30AB\u3099\u3005") == Sentence{"\u30AC", "\u3005"});
  CHECK(tokenize("\u0E2A\u0E38\u0E19\u0E31\u0E02") == Sentence{"\u0E2A\u0E38", "\u0E19\u0E31", "\u0E02"});  // Thai
  CHECK(tokenize("\u0EDD\u0EB2") == Sentence{"\u0EDD", "\u0EB2"});                                          // Lao
  CHECK(tokenize("\u1781\u17D2\u1798\u17C2\u179A") == Sentence{"\u1781\u17D2\u1798\u17C2", "\u179A"});      // Khmer
  CHECK(tokenize("\u1001\u103D\u1031\u1038\u1000") == Sentence{"\u1001\u103D\u1031\u1038", "\u1000"});      // Burmese
  CHECK(tokenize("\uAC1C\uAC00 \uB2EC\uB9B0\uB2E4") ==
        Sentence{"\uAC1C\uAC00", "\uB2EC\uB9B0\uB2E4"});  // Korean has spaces
}

TEST_CASE("an emoji is a word, with all that belongs to it") {
  CHECK(tokenize("a dog\U0001F415runs\u2764\uFE0F") == Sentence{"a", "dog", "\U0001F415", "runs", "\u2764"});
  CHECK(tokenize("\U0001F44D\U0001F3FD\U0001F468\u200D\U0001F469\u200D\U0001F467\U0001F415") ==
        Sentence{"\U0001F44D\U0001F3FD", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\U0001F415"});
  CHECK(tokenize("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7") ==
        Sentence{"\U0001F1E9\U0001F1EA", "\U0001F1EB\U0001F1F7"});
}

TEST_CASE("control characters are dropped, and bytes that are not UTF-8 are seen, not lost") {
  CHECK(tokenize(std::string("do\0g\x7F\x1B", 6)) == Sentence{"dog"});
  CHECK(tokenize("c\u0080at") == Sentence{"cat"});
  CHECK(tokenize("a caf\xE9 here") == Sentence{"a", "caf\uFFFD", "here"});                         // Latin-1
  CHECK(tokenize("x\x80y \xC0\xAFz") == Sentence{"x\uFFFDy", "\uFFFD\uFFFDz"});                    // stray, overlong
  CHECK(tokenize("\xED\xA0\x80w") == Sentence{"\uFFFD\uFFFD\uFFFDw"});                             // a surrogate
  CHECK(tokenize("\xF4\x90\x80\x80v \xFFu") == Sentence{"\uFFFD\uFFFD\uFFFD\uFFFDv", "\uFFFDu"});  // beyond U+10FFFF
  CHECK(tokenize("end\xE2\x80") == Sentence{"end\uFFFD\uFFFD"});                                   // cut off
}

TEST_CASE("whatever the bytes, words are neither empty nor changed by tokenizing again") {
  const std::uint64_t seed = 5;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  for (int round = 0; round < 300; ++round) {
    std::string bytes(40, ' ');
    std::ranges::generate(bytes, [&] { return static_cast<char>(rng.below(256)); });
    const Sentence words = tokenize(bytes);
    CHECK(std::ranges::none_of(words, &std::string::empty));
    CHECK(tokenize(join(words)) == words);
  }
}

TEST_CASE("every character makes words that are not changed by tokenizing again") {
  std::size_t changed = 0;
  std::string first;
  for (char32_t code = 0; code < 0x110000; code += code < 0x20000 ? 1 : 61) {  // planes above are alike
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    for (const char32_t c : {code, U'a', code, char32_t{0x4E00}, code}) pupil::append_utf8(text, c);
    const Sentence words = tokenize(text);
    if (tokenize(join(words)) != words && ++changed == 1) first = pupil::visible(text);
  }
  CAPTURE(first);
  CHECK(changed == 0);
}

TEST_CASE("characters of all kinds in any order make words that are not changed by tokenizing again") {
  const std::uint64_t seed = 8;
  CAPTURE(seed);
  pupil::Rng rng(seed);
  const std::u32string characters =
      U"aZ\u03A3\u03C2\u0130\u0301\u0323\u0307e\u00E9 "
      U"-.\u2019\u2014\u200B\u200C\u200D\uFEFF\u4E00\u30AB\uFF76\uFF9E\u3099"
      U"\u0E2A\u0E38\u1781\u17D2\u1798\u1001\u1039\u0915\u094D\u0645\u06CC\uAC00\u1100\u1161\u11A8\uFF24\uFB03"
      U"\U0001F468\U0001F3FD\u2764\uFE0F\U0001F1E9\uFFFD3";
  const auto kinds = static_cast<pupil::Index>(characters.size());
  std::size_t changed = 0;
  std::string first;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) pupil::append_utf8(text, characters[static_cast<std::size_t>(rng.below(kinds))]);
    const Sentence words = tokenize(text);
    if (tokenize(join(words)) != words && ++changed == 1) first = pupil::visible(text);
  }
  CAPTURE(first);
  CHECK(changed == 0);
}

TEST_CASE("join puts a space between words") {
  CHECK(join({"a", "dog", "runs"}) == "a dog runs");
  CHECK(join({"dog"}) == "dog");
  CHECK(join({}).empty());
}

TEST_CASE("join puts no space between characters of a script without spaces") {
  CHECK(join({"\u4E00", "\u53EA", "\u72D7"}) == "\u4E00\u53EA\u72D7");
  CHECK(join({"3", "\u53EA", "dog", "\u72D7"}) == "3 \u53EA dog \u72D7");
  CHECK(join({"\u0E2A\u0E38", "\u0E19\u0E31", "\u0E02"}) == "\u0E2A\u0E38\u0E19\u0E31\u0E02");
  CHECK(join({"\uAC1C", "\uACE0\uC591\uC774"}) == "\uAC1C \uACE0\uC591\uC774");
  CHECK(join({"\u72D7", "<unknown>", "\U0001F415", "\U0001F415"}) == "\u72D7 <unknown> \U0001F415 \U0001F415");
}
