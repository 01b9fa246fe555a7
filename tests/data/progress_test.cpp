#include <set>
#include <stdexcept>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/progress.hpp>

using namespace pupil;
using namespace pupil::captioning;

TEST_CASE("every count up to the total is reported once, from any number of threads") {
  std::set<Index> reported;
  Index total = 0;
  ProgressCounter counter(100, [&](Index done, Index of) {
    reported.insert(done);
    total = of;
  });
  parallel_for(100, [&](Index) { counter.finish_one(); });
  CHECK(reported.size() == 100);
  CHECK(*reported.begin() == 1);
  CHECK(*reported.rbegin() == 100);
  CHECK(total == 100);
}

TEST_CASE("after a report that threw there is no other, and the work may end") {
  int reports = 0;
  ProgressCounter counter(100, [&](Index, Index) {
    ++reports;
    throw std::runtime_error("enough");
  });
  CHECK_FALSE(counter.is_stopped());
  CHECK_THROWS_AS(counter.finish_one(), std::runtime_error);
  CHECK(counter.is_stopped());
  CHECK_NOTHROW(counter.finish_one());
  CHECK(reports == 1);
}

TEST_CASE("nobody need be told") {
  ProgressCounter counter(1, {});
  CHECK_NOTHROW(counter.finish_one());
}
