#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>

using namespace pupil;
using pupil::detail::SharedLoop;
using pupil::detail::ThreadPool;

namespace {

/// What can go wrong in one loop, of all of them together.
struct Faults {
  std::atomic<int> calls{0}, numbers{0}, exceptions{0};
};

/// A loop of `count` items on up to `threads` threads, of which those from `failing` on throw; none where it is -1.
void check_loop(Index count, int threads, Index failing, Faults& faults) {
  std::vector<int> calls(static_cast<std::size_t>(count));
  std::vector<std::atomic<int>> users(static_cast<std::size_t>(threads));
  std::string caught;
  const auto body = [&](Index i) {
    ++calls[static_cast<std::size_t>(i)];
    if (thread_number() < 0 || thread_number() >= threads || num_threads() != threads || free_threads() != 1) {
      ++faults.numbers;
      return;
    }
    std::atomic<int>& user = users[static_cast<std::size_t>(thread_number())];
    if (user++ != 0) ++faults.numbers;  // two threads with one number
    user--;
    if (failing >= 0 && i >= failing) throw std::runtime_error(std::to_string(i));
  };
  try {
    ThreadPool::instance().run(count, threads, body);
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  if (caught != (failing >= 0 ? std::to_string(failing) : "")) ++faults.exceptions;
  for (Index i = 0; i < count; ++i) {
    const int expected = 1;
    const bool left_out = failing >= 0 && i > failing && calls[static_cast<std::size_t>(i)] == 0;
    if (calls[static_cast<std::size_t>(i)] != expected && !left_out) ++faults.calls;
  }
}

}  // namespace

TEST_CASE(
    "thousands of small loops of several callers each do their own items once, and throw what a plain loop throws") {
  const auto seed = static_cast<unsigned>(std::random_device{}());
  MESSAGE("seed " << seed);
  Faults faults;
  std::vector<std::thread> callers;
  for (unsigned caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&faults, random = std::mt19937(seed + caller)]() mutable {
      for (int loop = 0; loop < 3000; ++loop) {
        const Index count = 2 + static_cast<Index>(random() % 10);
        const int threads = 2 + static_cast<int>(random() % 3);
        check_loop(count, threads, random() % 20 == 0 ? static_cast<Index>(random()) % count : -1, faults);
        if (random() % 100 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 200));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(faults.calls == 0);
  CHECK(faults.numbers == 0);
  CHECK(faults.exceptions == 0);
}

TEST_CASE("several callers share the workers: there are no more than the largest loop asked for") {
  const int before = ThreadPool::instance().workers();
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([] {
      for (int loop = 0; loop < 20; ++loop) ThreadPool::instance().run(8, 3, [](Index) {});
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(ThreadPool::instance().workers() <= std::max(before, 2));
}

TEST_CASE("idle workers come to help, also after they have slept") {
  for (int time = 0; time < 2; ++time) {
    std::atomic<int> inside{0};
    // Neither item ends before the other has begun, so two threads are there.
    ThreadPool::instance().run(2, 2, [&](Index) {
      ++inside;
      while (inside < 2) std::this_thread::yield();
    });
    CHECK(inside == 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST_CASE("a caller does not wait for a helper that never comes") {
  SharedLoop loop;  // of no pool: nobody can help
  int sum = 0;
  const auto body = [&](Index i) { sum += static_cast<int>(i); };
  const SharedLoop::Body items = body;
  REQUIRE(loop.acquire());
  CHECK(!loop.acquire());
  loop.open(5, 3, items);
  CHECK(loop.wants_help());
  loop.finish();
  CHECK(sum == 10);
  CHECK(!loop.help());  // who comes too late finds nothing
  loop.release();
  CHECK(loop.acquire());
}

TEST_CASE("no more helpers come in than there are places for") {
  SharedLoop loop;
  int calls = 0;
  bool second = true;
  const auto body = [&](Index) {
    if (calls++ == 0) second = loop.help();  // while the first is inside
  };
  const SharedLoop::Body items = body;
  loop.open(3, 2, items);
  CHECK(loop.help());
  CHECK(!second);
  CHECK(calls == 3);
  loop.finish();
}

TEST_CASE("more loops at a time than the pool has room for run all the same") {
  constexpr int callers_count = 40;
  std::atomic<int> inside{0};
  std::atomic<Index> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < callers_count; ++caller) {
    callers.emplace_back([&] {
      ThreadPool::instance().run(3, 2, [&](Index i) {
        if (i == 0) ++inside;
        while (inside < callers_count) std::this_thread::yield();  // all loops are open
        sum += i;
      });
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 3 * callers_count);
}
