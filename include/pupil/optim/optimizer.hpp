#pragma once
// Optimizer: what all optimizers share, so that each of their files holds little more than its formula: options, groups
// of parameters, a state for every parameter, and the walk over a model.

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pupil/core/move_mark.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/optim/array_ranges.hpp>
#include <pupil/optim/known_parameters.hpp>
#include <pupil/optim/parameter_group.hpp>
#include <pupil/optim/parameter_state.hpp>

namespace pupil {

/// The base of the optimizers of models of scalar T. `Options` has a learning_rate, a weight_decay and groups.
///
/// An optimizer's `step(model)` changes every parameter by its gradient, and sets the gradient to zero for the next
/// backward pass. The first step makes the state; every other throws ShapeError, and changes nothing, where the model
/// has other parameters than then, by name, shape and order. A step throws OptionError, and changes nothing, where a
/// group of the options is for no parameter. A parameter that the model visits under several names is one: it is moved
/// and decays once.
template <class T, class Options>
class Optimizer {
 public:
  /// Makes the state for this model, as the first step would: for loading it before that.
  void prepare(const ModelRefOf<T>& model) {
    check_not_moved_from();
    parameters_.learn(model, options_.groups, name_);
    parameters_.check(model, name_);
    for (auto& state : states_) state.prepare(parameters_);
  }

  /// All that the next step depends on besides the options and the model, as buffers: `STATE.NAME` for every state of
  /// the optimizer and every parameter NAME that is trained, once the state is made.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    check_not_moved_from();
    for (auto& state : states_) state.visit(visitor, name);
  }

  /// Sets the gradients of frozen parameters to zero, as a step does: for clipping by norm, in which they would count.
  void clear_frozen_gradients(const ModelRefOf<T>& model) const {
    const auto groups = groups_of(model, options_.groups);
    std::size_t i = 0;
    model.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& parameter) {
      if (settings(groups[i++]).frozen) std::ranges::fill(parameter.gradient<T>(), T{0});
    });
  }

  double learning_rate() const { return options_.learning_rate; }

  /// Throws OptionError for a negative rate.
  void set_learning_rate(double rate) {
    require<OptionError>(rate >= 0, name_, ": the learning rate is ", rate);
    options_.learning_rate = rate;
  }

  const Options& options() const { return options_; }

 protected:
  /// `name` is what errors call the optimizer. Throws OptionError for a negative learning rate, weight decay or number
  /// of a group.
  Optimizer(std::string_view name, const Options& options, std::vector<ParameterState<T>> states)
      : name_(name), options_(options), states_(std::move(states)) {
    set_learning_rate(options.learning_rate);
    check_not_negative("weight decay", options.weight_decay);
    check_groups(options.groups, name_);
  }

  /// Throws ShapeError where the optimizer was moved from, and with it its state.
  void check_not_moved_from() const { moved_.check("optimizer"); }

  /// Throws OptionError for an option that is less than 0, or no number.
  void check_not_negative(std::string_view what, double option) const {
    require<OptionError>(option >= 0, name_, ": the ", what, ' ', option, " is negative");
  }

  /// Calls `rule(p, g, state, settings)` for every range of elements that are trained, of all parameters in one
  /// parallel loop: their values p, their gradient g and, as `state(k)`, their numbers in the optimizer's k-th state
  /// are Eigen arrays of one length, and `settings` are those of their parameter. Then all gradients are zero.
  template <class Rule>
  void update(const ModelRefOf<T>& model, const Rule& rule) {
    PoolVector<TrainedParameter> parameters;
    detail::ArrayRanges ranges(update_grain);
    model.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& parameter) {
      require<ShapeError>(parameter.gradient<T>().size() == parameter.values<T>().size(), name_, ": the gradient of ",
                          parameters_[parameters.size()].name, " has ", parameter.gradient<T>().size(),
                          " numbers, not the ", parameter.size(), " of its value");
      const ParameterSettings own = settings(parameters_[parameters.size()].group);
      parameters.push_back({parameter.values<T>().data(), parameter.gradient<T>().data(), own});
      ranges.add(parameter.size());
    });
    ranges.for_each([&](Index, std::size_t i, Index first, Index last) {
      const auto range_of = [&](T* numbers) {
        return Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>(numbers + first, last - first);
      };
      const ParameterSettings& own = parameters[i].settings;
      auto p = range_of(parameters[i].value);
      auto g = range_of(parameters[i].gradient);
      if (!own.frozen)
        rule(
            p, g, [&](std::size_t k) { return range_of(states_[k][i]); }, own);
      g.setZero();
    });
  }

 private:
  struct TrainedParameter {
    T* value;
    T* gradient;
    ParameterSettings settings;
  };

  /// How many elements are updated at a time: few enough that all that belongs to them stays in the cache.
  static constexpr Index update_grain = 4096;

  ParameterSettings settings(Index group) const {
    return settings_for(group, options_.groups,
                        {.learning_rate = options_.learning_rate, .weight_decay = options_.weight_decay});
  }

  std::string name_;
  Options options_;
  KnownParameters parameters_;
  std::vector<ParameterState<T>> states_;
  MoveMark moved_;
};

}  // namespace pupil
