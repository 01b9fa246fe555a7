#include <memory>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/core/function_ref.hpp>

using namespace pupil;

namespace {

int call_with_two(FunctionRef<int(int)> function) { return function(2); }

}  // namespace

TEST_CASE("a function reference calls the function it was given, which keeps its state") {
  int calls = 0;
  auto add = [&calls, sum = 10](int number) mutable {
    ++calls;
    return sum += number;
  };
  CHECK(call_with_two(add) == 12);
  CHECK(call_with_two(add) == 14);
  CHECK(calls == 2);
}

TEST_CASE("a function reference calls constant functions and temporary ones") {
  const auto square = [](int number) { return number * number; };
  CHECK(call_with_two(square) == 4);
  CHECK(call_with_two([](int number) { return -number; }) == -2);
}

TEST_CASE("a copy of a function reference refers to the same function") {
  int calls = 0;
  const auto count = [&calls](int) { return ++calls; };
  const FunctionRef<int(int)> original = count;
  const FunctionRef<int(int)> copy = original;
  CHECK(original(0) == 1);
  CHECK(copy(0) == 2);
}

TEST_CASE("a function reference hands references and what can only be moved through") {
  const auto raise = [](int& number, std::unique_ptr<int> by) { number += *by; };
  const FunctionRef<void(int&, std::unique_ptr<int>)> reference = raise;
  int number = 1;
  reference(number, std::make_unique<int>(3));
  CHECK(number == 4);
}
