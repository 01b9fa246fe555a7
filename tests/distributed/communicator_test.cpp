#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor.hpp>

#include "../support/files.hpp"
#include "world.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A text that is another, and of another length, on every rank.
std::string text_of(Index rank) { return std::string(static_cast<std::size_t>(3 * rank), 'x') + std::to_string(rank); }

}  // namespace

TEST_CASE("a process without a world is rank 0 of 1, and has what it puts in") {
  const Communicator alone;
  CHECK(alone.rank() == 0);
  CHECK(alone.size() == 1);
  alone.barrier();
  std::vector<float> numbers{1, 2};
  alone.all_reduce_sum(numbers);
  alone.broadcast(numbers);
  CHECK(numbers == std::vector<float>{1, 2});
  CHECK(alone.gather("text") == std::vector<std::string>{"text"});
  CHECK(alone.all_gather("text") == std::vector<std::string>{"text"});
  CHECK_NOTHROW(alone.require_same("--seed", 3));
  CHECK(alone.duplicate().size() == 1);
}

TEST_CASE("every rank of the world has a number below their count, and all copies are of the same world") {
  CHECK(world().rank() >= 0);
  CHECK(world().rank() < world().size());
  const Communicator again = Communicator::world();
  CHECK(again.native() == world().native());
  const Communicator copy = again;
  CHECK(copy.native() == again.native());
  CHECK(copy.duplicate().native() != again.native());
  CHECK(copy.duplicate().rank() == again.rank());
}

TEST_CASE("a sum over ranks is the same on all of them, for floats, doubles and whole numbers") {
  const Index size = world().size();
  const Index expected = size * (size + 1) / 2;
  std::vector<Index> counts{world().rank() + 1, 1};
  world().all_reduce_sum(counts);
  CHECK(counts == std::vector<Index>{expected, size});
  Tensor<float, 2> floats({1, 1}, {static_cast<float>(world().rank() + 1) / 2});
  world().all_reduce_sum(floats);
  CHECK(floats[0] == static_cast<float>(expected) / 2);
  std::vector<double> doubles{static_cast<double>(world().rank() + 1) / 4};
  world().all_reduce_sum(doubles);
  CHECK(doubles[0] == static_cast<double>(expected) / 4);
  world().all_reduce_sum(std::span<float>());
}

TEST_CASE("a broadcast gives all ranks what one of them has") {
  const Index last = world().size() - 1;
  std::vector<Index> numbers(3, world().rank());
  world().broadcast(numbers, last);
  CHECK(numbers == std::vector<Index>(3, last));
  std::string text = text_of(0) + std::to_string(world().rank());
  world().broadcast(text);
  CHECK(text == text_of(0) + "0");
  std::array<Index, 1> number{world().rank()};
  world().broadcast(number);
  CHECK(number.front() == 0);
}

TEST_CASE("a root that is no rank is refused") {
  std::vector<float> numbers{1};
  const std::string expected = message("communicator: there is no rank ", world().size(), " of ", world().size());
  CHECK(error_of<IndexError>([&] { world().broadcast(numbers, world().size()); }) == expected);
  CHECK(error_of<IndexError>([&] { world().gather("x", world().size()); }) == expected);
}

TEST_CASE("texts of different lengths are gathered in the order of ranks, on one of them or on all") {
  std::vector<std::string> expected;
  for (Index rank = 0; rank < world().size(); ++rank) expected.push_back(text_of(rank));
  const Index last = world().size() - 1;
  CHECK(world().all_gather(text_of(world().rank())) == expected);
  const auto gathered = world().gather(text_of(world().rank()), last);
  CHECK(gathered == (world().rank() == last ? expected : std::vector<std::string>()));
}

TEST_CASE("empty texts are gathered too") {
  CHECK(world().all_gather("") == std::vector<std::string>(static_cast<std::size_t>(world().size())));
}

TEST_CASE("what is the same on all ranks passes") {
  CHECK_NOTHROW(world().require_same("--seed", 3));
  CHECK_NOTHROW(world().require_same("the version", std::string("0.1.0")));
}

TEST_CASE("what differs is an error on all ranks, with the first that differs from rank 0 and both values") {
  const Index last = world().size() - 1;
  const Index seed = world().rank() == last ? 4 : 3;
  if (last == 0) return;
  CHECK(error_of<OptionError>([&] { world().require_same("--seed", seed); }) ==
        message("rank ", last, " has --seed 4, rank 0 has --seed 3"));
}

TEST_CASE("numbers that differ in their last bit differ") {
  if (world().size() == 1) return;
  const float rate = world().rank() == 0 ? 1 : std::nextafter(1.0F, 2.0F);
  CHECK(error_of<OptionError>([&] { world().require_same("--rate", rate); }) ==
        "rank 1 has --rate 1.0000001, rank 0 has --rate 1");
}

TEST_CASE("an error of MPI is an exception that says what was tried") {
  const int nobody = static_cast<int>(world().size()) + 5;
  const int code = MPI_Send(nullptr, 0, MPI_INT, nobody, 0, world().native());
  const std::string error = error_of<CommunicationError>([&] { detail::check_mpi(code, "send to ", nobody); });
  CHECK(error.starts_with(message("communicator: cannot send to ", nobody, ": ")));
  CHECK(error.find("rank") != std::string::npos);
}
