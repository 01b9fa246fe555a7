#pragma once
// MovingAverage: a second model whose weights are a running mean of those that are trained; it is often the better one.
// Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992. PyTorch's twin is
// torch.optim.swa_utils.AveragedModel with an exponential average.
//
//   average = decay average + (1 - decay) value        after every step of the optimizer
//
// With a decay near 1 the first weights, which are random, would stay in the average for long: so the decay may grow.
//
//   MovingAverage average(net, {.decay = 0.999});
//   for (...) { ...; adam.step(net); average.update(net); }
//   auto scores = average.model().forward(photo);

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include <pupil/core/parallel.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/side_by_side.hpp>
#include <pupil/optim/array_ranges.hpp>

namespace pupil {

struct MovingAverageOptions {
  double decay = 0.999;     ///< of an update that is given no other
  bool use_buffers = true;  ///< averages buffers such as running means too; otherwise they are the newest ones
};

/// The decay of the update after step `step` of the optimizer, counted from 1: (1 + step) / (10 + step), which is a
/// mean of about the last tenth of the steps, and `decay` at most. As TensorFlow's ExponentialMovingAverage has it.
inline double growing_decay(double decay, Index step) {
  return std::min(decay, static_cast<double>(1 + step) / static_cast<double>(10 + step));
}

namespace detail {

/// Arrays that are moved towards others, in one parallel loop.
class MovedArrays {
 public:
  /// Where the items are floats or doubles; otherwise returns false.
  bool add(const ModelItem& average, const ModelItem& newest) {
    return add<float>(average, newest) || add<double>(average, newest);
  }

  /// average += share (newest - average)
  void move(double share) const {
    ranges_.for_each([&](Index, std::size_t i, Index first, Index last) {
      std::visit([&](const auto& pair) { move_range(pair, share, first, last - first); }, all_[i]);
    });
  }

 private:
  template <class T>
  struct Pair {
    T* average;
    const T* newest;
  };

  template <class T>
  bool add(const ModelItem& average, const ModelItem& newest) {
    if (!average.holds<T>()) return false;
    all_.emplace_back(Pair<T>{average.values<T>().data(), newest.values<T>().data()});
    ranges_.add(average.size());
    return true;
  }

  template <class T>
  static void move_range(const Pair<T>& pair, double share, Index first, Index count) {
    T* const average = pair.average + first;
    const T* const newest = pair.newest + first;
    for (Index i = 0; i < count; ++i) average[i] += static_cast<T>(share) * (newest[i] - average[i]);
  }

  PoolVector<std::variant<Pair<float>, Pair<double>>> all_;
  ArrayRanges ranges_{pointwise_grain};
};

}  // namespace detail

/// Holds a model of its own, to be used, saved and loaded as any other.
template <class Model>
class MovingAverage {
 public:
  /// Begins as a copy of `model`. Throws OptionError for a decay outside [0, 1].
  explicit MovingAverage(const Model& model, const MovingAverageOptions& options = {})
      : average_(model), options_(options) {
    check(options.decay);
  }

  /// Moves the averages towards the values of `model`, which stay. Throws ShapeError where it has other parameters or
  /// buffers than the model that this was made from. Buffers of whole numbers are copied.
  void update(Model& model) { update(model, options_.decay); }

  /// The same with another decay, such as growing_decay's. Throws OptionError where it is outside [0, 1].
  void update(Model& model, double decay) {
    check(decay);
    detail::MovedArrays moved;
    pair_.visit(average_, model, [&](const Name&, const ModelItem& average, const ModelItem& newest) {
      if (average.kind() == ItemKind::generator) return;
      const bool is_averaged = average.kind() == ItemKind::parameter || options_.use_buffers;
      if (!is_averaged || !moved.add(average, newest)) std::ranges::copy(newest.bytes(), average.bytes().begin());
    });
    moved.move(1 - decay);
  }

  /// Gives `model` the averages as its parameters and buffers. Throws ShapeError as `update` does.
  void copy_to(Model& model) {
    pair_.visit(model, average_, [](const Name&, const ModelItem& item, const ModelItem& average) {
      if (item.kind() == ItemKind::generator) return;
      std::ranges::copy(average.bytes(), item.bytes().begin());
    });
  }

  /// Exchanges the averages for the parameters and buffers of `model`; a second time, and all is as it was. Throws
  /// ShapeError as `update` does.
  void swap(Model& model) {
    pair_.visit(model, average_, [](const Name&, const ModelItem& item, const ModelItem& average) {
      if (item.kind() == ItemKind::generator) return;
      std::ranges::swap_ranges(item.bytes(), average.bytes());
    });
  }

  /// The model with the averages.
  const Model& model() const { return average_; }
  Model& model() { return average_; }

  /// The averages under the names of the model: all that the next update depends on besides the options.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    average_.visit(visitor, name);
  }

  const MovingAverageOptions& options() const { return options_; }

 private:
  static void check(double decay) {
    require<OptionError>(decay >= 0 && decay <= 1, "moving_average: the decay ", decay, " is not between 0 and 1");
  }

  Model average_;
  MovingAverageOptions options_;
  SideBySide pair_;
};

}  // namespace pupil
