// A process that has computed on threads forks: the child has none of them and computes all the same.

#include <doctest/doctest.h>

#if defined(__unix__) || defined(__APPLE__)

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/storage.hpp>

using namespace pupil;

namespace {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PUPIL_TEST_THREAD_SANITIZER
#endif
#endif

/// ThreadSanitizer ends a child that starts threads; there the child is tested on its one thread.
void use_threads_in_child() {
#ifdef PUPIL_TEST_THREAD_SANITIZER
  set_num_threads(1);
#endif
}

class ThreeThreads {
 public:
  ThreeThreads() { set_num_threads(3); }
  ~ThreeThreads() { set_num_threads(before_); }
  ThreeThreads(const ThreeThreads&) = delete;
  ThreeThreads& operator=(const ThreeThreads&) = delete;

 private:
  int before_ = num_threads();
};

/// 1,225, with memory from the pool of storage in every item.
Index sum_in_parallel() {
  std::atomic<Index> sum{0};
  parallel_for(50, [&](Index i) {
    const auto memory = Storage<float>::zeros(1000 + i);
    sum += i + static_cast<Index>(memory.data()[i]);
  });
  return sum;
}

/// What a child process ends with that runs `run`, which returns its exit status.
template <class Run>
int status_of_child(const Run& run) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run());
  int status = 0;
  ::waitpid(child, &status, 0);  // where it hangs, ctest ends the test
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int compute_in_child() {
  use_threads_in_child();
  return sum_in_parallel() == 1225 ? 0 : 1;
}

}  // namespace

TEST_CASE("a child process computes, and so does a child of it") {
  const ThreeThreads scope;
  REQUIRE(sum_in_parallel() == 1225);
  CHECK(status_of_child([] {
          if (compute_in_child() != 0) return 1;
          return status_of_child(compute_in_child) == 0 ? 0 : 2;
        }) == 0);
  CHECK(sum_in_parallel() == 1225);
}

TEST_CASE("a child process computes where other threads were in the midst of it when it began") {
  const ThreeThreads scope;
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int other = 0; other < 2; ++other) {
    others.emplace_back([&] {
      set_num_threads(3);
      while (!stop) sum_in_parallel();
    });
  }
  for (int time = 0; time < 30; ++time) CHECK(status_of_child(compute_in_child) == 0);
  stop = true;
  for (std::thread& other : others) other.join();
}

TEST_CASE("a child that a body of parallel_for makes computes too, on its one thread") {
  const ThreeThreads scope;
  std::array<int, 6> statuses{};
  parallel_for(6, [&](Index i) { statuses[static_cast<std::size_t>(i)] = status_of_child(compute_in_child); });
  CHECK(statuses == std::array<int, 6>{});
}

TEST_CASE("a child that returns from the body that made it says where items of other threads are lost") {
  const ThreeThreads scope;
  const pid_t parent = ::getpid();
  std::atomic<int> inside{0};
  std::atomic<int> status{-2};
  bool lost = false;
  try {
    detail::ThreadPool::instance().run(2, 2, [&](Index) {
      ++inside;
      while (inside < 2) std::this_thread::yield();  // both threads are in the loop
      if (thread_number() != 0) {
        while (status == -2) std::this_thread::yield();
        return;
      }
      const pid_t child = ::fork();
      if (child == 0) return;
      int ended = 0;
      ::waitpid(child, &ended, 0);
      status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    });
  } catch (const Error&) {
    lost = true;
  }
  if (::getpid() != parent) ::_exit(lost && compute_in_child() == 0 ? 7 : 1);
  CHECK(!lost);
  CHECK(status == 7);
}

#endif
