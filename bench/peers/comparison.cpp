#include "comparison.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "../median.hpp"
#include "difference.hpp"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_of_pass(const Contender& contender) {
  contender.prepare();
  const auto start = Clock::now();
  contender.run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The mean of some passes, behind others that are not counted: while these run, the threads of the one that was timed
/// before go to sleep, which spin for a while after their work and would have a processor that this one wants.
double seconds_of_passes(const Contender& contender) {
  constexpr double seconds_of_sleepers = 0.02, wanted_seconds = 0.005;
  for (double seconds = 0; seconds < seconds_of_sleepers;) seconds += seconds_of_pass(contender);
  double seconds = 0;
  int passes = 0;
  for (; seconds < wanted_seconds; ++passes) seconds += seconds_of_pass(contender);
  return seconds / passes;
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
  for (auto _ : state) {  // rounds, whose own time says only how many there are
    const auto start = Clock::now();
    our_seconds.push_back(seconds_of_passes(ours));
    their_seconds.push_back(seconds_of_passes(theirs));
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
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
