#pragma once
// DataLoader: batches of any data, in a new order every epoch, made by threads while others are used. PyTorch's twin is
// torch.utils.data.DataLoader.
//
//   const DataLoader loader(samples, {.batch_size = 32, .shuffle = true});
//   for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
//     for (auto& [images, labels] : loader.epoch(epoch)) { ... }
//   }
//
// What an epoch gives depends on the seed and its number alone: the batches are the same bits with any number of
// threads, and training can begin again at any epoch.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/data/batch_rng.hpp>
#include <pupil/data/collate.hpp>
#include <pupil/data/made_ahead.hpp>

namespace pupil {

struct DataLoaderOptions {
  Index batch_size = 1;
  bool shuffle = false;    ///< a new order in every epoch
  bool drop_last = false;  ///< whether a last batch that is not full is left out
  std::uint64_t seed = 0;  ///< of the orders, and of what samples draw
  /// Threads that make batches. With one, the data is read by one thread at a time, which is not the one that trains;
  /// with more, by several at once; with none by whoever asks for a batch.
  Index num_workers = 1;
  Index prefetch_factor = 2;  ///< how many batches each of these threads makes ahead
};

/// Data with a sample for each index, made by a function: `f(index)` or, where it draws random numbers,
/// `f(index, rng)`.
template <class Function>
class FunctionData {
 public:
  /// Throws OptionError for a negative number of samples.
  FunctionData(Index size, Function function) : size_(size), function_(std::move(function)) {
    require<OptionError>(size >= 0, "function_data: there cannot be ", size, " samples");
  }

  Index size() const { return size_; }
  auto operator[](Index i) const requires std::invocable<const Function&, Index> { return function_(i); }
  auto operator()(Index i, Rng& rng) const requires std::invocable<const Function&, Index, Rng&> {
    return function_(i, rng);
  }

 private:
  Index size_;
  Function function_;
};

namespace detail {

/// Data whose samples draw random numbers.
template <class Data>
concept RandomData = requires(const Data& data, Index i, Rng& rng) {
  data(i, rng);
};

template <class Data>
auto sample_of(const Data& data, Index i, Rng& rng) {
  if constexpr (RandomData<Data>) {
    return data(i, rng);
  } else {
    return data[static_cast<decltype(data.size())>(i)];
  }
}

template <class Data>
using SampleOf = decltype(sample_of(std::declval<const Data&>(), Index{}, std::declval<Rng&>()));

}  // namespace detail

/// Data is anything with `size()` and `data[i]`, such as a vector of pairs of a tensor and a label; or with
/// `data(i, rng)` in place of the latter, for samples that are changed by chance: the numbers of `rng` depend on the
/// seed, the epoch and i. Given by name the data is referred to, and must outlive the loader; a temporary one is kept.
/// `collate(samples)` makes a batch of a vector of samples; see collate.hpp.
template <class Data, class CollateFunction = Collate>
class DataLoader {
 public:
  using Sample = detail::SampleOf<std::remove_cvref_t<Data>>;
  using Batch = std::invoke_result_t<const CollateFunction&, std::vector<Sample>>;

  /// The batches of one epoch, to be gone through once, in a range-for or by `next`. To leave early is no error. What
  /// the data or the collate function throws is thrown where its batch would have come, and is the end of the epoch.
  class Epoch {
   public:
    /// `make(i)` makes batch i; see DataLoader::epoch.
    Epoch(Index batches, std::function<Batch(Index)> make, const DataLoaderOptions& options)
        : batches_(batches, std::move(make), options.num_workers,
                   std::max<Index>(1, options.num_workers) * options.prefetch_factor) {}

    /// The next batch, or none after the last.
    std::optional<Batch> next() { return batches_.next(); }

    /// Goes through the batches once.
    class Iterator {
     public:
      /// Of an epoch that outlives it.
      explicit Iterator(Epoch& epoch) : epoch_(&epoch) {}
      Batch& operator*() const { return *epoch_->batch_; }
      Iterator& operator++() {
        epoch_->batch_ = epoch_->next();
        return *this;
      }
      /// Whether there are no more batches.
      bool operator==(std::default_sentinel_t) const { return !epoch_->batch_.has_value(); }

     private:
      Epoch* epoch_;
    };

    /// The first batch that was not gone through.
    Iterator begin() {
      batch_ = next();
      return Iterator(*this);
    }
    std::default_sentinel_t end() const { return {}; }

   private:
    std::optional<Batch> batch_;
    MadeAhead<Batch> batches_;
  };

  /// Throws OptionError for a batch size or a prefetch factor less than 1, or a negative number of threads.
  explicit DataLoader(Data data, const DataLoaderOptions& options = {}, CollateFunction collate_samples = {})
      : data_(std::forward<Data>(data)), options_(options), collate_(std::move(collate_samples)) {
    require<OptionError>(options.batch_size >= 1, "data_loader: batch_size is ", options.batch_size,
                         ", must be at least 1");
    require<OptionError>(options.num_workers >= 0, "data_loader: num_workers is ", options.num_workers,
                         ", must be at least 0");
    require<OptionError>(options.prefetch_factor >= 1, "data_loader: prefetch_factor is ", options.prefetch_factor,
                         ", must be at least 1");
  }

  /// How many batches an epoch has.
  Index size() const {
    const auto samples = static_cast<Index>(data_.size());
    return options_.drop_last ? samples / options_.batch_size
                              : samples / options_.batch_size + (samples % options_.batch_size > 0 ? 1 : 0);
  }

  /// The batches of the epoch with this number. The loader must outlive it, where it is.
  Epoch epoch(std::uint64_t number = 0) const& {
    const auto make = [this, number, order = order_of(number)](Index batch) { return batch_of(order, batch, number); };
    return Epoch(size(), make, options_);
  }
  Epoch epoch(std::uint64_t number = 0) const&& = delete;  // would refer to a loader that is gone

  /// The order of the samples in an epoch.
  std::vector<Index> order_of(std::uint64_t epoch) const {
    std::vector<Index> order(static_cast<std::size_t>(data_.size()));
    std::iota(order.begin(), order.end(), Index{0});
    if (options_.shuffle) {
      Rng rng = batch_rng("data_loader", options_.seed, epoch, 0);
      rng.shuffle(order);
    }
    return order;
  }

  const std::remove_reference_t<Data>& data() const { return data_; }
  const DataLoaderOptions& options() const { return options_; }

 private:
  Batch batch_of(const std::vector<Index>& order, Index batch, std::uint64_t epoch) const {
    const Index first = batch * options_.batch_size;
    const Index last = std::min(first + options_.batch_size, static_cast<Index>(order.size()));
    std::vector<Sample> samples;
    samples.reserve(static_cast<std::size_t>(last - first));
    for (Index i = first; i < last; ++i) {
      const Index sample = order[static_cast<std::size_t>(i)];
      Rng rng = batch_rng("data_loader sample", options_.seed, epoch, sample);
      samples.push_back(detail::sample_of(std::as_const(data_), sample, rng));
    }
    return collate_(std::move(samples));
  }

  Data data_;
  DataLoaderOptions options_;
  CollateFunction collate_;
};

/// Data that is named is referred to, a temporary one is kept.
template <class Data, class CollateFunction = Collate>
DataLoader(Data&&, const DataLoaderOptions& = {}, CollateFunction = {}) -> DataLoader<Data, CollateFunction>;

}  // namespace pupil
