#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <new>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/core/storage.hpp>

#include "../support/sanitizer.hpp"

using namespace pupil;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

StoragePool& pool() { return StoragePool::instance(); }

std::uintptr_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

/// Of this process.
Index resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  Index size = 0;
  Index resident = 0;
  pages >> size >> resident;
  return resident * 4096;
}

bool system_zeros_are_free(Index size) {
  const auto before = resident_bytes();
  void* volatile zeros = std::calloc(1, static_cast<std::size_t>(size));  // volatile: or it is optimised away
  const bool free = zeros != nullptr && resident_bytes() - before < size / 2;
  std::free(zeros);
  return free;
}

}  // namespace

TEST_CASE("storage is aligned to 64 bytes, whatever its size") {
  std::vector<Storage<char>> blocks;
  for (const Index size : {1, 63, 64, 65, 511, 512, 513, 1000, 4097, 100000}) {
    CAPTURE(size);
    blocks.emplace_back(size);
    CHECK(address(blocks.back().data()) % StoragePool::alignment == 0);
  }
}

TEST_CASE("storage of no elements has no block") {
  const auto before = pool().statistics();
  const Storage<float> empty(0);
  CHECK(empty.data() == nullptr);
  CHECK(empty.size() == 0);
  CHECK(pool().statistics().bytes_in_use == before.bytes_in_use);
}

TEST_CASE("a block that was given back is handed out again") {
  const void* first = nullptr;
  {
    const Storage<float> storage(12345);
    first = storage.data();
  }
  const auto before = pool().statistics().system_allocations;
  const Storage<float> again(12345);
  CHECK(again.data() == first);
  CHECK(pool().statistics().system_allocations == before);
}

TEST_CASE("a free block serves the sizes of its own class, and neither smaller nor larger ones") {
  pool().release_unused();
  { const Storage<char> big(Index{1} << 20U); }
  const auto before = pool().statistics().system_allocations;
  { const Storage<char> same_class(1'000'000); }
  CHECK(pool().statistics().system_allocations == before);
  const Storage<char> smaller(Index{15} << 16U);
  CHECK(pool().statistics().system_allocations == before + 1);
  const Storage<char> larger((Index{1} << 20U) + 1);
  CHECK(pool().statistics().system_allocations == before + 2);
}

TEST_CASE("a block holds every byte that was asked for, and wastes less than an eighth") {
  // Neighbouring blocks are written whole: an overlap would show, and the address sanitizer sees an overrun.
  std::vector<Storage<unsigned char>> blocks;
  for (Index size = 1; size < 300000; size = size * 9 / 8 + 1) {
    const auto before = pool().statistics().bytes_in_use;
    blocks.emplace_back(size);
    std::fill_n(blocks.back().data(), size, static_cast<unsigned char>(blocks.size()));
    CAPTURE(size);
    CHECK(pool().statistics().bytes_in_use - before >= static_cast<std::size_t>(size));
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto* const data = blocks[i].data();
    CHECK(std::all_of(data, data + blocks[i].size(), [&](unsigned char byte) { return byte == i + 1; }));
  }
  blocks.clear();
  pool().release_unused();
  for (const Index size : {1024, 1025, 5000, 65537, 1000000}) {
    CAPTURE(size);
    const auto before = pool().statistics().bytes_held;
    const Storage<char> fresh(size);
    CHECK(static_cast<double>(pool().statistics().bytes_held - before) <= static_cast<double>(size) * 1.125 + 64);
  }
}

TEST_CASE("the pool counts bytes in use, bytes held and system allocations") {
  pool().release_unused();
  const auto before = pool().statistics();
  {
    const Storage<double> storage(1000);
    const auto during = pool().statistics();
    CHECK(during.bytes_in_use - before.bytes_in_use >= 8000);
    CHECK(during.bytes_held - before.bytes_held >= 8000);
    CHECK(during.system_allocations == before.system_allocations + 1);
  }
  const auto after = pool().statistics();
  CHECK(after.bytes_in_use == before.bytes_in_use);
  CHECK(after.bytes_held > before.bytes_held);
  pool().release_unused();
  CHECK(pool().statistics().bytes_held == before.bytes_held);
}

TEST_CASE("poisoned memory is NaN until it is written") {
  pool().set_poison(true);
  const Storage<float> poisoned(100);
  pool().set_poison(false);
  CHECK(std::all_of(poisoned.data(), poisoned.data() + 100, [](float x) { return x != x; }));
}

TEST_CASE("zeros are zeros, in a new block and in one that was used before") {
  pool().release_unused();
  for (int round = 0; round < 2; ++round) {
    Storage<int> zeros = Storage<int>::zeros(1000);
    CHECK(std::all_of(zeros.data(), zeros.data() + 1000, [](int x) { return x == 0; }));
    std::fill_n(zeros.data(), 1000, -1);
  }
}

TEST_CASE("new zeros take no memory until they are written to") {
  pool().release_unused();
  constexpr Index size = Index{1} << 28U;
  if (!system_zeros_are_free(size)) {
    MESSAGE("skipped: what calloc gives here is written to, as it is under ThreadSanitizer");
    return;
  }
  const auto before = resident_bytes();
  const Storage<char> zeros = Storage<char>::zeros(size);
  CHECK(resident_bytes() - before < size / 2);
  CHECK(zeros.data()[size - 1] == 0);
}

