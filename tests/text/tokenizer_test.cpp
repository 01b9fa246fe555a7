#include <algorithm>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/text/tokenizer.hpp>

using pupil::join;
using pupil::Sentence;
using pupil::tokenize;

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

TEST_CASE("letters outside ASCII pass through unchanged") {
  CHECK(tokenize("Ein H\u00FCndchen im Caf\u00E9 , \u72AC \U0001F415") ==
        Sentence{"ein", "h\u00FCndchen", "im", "caf\u00E9", "\u72AC", "\U0001F415"});
}

TEST_CASE("typographic quotation marks, dashes and dots are punctuation") {
  CHECK(tokenize("\u201CA dog\u2019s\u201D \u2013 nose\u2026") == Sentence{"a", "dogs", "nose"});
  CHECK(tokenize("a\u2010b\u2027c") == Sentence{"abc"});               // the first and the last
  CHECK(tokenize("\u200Fa \u2030") == Sentence{"\u200Fa", "\u2030"});  // their neighbours are not
}

TEST_CASE("control characters and bytes that are not UTF-8 are dropped") {
  CHECK(tokenize(std::string("do\0g\x7F\x1B", 6)) == Sentence{"dog"});
  CHECK(tokenize("c\u0085at") == Sentence{"cat"});
  CHECK(tokenize("a caf\xE9 here") == Sentence{"a", "caf", "here"});              // Latin-1
  CHECK(tokenize("x\x80y \xC0\xAFz \xED\xA0\x80w") == Sentence{"xy", "z", "w"});  // stray, overlong, surrogate
  CHECK(tokenize("\xF4\x90\x80\x80v \xFFu") == Sentence{"v", "u"});               // beyond U+10FFFF, never used
  CHECK(tokenize("end\xE2\x80") == Sentence{"end"});                              // cut off
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

TEST_CASE("join puts a space between words") {
  CHECK(join({"a", "dog", "runs"}) == "a dog runs");
  CHECK(join({"dog"}) == "dog");
  CHECK(join({}).empty());
}
