// threads: one model answers four threads at the same time. `forward(x)` is const and changes nothing, so threads share
// a model without locks; `prepare` arranges its weights once, for all calls.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include <pupil/pupil.hpp>

using namespace pupil;

namespace {

constexpr int thread_count = 4;
constexpr int questions = 50;

/// Question q of a thread: one row of numbers that depend on nothing else.
Tensor<float, 2> question(int thread, int q) {
  Rng rng(static_cast<std::uint64_t>(thread), static_cast<std::uint64_t>(q));
  return random_normal<float>(Shape{1, 128}, rng);
}

}  // namespace

int main() {
  Rng rng(1);
  Sequential trained{Dense<float>({.in_features = 128, .out_features = 256}, rng),
                     LayerNorm<float>({.normalized_shape = 256}), Gelu<float>(),
                     Dense<float>({.in_features = 256, .out_features = 10}, rng)};
  const auto model = prepare(std::move(trained));

  // What one thread answers, for comparison.
  std::vector<std::vector<Tensor<float, 2>>> expected(thread_count);
  for (int t = 0; t < thread_count; ++t) {
    for (int q = 0; q < questions; ++q) expected[static_cast<std::size_t>(t)].push_back(model.forward(question(t, q)));
  }

  std::atomic<int> same{0};
  const auto serve = [&](int thread) {
    set_num_threads(1);  // of this thread's loops: four threads keep the processors busy already
    for (int q = 0; q < questions; ++q) {
      const auto answer = model.forward(question(thread, q));
      if (answer == expected[static_cast<std::size_t>(thread)][static_cast<std::size_t>(q)]) ++same;
    }
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < thread_count; ++t) threads.emplace_back(serve, t);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;

  std::cout << thread_count << " threads asked " << thread_count * questions << " questions in " << took.count()
            << " ms; " << same << " answers are the same bits as one thread's\n";
  return same == thread_count * questions ? 0 : 1;
}
