#include "../../examples/captioner/alt/alt_wording.hpp"

#include <doctest/doctest.h>

using captioner::without_preamble;

TEST_CASE("an alt text does not begin with what a screen reader says anyway") {
  CHECK(without_preamble("A picture of a dog.") == "A dog.");
  CHECK(without_preamble("This is an image of two dogs.") == "Two dogs.");
  CHECK(without_preamble("A black and white photo of the sea.") == "The sea.");
  CHECK(without_preamble("Photographs of a photo of a cat.") == "A cat.");
  CHECK(without_preamble("A close up picture of 3 cats.") == "3 cats.");
}

TEST_CASE("an alt text keeps the pictures that the image shows") {
  for (const char* const sentence : {"A man is holding a picture of a dog.", "A photographer is running.",
                                     "A picture hangs on a wall.", "A small dog.", "", "There is a dog."}) {
    CHECK(without_preamble(sentence) == sentence);
  }
}
