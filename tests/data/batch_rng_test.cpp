#include <doctest/doctest.h>

#include <pupil/data/batch_rng.hpp>

using namespace pupil;

TEST_CASE("a batch's numbers depend on their purpose, the seed, the epoch and the batch, and on nothing else") {
  const auto first = [](Rng rng) { return rng.uniform<double>(); };
  const double drawn = first(batch_rng("views", 1, 2, 3));
  CHECK(first(batch_rng("views", 1, 2, 3)) == drawn);
  CHECK(first(batch_rng("words", 1, 2, 3)) != drawn);
  CHECK(first(batch_rng("views", 2, 2, 3)) != drawn);
  CHECK(first(batch_rng("views", 1, 3, 3)) != drawn);
  CHECK(first(batch_rng("views", 1, 2, 4)) != drawn);
}
