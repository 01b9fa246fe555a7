#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/kernels/precision.hpp>

using namespace pupil;

TEST_CASE("products have the highest precision until another is set") { CHECK(precision() == Precision::highest); }

TEST_CASE("a scope sets the precision, and its end brings back the one before") {
  {
    const PrecisionScope medium(Precision::medium);
    CHECK(precision() == Precision::medium);
    {
      const PrecisionScope high(Precision::high);
      CHECK(precision() == Precision::high);
    }
    CHECK(precision() == Precision::medium);
    set_precision(Precision::high);
  }
  CHECK(precision() == Precision::highest);
}

TEST_CASE("a scope that an exception leaves brings back the precision before") {
  const auto fail = [] {
    const PrecisionScope medium(Precision::medium);
    throw std::runtime_error("on the way");
  };
  CHECK_THROWS_AS(fail(), std::runtime_error);
  CHECK(precision() == Precision::highest);
}

TEST_CASE("the threads of a parallel_for see the precision that was set before it") {
  const PrecisionScope scope(Precision::medium);
  std::vector<Precision> seen(100);
  parallel_for(100, [&](Index i) { seen[static_cast<std::size_t>(i)] = precision(); });
  CHECK(seen == std::vector<Precision>(100, Precision::medium));
}

TEST_CASE("the precision in use is the one that was set, or the highest where nothing computes that one faster") {
  CHECK(precision_in_use() == Precision::highest);
  for (const Precision wanted : {Precision::high, Precision::medium}) {
    const PrecisionScope scope(wanted);
    const bool is_fp32 =
        tile_unit() == TileUnit::none || (tile_unit() == TileUnit::vectors && wanted == Precision::high);
    CHECK(precision_in_use() == (is_fp32 ? Precision::highest : wanted));
  }
}
