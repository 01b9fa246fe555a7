#pragma once
// MovingAverage: a second model whose weights are a running mean of those that are trained; it is often the better one.
// Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992. PyTorch's twin is
// torch.optim.swa_utils.AveragedModel with an exponential average.
//
//   average = decay average + (1 - decay) value        after every step of the optimizer
//
//   MovingAverage average(net, {.decay = 0.999});
//   for (...) { ...; adam.step(net); average.update(net); }
//   auto scores = average.model().forward(photo);

#include <Eigen/Core>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>
#include <pupil/nn/side_by_side.hpp>

namespace pupil {

struct MovingAverageOptions {
  double decay = 0.999;
  bool use_buffers = true;  ///< averages buffers such as running means too; otherwise they are the newest ones
};

/// Holds a model of its own, to be used, saved and loaded as any other.
template <class Model>
class MovingAverage {
 public:
  /// Begins as a copy of `model`. Throws OptionError for a decay outside [0, 1].
  explicit MovingAverage(const Model& model, const MovingAverageOptions& options = {})
      : average_(model), options_(options) {
    require<OptionError>(options.decay >= 0 && options.decay <= 1, "moving_average: the decay ", options.decay,
                         " is not between 0 and 1");
  }

  /// Moves the averages towards the values of `model`, which stay. Throws ShapeError where it has other parameters or
  /// buffers than the model that this was made from. Buffers of whole numbers are copied.
  void update(Model& model) {
    pair_.visit(average_, model, [&]<class Item>(const Name&, Item& average, const Item& newest) {
      if constexpr (detail::is_parameter<Item>) {
        move_towards(average.value, newest.value);
      } else if constexpr (detail::is_tensor<Item>) {
        update_buffer(average, newest);
      }
    });
  }

  /// Gives `model` the averages as its parameters and buffers. Throws ShapeError as `update` does.
  void copy_to(Model& model) {
    pair_.visit(model, average_, []<class Item>(const Name&, Item& item, const Item& average) {
      if constexpr (detail::is_parameter<Item>) {
        item.value = average.value;
      } else if constexpr (detail::is_tensor<Item>) {
        item = average;
      }
    });
  }

  /// Exchanges the averages for the parameters and buffers of `model`; a second time, and all is as it was. Throws
  /// ShapeError as `update` does.
  void swap(Model& model) {
    pair_.visit(model, average_, []<class Item>(const Name&, Item& item, Item& average) {
      if constexpr (detail::is_parameter<Item>) {
        std::swap(item.value, average.value);
      } else if constexpr (detail::is_tensor<Item>) {
        std::swap(item, average);
      }
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
  template <class T, std::size_t Rank>
  void update_buffer(Tensor<T, Rank>& average, const Tensor<T, Rank>& newest) const {
    if constexpr (std::is_floating_point_v<T>) {
      if (options_.use_buffers) return move_towards(average, newest);
    }
    average = newest;
  }

  template <class T, std::size_t Rank>
  void move_towards(Tensor<T, Rank>& average, const Tensor<T, Rank>& newest) const {
    const T share = static_cast<T>(1 - options_.decay);
    parallel_ranges(average.size(), pointwise_grain, [&](Index begin, Index end) {
      using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
      Eigen::Map<Array> a(average.data() + begin, end - begin);
      a += share * (Eigen::Map<const Array>(newest.data() + begin, end - begin) - a);
    });
  }

  Model average_;
  MovingAverageOptions options_;
  SideBySide pair_;
};

}  // namespace pupil
