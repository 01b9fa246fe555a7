#include <limits>
#include <new>

#include <doctest/doctest.h>

#include <pupil/core/pool_allocator.hpp>

using namespace pupil;

TEST_CASE("a vector on the pool asks the system for nothing when it is filled a second time") {
  const auto fill = [] {
    PoolVector<Index> numbers;
    for (Index i = 0; i < 1000; ++i) numbers.push_back(i);
    return numbers.back();
  };
  CHECK(fill() == 999);
  const auto before = StoragePool::instance().statistics();
  CHECK(fill() == 999);
  const auto after = StoragePool::instance().statistics();
  CHECK(after.system_allocations == before.system_allocations);
  CHECK(after.bytes_in_use == before.bytes_in_use);
}

TEST_CASE("a vector on the pool refuses more bytes than there are") {
  CHECK_THROWS_AS(PoolAllocator<double>().allocate(std::numeric_limits<std::size_t>::max() / 4), std::bad_alloc);
}
