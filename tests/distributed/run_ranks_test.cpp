#include <iostream>
#include <stdexcept>
#include <string_view>

#include <doctest/doctest.h>

#include <pupil/distributed/distributed_gradients.hpp>
#include <pupil/distributed/run_ranks.hpp>
#include <pupil/nn/dense.hpp>

#include "world.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr auto never = [](Index, std::string_view) { FAIL("nothing was thrown by several ranks"); };

}  // namespace

TEST_CASE("ranks that throw nothing give what they return") {
  CHECK(run_ranks(
            world(), [] { return world().rank() + 10; }, never) == world().rank() + 10);
  bool has_run = false;
  run_ranks(
      world(), [&] { has_run = true; }, never);
  CHECK(has_run);
}

TEST_CASE("what a process alone throws is thrown to its caller") {
  const auto fail = [] { throw FileError("the disk is full"); };
  CHECK_THROWS_WITH_AS(run_ranks(Communicator(), fail, never), "the disk is full", FileError);
}

// Ends the program, so it is run by itself, by three ranks: ranks/one_throws. Sums that others have sent are on their
// way.
TEST_CASE("rank 1 throws while the others wait" * doctest::skip()) {
  const auto report = [](Index rank, std::string_view error) {
    std::cerr << "rank " << rank << " of " << world().size() << " ends: " << error << std::endl;
  };
  run_ranks(
      world(),
      [] {
        Rng rng(1);
        Dense<float> dense({.in_features = 2, .out_features = 2}, rng);
        DistributedGradients<float> gradients(world(), dense);
        gradients.finished(dense);
        if (world().rank() == 1) throw FileError("the disk is full");
        gradients.finish();
        world().barrier();
      },
      report);
  FAIL("no rank may come here");
}
