#include "comparison.hpp"

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "../median.hpp"
#include "difference.hpp"

namespace bench {

namespace {

/// Until the threads of the one that was timed before sleep: they spin for a while after their work, and would have a
/// processor that the next one wants.
constexpr std::chrono::milliseconds until_threads_sleep{10};

/// Of a second pass, which finds its own threads awake.
double seconds_of_pass(const Contender& contender) {
  using Clock = std::chrono::steady_clock;
  std::this_thread::sleep_for(until_threads_sleep);
  contender.prepare();
  contender.run();
  contender.prepare();
  const auto start = Clock::now();
  contender.run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void time_comparison(benchmark::State& state, const Comparison& comparison, const Contenders& contenders) {
  const pupil::PrecisionScope scope(comparison.precision);
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
  const std::string precision(pupil::precision_name(comparison.precision));
  const std::string name =
      "peers/" + comparison.workload + '/' + comparison.pass + '/' + precision + '/' + comparison.peer;
  add(name, [comparison, make = std::move(make)](benchmark::State& state) {
    try {
      time_comparison(state, comparison, make());
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
  });
}

}  // namespace bench
