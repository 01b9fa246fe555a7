#pragma once
// EarlyStopping: says when a metric has stopped improving, so that training can end, and keeps the weights of its best.
// Prechelt, "Early stopping - but when?", 1998.
//
//   EarlyStopping stopping({.patience = 5});
//   do { train_an_epoch(net); } while (!stopping.update(loss_of(net, dev), net));
//   stopping.restore_best(net);

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/optim/reduce_on_plateau.hpp>

namespace pupil {

struct EarlyStoppingOptions {
  PlateauMode mode = PlateauMode::min;
  Index patience = 10;   ///< so many updates in a row without improvement are the end
  double min_delta = 0;  ///< how much better than the best counts as improvement
};

class EarlyStopping {
 public:
  /// All that changes from update to update, but for the weights.
  struct State {
    std::optional<double> best;    ///< the best metric; none before the first update
    Index updates = 0;             ///< how many there were
    Index updates_since_best = 0;  ///< in a row without improvement
    bool operator==(const State&) const = default;
  };

  /// Throws OptionError for a patience less than 1, or a min_delta that is negative.
  explicit EarlyStopping(const EarlyStoppingOptions& options = {}) : options_(options) {
    require<OptionError>(options.patience >= 1, "early_stopping: the patience is ", options.patience,
                         ", must be at least 1");
    require<OptionError>(options.min_delta >= 0, "early_stopping: the min_delta ", options.min_delta, " is negative");
  }

  /// Takes note of a metric and returns whether to stop. A NaN improves nothing.
  bool update(double metric) {
    ++state_.updates;
    if (improves(metric)) {
      state_.best = metric;
      state_.updates_since_best = 0;
    } else {
      ++state_.updates_since_best;
    }
    return should_stop();
  }

  /// The same, and keeps a copy of the model's parameters and buffers where the metric is the best so far.
  bool update(double metric, const ConstModelRef& model) {
    update(metric);
    if (is_best()) keep(model);
    return should_stop();
  }

  /// Whether the last update was the best so far.
  bool is_best() const { return state_.best && state_.updates_since_best == 0; }
  bool should_stop() const { return state_.updates_since_best >= options_.patience; }

  /// Gives the model the parameters and buffers that were kept; its gradients, and an optimizer's state, stay. Throws
  /// OptionError where none were, and ShapeError for another model.
  void restore_best(const ModelRef& model) const {
    require<OptionError>(has_weights_, "early_stopping: no weights were kept; give the model to update");
    std::size_t used = 0;
    for_each_kept(model, [&](const ModelItem& item) { used += item.bytes().size(); });
    require<ShapeError>(used == weights_.size(), "early_stopping: the model has ", used,
                        " bytes, the one that was kept ", weights_.size());
    auto next = weights_.begin();
    for_each_kept(model, [&](const ModelItem& item) {
      const auto last = next + static_cast<std::ptrdiff_t>(item.bytes().size());
      std::copy(next, last, item.bytes().begin());
      next = last;
    });
  }

  const State& state() const { return state_; }
  /// Goes on from where `state` was taken.
  void restore(const State& state) { state_ = state; }

  const EarlyStoppingOptions& options() const { return options_; }

 private:
  bool improves(double metric) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (options_.mode == PlateauMode::min) return metric < state_.best.value_or(infinity) - options_.min_delta;
    return metric > state_.best.value_or(-infinity) + options_.min_delta;
  }

  template <class Model, class Use>
  static void for_each_kept(const Model& model, const Use& use) {
    for (const ItemKind kind : {ItemKind::parameter, ItemKind::buffer}) {
      model.for_each(kind, [&](const Name&, const auto& item) { use(item); });
    }
  }

  void keep(const ConstModelRef& model) {
    weights_.clear();
    for_each_kept(model, [&](const ConstModelItem& item) {
      weights_.insert(weights_.end(), item.bytes().begin(), item.bytes().end());
    });
    has_weights_ = true;
  }

  EarlyStoppingOptions options_;
  State state_;
  bool has_weights_ = false;
  std::vector<std::byte> weights_;  // of parameters, then of buffers, in the model's order
};

}  // namespace pupil
