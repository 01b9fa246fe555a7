#include <vector>

#include <doctest/doctest.h>

#include <pupil/distributed/bucket_filling.hpp>

using namespace pupil;

TEST_CASE("arrays lie one behind the other in a bucket until one does not fit") {
  detail::BucketFilling filling(10);
  const auto first = filling.add(4);
  const auto second = filling.add(6);
  const auto third = filling.add(1);
  CHECK(first.bucket == 0);
  CHECK(first.offset == 0);
  CHECK(second.bucket == 0);
  CHECK(second.offset == 4);
  CHECK(third.bucket == 1);
  CHECK(third.offset == 0);
  CHECK(filling.sizes() == std::vector<Index>{10, 1});
}

TEST_CASE("an array that fits into no bucket has one of its own") {
  detail::BucketFilling filling(10);
  filling.add(1);
  CHECK(filling.add(25).bucket == 1);
  CHECK(filling.add(1).bucket == 2);
  CHECK(filling.sizes() == std::vector<Index>{1, 25, 1});
}
