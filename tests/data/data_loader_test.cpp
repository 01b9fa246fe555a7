#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/data_loader.hpp>

using namespace pupil;

namespace {

using LoadedSample = std::pair<Tensor<float, 1>, int>;

/// Samples that are told apart by their label, which is their index.
std::vector<LoadedSample> numbered_samples(Index count) {
  std::vector<LoadedSample> samples;
  for (Index i = 0; i < count; ++i) {
    samples.emplace_back(Tensor<float, 1>({2}, {static_cast<float>(i), 0.5F}), static_cast<int>(i));
  }
  return samples;
}

template <class Loader>
std::vector<std::int32_t> labels_of(const Loader& loader, std::uint64_t epoch) {
  std::vector<std::int32_t> all;
  for (const auto& [images, labels] : loader.epoch(epoch)) {
    CHECK(images.dim(0) == labels.size());
    for (Index i = 0; i < labels.size(); ++i) {
      CHECK(images(i, 0) == static_cast<float>(labels[i]));
      all.push_back(labels[i]);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a data loader gives all samples once, in their order, and a last batch of those that are left") {
  const auto samples = numbered_samples(10);
  const DataLoader loader(samples, {.batch_size = 4});
  CHECK(loader.size() == 3);
  std::vector<Index> sizes;
  for (const auto& batch : loader.epoch()) sizes.push_back(batch.second.size());
  CHECK(sizes == std::vector<Index>{4, 4, 2});
  std::vector<std::int32_t> expected(10);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(labels_of(loader, 0) == expected);
  CHECK(labels_of(loader, 1) == expected);
}

TEST_CASE("a data loader leaves a last batch out that is not full, where it is told to") {
  const auto samples = numbered_samples(10);
  const DataLoader loader(samples, {.batch_size = 4, .drop_last = true});
  CHECK(loader.size() == 2);
  CHECK(labels_of(loader, 0).size() == 8);
  CHECK(DataLoader(samples, {.batch_size = 5, .drop_last = true}).size() == 2);
  CHECK(DataLoader(samples, {.batch_size = 11, .drop_last = true}).size() == 0);
}

TEST_CASE("a data loader shuffles by the seed and the epoch, and by nothing else") {
  const auto samples = numbered_samples(100);
  const DataLoader loader(samples, {.batch_size = 7, .shuffle = true, .seed = 1});
  const auto first = labels_of(loader, 0);
  auto sorted = first;
  std::ranges::sort(sorted);
  CHECK(sorted != first);
  for (std::size_t i = 0; i < sorted.size(); ++i) CHECK(sorted[i] == static_cast<std::int32_t>(i));
  CHECK(labels_of(loader, 1) != first);
  CHECK(labels_of(loader, 0) == first);
  const DataLoader other(samples, {.batch_size = 7, .shuffle = true, .seed = 2});
  CHECK(labels_of(other, 0) != first);
}

TEST_CASE("a data loader gives the same bits, however many threads make its batches") {
  const FunctionData data(60, [](Index i, Rng& rng) {
    return std::pair(Tensor<float, 1>({2}, {static_cast<float>(i), rng.normal<float>()}), static_cast<int>(i));
  });
  std::vector<float> expected;
  for (const Index workers : {0, 1, 2, 5}) {
    CAPTURE(workers);
    const DataLoader loader(data, {.batch_size = 8, .shuffle = true, .seed = 3, .num_workers = workers});
    std::vector<float> numbers;
    for (const auto& [images, labels] : loader.epoch(4)) numbers.insert(numbers.end(), images.begin(), images.end());
    if (workers == 0) expected = numbers;
    CHECK(numbers == expected);
  }
  const DataLoader loader(data, {.batch_size = 8, .shuffle = true, .seed = 3});
  std::vector<float> of_another_epoch;
  for (const auto& [images, labels] : loader.epoch(5)) {
    of_another_epoch.insert(of_another_epoch.end(), images.begin(), images.end());
  }
  std::ranges::sort(expected);
  std::ranges::sort(of_another_epoch);
  CHECK(of_another_epoch != expected);  // not the same numbers in another order
}

TEST_CASE("a data loader reads data without threads in the thread that asks, and else in others") {
  const FunctionData data(4, [](Index) { return std::pair(Tensor<float, 1>({1}), std::this_thread::get_id()); });
  for (const Index workers : {0, 1}) {
    const DataLoader loader(data, {.num_workers = workers});
    for (const auto& [images, threads] : loader.epoch()) {
      CHECK((threads.front() == std::this_thread::get_id()) == (workers == 0));
    }
  }
}

TEST_CASE("a data loader keeps data that is given to it, and takes functions of an index") {
  const DataLoader loader(FunctionData(3, [](Index i) { return static_cast<int>(10 * i); }), {.batch_size = 3});
  for (const Tensor<std::int32_t, 1>& numbers : loader.epoch())
    CHECK(numbers == Tensor<std::int32_t, 1>({3}, {0, 10, 20}));
  const auto samples = numbered_samples(2);
  CHECK(&DataLoader(samples).data() == &samples);
}

TEST_CASE("a data loader collates samples by a function that it is given") {
  const auto samples = numbered_samples(5);
  const auto sum = [](const std::vector<LoadedSample>& batch) {
    int total = 0;
    for (const auto& [image, label] : batch) total += label;
    return total;
  };
  const DataLoader loader(samples, {.batch_size = 2}, sum);
  std::vector<int> sums;
  for (const int total : loader.epoch()) sums.push_back(total);
  CHECK(sums == std::vector<int>{1, 5, 4});
}

TEST_CASE("an epoch may be left early") {
  const auto samples = numbered_samples(1000);
  for (const Index workers : {0, 1, 3}) {
    const DataLoader loader(samples, {.batch_size = 2, .num_workers = workers, .prefetch_factor = 3});
    Index seen = 0;
    for (const auto& batch : loader.epoch()) {
      CHECK(batch.second.size() == 2);
      if (++seen == 2) break;
    }
    auto epoch = loader.epoch();
    CHECK(epoch.next()->second[0] == 0);
    CHECK((*epoch.begin()).second[0] == 2);
  }
}

TEST_CASE("what the data throws is thrown to the reader, in its place") {
  for (const Index workers : {0, 1, 3}) {
    CAPTURE(workers);
    const FunctionData data(10, [](Index i) {
      if (i == 5) throw FileError("sample 5: damaged");
      return static_cast<int>(i);
    });
    const DataLoader loader(data, {.batch_size = 2, .num_workers = workers});
    Index seen = 0;
    const auto read = [&] {
      for (const auto& batch : loader.epoch()) seen += batch.size();
    };
    CHECK_THROWS_WITH_AS(read(), "sample 5: damaged", FileError);
    CHECK(seen == 4);
  }
  std::vector<LoadedSample> samples = numbered_samples(2);
  samples.back().first = Tensor<float, 1>({3});
  const DataLoader loader(samples, {.batch_size = 2});
  CHECK_THROWS_WITH_AS(loader.epoch().next(), "stack: [3] is not of the shape [2]", ShapeError);
}

TEST_CASE("a data loader computes with the threads of who asks") {
  const FunctionData data(2, [](Index) { return num_threads(); });
  const int before = num_threads();
  set_num_threads(3);
  const DataLoader loader(data);
  for (const auto& threads : loader.epoch()) CHECK(threads[0] == 3);
  set_num_threads(before);
}

TEST_CASE("a data loader of no data has no batches") {
  const std::vector<LoadedSample> none;
  const DataLoader loader(none, {.batch_size = 4, .shuffle = true});
  CHECK(loader.size() == 0);
  CHECK_FALSE(loader.epoch().next().has_value());
}

TEST_CASE("a data loader names options that are of no use") {
  const std::vector<int> data{1};
  CHECK_THROWS_WITH_AS(DataLoader(data, {.batch_size = 0}), "data_loader: batch_size is 0, must be at least 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(DataLoader(data, {.num_workers = -1}), "data_loader: num_workers is -1, must be at least 0",
                       OptionError);
  CHECK_THROWS_WITH_AS(DataLoader(data, {.prefetch_factor = 0}),
                       "data_loader: prefetch_factor is 0, must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(FunctionData(-1, [](Index i) { return i; }), "function_data: there cannot be -1 samples",
                       OptionError);
}
