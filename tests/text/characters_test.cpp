#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/text/characters.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;

namespace {

const std::string joiner(continues_word);

}  // namespace

TEST_CASE(
    "words are cut into characters, with their marks, and all but the first of a word say that they continue it") {
  CHECK(tokenize_as("A dog", CaptionTokens::characters) == Sentence{"a", "d", joiner + "o", joiner + "g"});
  CHECK(tokenize_as("A dog", CaptionTokens::words) == Sentence{"a", "dog"});
  CHECK(tokenize_as("x\u0302y", CaptionTokens::characters) == Sentence{"x\u0302", joiner + "y"});
  CHECK(tokenize_as("\uB450 \uB9C8\uB9AC", CaptionTokens::characters) ==
        Sentence{"\uB450", "\uB9C8", joiner + "\uB9AC"});
}

TEST_CASE("characters of scripts without spaces, and emoji, stay as they are") {
  for (const std::string caption :
       {"\u4E00\u53EA\u732B", "\u72AC\u304C\u8D70\u308B", "\u0E2B\u0E21\u0E32", "\U0001F468\u200D\U0001F469"}) {
    CAPTURE(caption);
    CHECK(tokenize_as(caption, CaptionTokens::characters) == tokenize(caption));
  }
}

TEST_CASE("characters are joined to the words that they were cut from") {
  for (const std::string caption :
       {"a man 's t-shirt", "\u00C4rger im Hof", "\u039F\u0394\u039F\u03A3 \u03C3",
        "\u0915\u094D\u0937 \u0928\u092E\u0938\u094D\u0924\u0947", "iPhone \u624B\u673A two dogs",
        "\uB450 \uB9C8\uB9AC \uAC1C", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"}) {
    CAPTURE(caption);
    CHECK(tokenize(join(tokenize_as(caption, CaptionTokens::characters))) == tokenize(caption));
    CHECK(join(tokenize_as(caption, CaptionTokens::characters)) == join(tokenize(caption)));
  }
}

TEST_CASE("a vocabulary knows what it was made of, where that makes a difference") {
  const auto made_of = [](const std::string& caption, CaptionTokens tokens) {
    return tokens_of(Vocabulary::from_captions({tokenize_as(caption, tokens)}, 1));
  };
  CHECK(made_of("a dog", CaptionTokens::words) == CaptionTokens::words);
  CHECK(made_of("a dog", CaptionTokens::characters) == CaptionTokens::characters);
  CHECK(made_of("\u4E00\u53EA\u732B", CaptionTokens::characters) == std::nullopt);
  CHECK(tokens_of(Vocabulary()) == std::nullopt);
}

TEST_CASE("tokens have names, and others are errors that show them") {
  for (const CaptionTokens tokens : {CaptionTokens::words, CaptionTokens::characters})
    CHECK(tokens_named(tokens_name(tokens)) == tokens);
  CHECK(pupil::testing::error_of<OptionError>([] { tokens_named("bytes"); }) ==
        "tokens: 'bytes' is neither words nor characters");
}

TEST_CASE("lower case is that of Unicode: umlauts, Turkish and Greek letters, and the last sigma of a word") {
  CHECK(tokenize("\u00C4RGER \u0130STANBUL \u039F\u0394\u039F\u03A3 \u1E9E") ==
        Sentence{"\u00E4rger", "istanbul", "\u03BF\u03B4\u03BF\u03C2", "\u00DF"});
  CHECK(tokenize("\u0421\u041E\u0411\u0410\u041A\u0410 \u00C9T\u00C9") ==
        Sentence{"\u0441\u043E\u0431\u0430\u043A\u0430", "\u00E9t\u00E9"});
}
