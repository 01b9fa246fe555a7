#include "../../examples/captioner/captions/hedge.hpp"

#include <string>

#include <doctest/doctest.h>

#include <pupil/text/tokenizer.hpp>

namespace {

std::string hedged_text(const std::string& caption, double confidence) {
  return pupil::captioning::join(captioner::hedged(pupil::captioning::tokenize(caption), confidence));
}

}  // namespace

TEST_CASE("a doubtful caption is worded as one, so that it stays English") {
  CHECK(hedged_text("a dog is running through water", .3) == "possibly a dog running through water");
  CHECK(hedged_text("two dogs are in the snow", .49) == "possibly two dogs in the snow");
  CHECK(hedged_text("a boy jumps", .2) == "possibly a boy jumps");
  CHECK(hedged_text("a dog is running through water", .1) ==
        "not sure what this is, possibly a dog running through water");
}

TEST_CASE("a caption that is trusted stays as it is, and where there is no word there is no doubt either") {
  CHECK(hedged_text("a dog is running through water", .5) == "a dog is running through water");
  CHECK(hedged_text("", .1).empty());
}

TEST_CASE("only the verb of the whole caption is left out") {
  CHECK(hedged_text("there is a dog", .3) == "possibly there is a dog");
  CHECK(hedged_text("a dog that is wet is running", .3) == "possibly a dog that is wet is running");
  CHECK(hedged_text("is a dog running", .3) == "possibly is a dog running");
}
