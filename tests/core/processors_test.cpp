#include <doctest/doctest.h>

#include <pupil/core/processors.hpp>

#ifdef __linux__
#include <thread>

#include <sched.h>
#endif

using namespace pupil::detail;

TEST_CASE("a part of a processor counts as one, and a quota beyond what is allowed changes nothing") {
  CHECK(usable_processors(8, control_group::no_quota) == 8);
  CHECK(usable_processors(8, 9.5) == 8);
  CHECK(usable_processors(8, 8) == 8);
  CHECK(usable_processors(8, 7.5) == 8);
  CHECK(usable_processors(8, 1.5) == 2);
  CHECK(usable_processors(8, 1) == 1);
  CHECK(usable_processors(8, 0.1) == 1);
  CHECK(usable_processors(1, 4) == 1);
}

TEST_CASE("OMP_NUM_THREADS is a number above 0, or a list that begins with one") {
  CHECK(threads_in("3") == 3);
  CHECK(threads_in(" 3 ") == 3);
  CHECK(threads_in("3,2,1") == 3);
  CHECK(threads_in("100000") == most_threads());
  CHECK(threads_in("99999999999999999999999") == most_threads());
  for (const char* const text : {"", " ", "0", "-3", "many", "3x", ",3", "-99999999999999999999999"}) {
    CAPTURE(text);
    CHECK(!threads_in(text).has_value());
  }
  CHECK(!threads_in(nullptr).has_value());
}

#ifdef __linux__
TEST_CASE("processors that a thread may not run on are not counted") {
  int allowed = 0;
  std::thread thread([&] {  // the affinity is a thread's own
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &processors);
    if (::sched_setaffinity(0, sizeof processors, &processors) == 0) allowed = processors_allowed();
  });
  thread.join();
  CHECK(allowed == 1);
  CHECK(processors_allowed() >= 1);
}
#endif
