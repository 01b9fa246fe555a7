#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/text/word_forms.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

WordForms forms_in(const std::vector<std::string>& written) {
  WordFormCounter counter;
  WordCounts counts;
  for (const std::string& caption : written) {
    counter.add(caption);
    count_words(tokenize(caption), counts);
  }
  return counter.commonest(Vocabulary::from_counts(counts, 1));
}

}  // namespace

TEST_CASE("a word's form is the commonest that captions have of it") {
  const WordForms forms = forms_in({"A boy in a T-shirt", "a man in a t-shirt .", "the T-shirt, red", "A tshirt"});
  CHECK(forms.of("tshirt") == "T-shirt");
  CHECK(forms.of("boy") == "boy");
  CHECK(forms.all().size() == 1);
}

TEST_CASE("of equally common forms a word has itself, or the first") {
  CHECK(forms_in({"a tshirt", "a t-shirt"}).of("tshirt") == "tshirt");
  CHECK(forms_in({"a t-shirt", "a T-shirt"}).of("tshirt") == "T-shirt");
}

TEST_CASE("the capital at the beginning of a sentence is none of the word's") {
  const WordForms forms = forms_in({"Dogs run .", "Dogs play . Cats watch !", "\" Birds sing"});
  CHECK(forms.all().empty());
  CHECK(forms_in({"a Frisbee", "Red Frisbee"}).of("frisbee") == "Frisbee");
}

TEST_CASE("punctuation around a word is none of its form, but for abbreviations and endings that stand alone") {
  const WordForms forms =
      forms_in({"a (\"dog,\" they say)", "the U.S. flag", "a man 's hat", "it does n't rain", "a 'slide'", "on TV."});
  CHECK(forms.of("dog") == "dog");
  CHECK(forms.of("us") == "U.S.");
  CHECK(forms.of("s") == "'s");
  CHECK(forms.of("nt") == "n't");
  CHECK(forms.of("slide") == "slide");
  CHECK(forms.of("tv") == "TV");
}

TEST_CASE("what is several words, and words that the vocabulary does not have, get no form") {
  WordFormCounter counter;
  counter.add("a dog\u2014Cat, a T-shirt");
  CHECK(counter.commonest(Vocabulary::from_counts({{"a", 1}, {"cat", 1}}, 1)).all().empty());
}

TEST_CASE("every form is a form of its word") {
  const WordForms forms = forms_in({"a caf\u00C9 au-lait", "an \u00DCber-Dog", "x \xFF-y z--z '' -- ."});
  for (const auto& [word, form] : forms.all()) {
    const std::string tried = form;
    CAPTURE(tried);
    CHECK(tokenize(form) == Sentence{word});
  }
}