TEST_CASE("a copy of storage is another block with the same values") {
  Storage<int> original(3);
  std::iota(original.data(), original.data() + 3, 5);
  Storage<int> copy = original;
  CHECK(copy.data() != original.data());
  original.data()[0] = -1;
  CHECK(std::vector<int>(copy.data(), copy.data() + 3) == std::vector{5, 6, 7});
}

TEST_CASE("assigning storage of the same size keeps the block, of another size takes another") {
  Storage<int> target(3);
  const int* const block = target.data();
  Storage<int> source(3);
  std::iota(source.data(), source.data() + 3, 0);
  target = source;
  CHECK(target.data() == block);
  CHECK(target.data()[2] == 2);
  target = Storage<int>(std::as_const(source));
  Storage<int> longer(50);
  longer.data()[49] = 7;
  target = longer;
  CHECK(target.size() == 50);
  CHECK(target.data()[49] == 7);
  auto& itself = target;
  target = itself;
  CHECK(target.data()[49] == 7);
}

TEST_CASE("moving storage moves the block") {
  Storage<int> source(3);
  const int* const block = source.data();
  Storage<int> target = std::move(source);
  CHECK(target.data() == block);
  CHECK(source.data() == nullptr);  // NOLINT(bugprone-use-after-move): what is left is the matter
  CHECK(source.size() == 0);
}

TEST_CASE("a pool holds half as much again as its need, where sizes vary") {
  StoragePool own;
  std::size_t need = 0;
  Rng rng(7);
  for (int step = 0; step < 1000; ++step) {
    const std::size_t input = mebibyte + static_cast<std::size_t>(rng.below(Index{20} << 20U));
    void* const x = own.allocate(input);
    void* const y = own.allocate(2 * input);
    need = std::max(need, own.statistics().bytes_in_use);
    own.release(x);
    own.release(y);
    CHECK(own.statistics().bytes_held <= std::max(StoragePool::held_freely, need + need / 2));
  }
  CHECK(need > 50 * mebibyte);
  own.release_unused();
  CHECK(own.statistics().bytes_held == 0);
}

TEST_CASE("a pool gives back what an earlier need left, and keeps what the last steps use") {
  StoragePool own;
  own.release(own.allocate(400 * mebibyte));
  CHECK(own.statistics().bytes_held >= 400 * mebibyte);
  std::size_t asked = 0;
  for (int step = 0; step < 200; ++step) {
    if (step == 100) asked = own.statistics().system_allocations;
    own.release(own.allocate(40 * mebibyte));
  }
  CHECK(own.statistics().bytes_held <= 60 * mebibyte);
  CHECK(own.statistics().bytes_held >= 40 * mebibyte);
  CHECK(own.statistics().system_allocations == asked);
}

TEST_CASE("a pool asks the system for nothing in a loop of many sizes, more in all than it may hold") {
  // As the layers of a network in inference: each output is as large as it is, and its input is gone after it.
  StoragePool own;
  std::size_t asked = 0;
  for (int step = 0; step < 40; ++step) {
    if (step == 20) asked = own.statistics().system_allocations;
    void* x = own.allocate(60 * mebibyte);
    for (std::size_t size = 50 * mebibyte; size > mebibyte; size = size * 4 / 5) {
      void* const y = own.allocate(size);
      own.release(x);
      x = y;
    }
    own.release(x);
  }
  CHECK(own.statistics().system_allocations == asked);
  CHECK(own.statistics().bytes_held <= 170 * mebibyte);
}

TEST_CASE("a pool lends nothing large to what is small, where that would keep more than it may hold") {
  StoragePool own;
  std::vector<void*> kept;
  for (int step = 0; step < 100; ++step) {
    own.release(own.allocate(40 * mebibyte));
    kept.push_back(own.allocate(1000));
    CHECK(own.statistics().bytes_held <= 61 * mebibyte);
  }
  for (void* const block : kept) own.release(block);
  CHECK(own.statistics().bytes_in_use == 0);
}

TEST_CASE("a pool is what it was after a block that no memory is large enough for") {
  if (testing::under_sanitizer) return;  // which ends the program at such a request
  StoragePool own;
  own.release(own.allocate(20 * mebibyte));
  CHECK_THROWS_AS(own.allocate(std::size_t{1} << 60U), std::bad_alloc);
  CHECK(own.statistics().bytes_in_use == 0);
  for (int step = 0; step < 40; ++step) own.release(own.allocate(static_cast<std::size_t>(step) * mebibyte));
  CHECK(own.statistics().bytes_held <= 60 * mebibyte);
}

TEST_CASE("several threads can use the pool at once") {
  const auto before = pool().statistics().bytes_in_use;
  std::vector<std::thread> threads;
  std::vector<int> errors(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t, &wrong = errors[static_cast<std::size_t>(t)]] {
      for (Index round = 0; round < 500; ++round) {
        Storage<int> a(10 + round % 37);
        Storage<int> b(1000 + 13 * round);
        std::fill_n(a.data(), a.size(), t);
        std::fill_n(b.data(), b.size(), ~t);
        wrong += std::count(a.data(), a.data() + a.size(), t) != a.size();
        wrong += std::count(b.data(), b.data() + b.size(), ~t) != b.size();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(errors == std::vector<int>(4, 0));
  CHECK(pool().statistics().bytes_in_use == before);
}
