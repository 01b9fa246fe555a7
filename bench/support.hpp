#pragma once
// How a benchmark is timed, and what is said of it besides the time.
//
// Layers work in the memory of what is moved into them, so every pass needs an input of its own. Making it is not part
// of the pass: only the pass is timed, by the wall clock, hence `/manual_time` behind the names.

#include <chrono>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include <pupil/core/random.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/initialization.hpp>

#include "machine.hpp"

namespace bench {

using pupil::Index;
using pupil::Rng;
using pupil::Shape;
using pupil::Tensor;

/// What one pass has to do. What is 0 is not reported.
struct Work {
  double operations = 0;  ///< of floating point, in products; a multiply-add is two
  double bytes = 0;       ///< read and written, each tensor once for every time the pass goes over it
  double images = 0;
  double captions = 0;
};

/// What passes that take so many seconds each come to, by the second and of what the machine can do at most: of its
/// multiply-adds where the pass has products, else of its memory.
inline void report_rates(benchmark::State& state, const Work& work, double seconds) {
  const auto report = [&](const char* name, double amount) {
    if (amount > 0) state.counters[name] = amount / seconds;
  };
  report("GFLOP/s", work.operations * 1e-9);
  report("GB/s", work.bytes * 1e-9);
  report("images/s", work.images);
  report("captions/s", work.captions);
  if (work.operations > 0) {
    report("of peak", work.operations * 1e-9 / machine().fp32);
  } else {
    report("of peak", work.bytes * 1e-9 / machine().bandwidth);
  }
}

/// As many passes of `run(prepare())` as Google Benchmark wants, after one that warms up; `run` alone is timed.
template <class Prepare, class Run>
void time_passes(benchmark::State& state, const Work& work, const Prepare& prepare, const Run& run) {
  using Clock = std::chrono::steady_clock;
  run(prepare());
  double seconds = 0;
  for (auto _ : state) {
    auto input = prepare();
    const auto start = Clock::now();
    run(std::move(input));
    const double pass = std::chrono::duration<double>(Clock::now() - start).count();
    state.SetIterationTime(pass);
    seconds += pass;
  }
  report_rates(state, work, seconds / static_cast<double>(state.iterations()));
}

/// The forward pass of training, which keeps what backward needs.
template <class Layer, class Input>
void time_forward(benchmark::State& state, const Work& work, Layer& layer, const Input& x) {
  time_passes(
      state, work, [&] { return x; },
      [&](Input input) {
        typename Layer::Context context;
        benchmark::DoNotOptimize(layer.forward(std::move(input), context));
      });
}

/// Uniform in [-1, 1): no zeros, no infinities, nothing that a processor is slower or faster at.
template <std::size_t Rank>
Tensor<float, Rank> random_tensor(const Shape<Rank>& shape, Rng& rng) {
  auto tensor = Tensor<float, Rank>::uninitialized(shape);
  pupil::fill_uniform(tensor, 1.0F, rng);
  return tensor;
}

/// The backward pass, for a random gradient of what forward gives for x: a tensor.
template <class Layer, class Input>
void time_backward(benchmark::State& state, const Work& work, Layer& layer, Input x, Rng& rng) {
  typename Layer::Context context;
  auto dy = layer.forward(std::move(x), context);
  pupil::fill_uniform(dy, 1.0F, rng);
  time_passes(
      state, work, [&] { return dy; },
      [&](decltype(dy) gradient) {
        layer.backward(std::move(gradient), context);
        benchmark::ClobberMemory();
      });
}

/// How many bytes a tensor of floats takes.
template <std::size_t Rank>
double bytes_of(const Shape<Rank>& shape) {
  return static_cast<double>(sizeof(float)) * static_cast<double>(shape.size());
}

/// "56x56x64": a shape without its first `skipped` extents.
template <std::size_t Rank>
std::string spelled(const Shape<Rank>& shape, std::size_t skipped = 0) {
  std::string text;
  for (std::size_t d = skipped; d < Rank; ++d) {
    if (d > skipped) text += 'x';
    text += std::to_string(shape[d]);
  }
  return text;
}

/// `function(state)` becomes the benchmark of that name.
template <class Function>
void add(const std::string& name, Function function) {
  benchmark::RegisterBenchmark(name.c_str(), std::move(function))->UseManualTime()->Unit(benchmark::kMillisecond);
}

}  // namespace bench
