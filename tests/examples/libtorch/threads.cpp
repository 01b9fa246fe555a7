// threads: one model answers four threads at the same time. In evaluation, without gradients, forward changes nothing,
// so threads share a model without locks.

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace nn = torch::nn;

namespace {

constexpr int thread_count = 4;
constexpr int questions = 50;

/// Question q of a thread: one row of numbers that depend on nothing else.
torch::Tensor question(int thread, int q) {
  return torch::randn({1, 128}, at::make_generator<at::CPUGeneratorImpl>(thread * questions + q));
}

}  // namespace

int main() {
  torch::manual_seed(1);
  nn::Sequential model(nn::Linear(128, 256), nn::LayerNorm(nn::LayerNormOptions({256})), nn::GELU(),
                       nn::Linear(256, 10));
  model->eval();

  // What one thread answers, for comparison.
  torch::NoGradGuard no_grad;
  std::vector<std::vector<torch::Tensor>> expected(thread_count);
  for (int t = 0; t < thread_count; ++t) {
    for (int q = 0; q < questions; ++q) expected[t].push_back(model->forward(question(t, q)));
  }

  std::atomic<int> same{0};
  const auto serve = [&](int thread) {
    torch::NoGradGuard no_grad;  // of this thread alone
    torch::set_num_threads(1);   // of this thread's loops: four threads keep the processors busy already
    for (int q = 0; q < questions; ++q) {
      if (model->forward(question(thread, q)).equal(expected[thread][q])) ++same;
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
