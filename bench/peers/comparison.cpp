#include "comparison.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

#include <pupil/core/errors.hpp>

#include "../median.hpp"

namespace bench {

namespace {

double seconds_of_pass(const Contender& contender) {
  using Clock = std::chrono::steady_clock;
  contender.prepare();
  const auto start = Clock::now();
  contender.run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// In what the two differ by more than `tolerance` of the largest value, or nothing.
std::optional<std::string> difference(const Results& ours, const Results& theirs, double tolerance) {
  if (ours.size() != theirs.size()) return "they have not as many results";
  for (std::size_t r = 0; r < ours.size(); ++r) {
    if (ours[r].size() != theirs[r].size()) return pupil::message("result ", r, " is of another size");
    double largest = 0;
    double farthest = 0;
    for (std::size_t i = 0; i < ours[r].size(); ++i) {
      const auto distance = static_cast<double>(std::abs(ours[r][i] - theirs[r][i]));
      if (!std::isfinite(distance)) return pupil::message("result ", r, " is not finite");
      farthest = std::max(farthest, distance);
      largest = std::max(largest, static_cast<double>(std::abs(theirs[r][i])));
    }
    if (farthest > tolerance * largest) {
      return pupil::message("result ", r, " differs by ", farthest, " where the largest value is ", largest);
    }
  }
  return std::nullopt;
}

void time_comparison(benchmark::State& state, const Comparison& comparison, const Contenders& contenders) {
  const auto& [ours, theirs] = contenders;
  seconds_of_pass(ours);
  seconds_of_pass(theirs);
  if (const auto differing = difference(ours.results(), theirs.results(), comparison.tolerance)) {
    state.SkipWithError(("pupil and " + comparison.peer + " do not compute the same: " + *differing).c_str());
    return;
  }
  std::vector<double> our_seconds;
  std::vector<double> their_seconds;
  for (auto _ : state) {
    our_seconds.push_back(seconds_of_pass(ours));
    their_seconds.push_back(seconds_of_pass(theirs));
    state.SetIterationTime(our_seconds.back());
  }
  const double our_median = median(our_seconds);
  const double their_median = median(their_seconds);
  report_rates(state, comparison.work, our_median);
  state.counters["peer GFLOP/s"] = comparison.work.operations * 1e-9 / their_median;
  state.counters["ratio"] = their_median / our_median;
}

}  // namespace

void add_comparison(const Comparison& comparison, std::function<Contenders()> make) {
  const std::string name =
      "peers/" + comparison.workload + '/' + comparison.pass + '/' + comparison.precision + '/' + comparison.peer;
  add(name, [comparison, make = std::move(make)](benchmark::State& state) {
    try {
      time_comparison(state, comparison, make());
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
  });
}

}  // namespace bench
