#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <pupil/data/scene_ground.hpp>

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE("grounds are nearly grey, neither black nor white, and not plain") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (std::size_t g = 0; g < ground_words.size(); ++g) {
      CAPTURE(seed);
      CAPTURE(ground_words[g]);
      Rng rng(seed);
      const GroundPaint ground(static_cast<Ground>(g), rng);
      double darkest = 1, lightest = 0;
      for (int i = 0; i < 400; ++i) {
        const Rgb color = ground.color({(i % 20 + .5) / 20, (i / 20 + .5) / 20});
        const auto [least, most] = std::minmax_element(color.begin(), color.end());
        CHECK(*most - *least < .11);
        darkest = std::min(darkest, color[0]);
        lightest = std::max(lightest, color[0]);
      }
      CHECK(darkest > .1);
      CHECK(lightest < 1.0);
      CHECK(lightest - darkest > .06);
    }
  }
}

TEST_CASE("the same numbers give the same ground") {
  Rng a(5), b(5);
  const GroundPaint first(Ground::speckled, a), second(Ground::speckled, b);
  CHECK(first.color({.3, .4}) == second.color({.3, .4}));
  CHECK(a.state() == b.state());
}
