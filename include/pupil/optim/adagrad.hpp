#pragma once
// Adagrad: each element's gradient is divided by the root of the sum of all its squares so far, so that what rarely has
// a gradient moves far when it has. Duchi, Hazan, Singer, "Adaptive subgradient methods", 2011. PyTorch's twin is
// torch.optim.Adagrad.
//
//   g = gradient + weight_decay p        s = s + g^2
//   p = p - learning_rate / (1 + (t - 1) learning_rate_decay) g / (sqrt(s) + epsilon) at step t

#include <cstdint>
#include <vector>

#include <pupil/optim/optimizer.hpp>

namespace pupil {

struct AdagradOptions {
  double learning_rate = 1e-2;
  double learning_rate_decay = 0;
  double weight_decay = 0;               ///< adds weight_decay * value to every gradient
  double initial_accumulator_value = 0;  ///< where the sums of squares begin
  double epsilon = 1e-10;
  std::vector<ParameterGroup> groups{};
};

/// Trains the parameters of one model of scalar T.
template <class T>
class Adagrad : public Optimizer<T, AdagradOptions> {
 public:
  /// Throws OptionError for a negative option.
  explicit Adagrad(const AdagradOptions& options = {})
      : Optimizer<T, AdagradOptions>("adagrad", options,
                                     {ParameterState<T>("sum", static_cast<T>(options.initial_accumulator_value))}) {
    this->check_not_negative("learning rate decay", options.learning_rate_decay);
    this->check_not_negative("initial accumulator value", options.initial_accumulator_value);
    this->check_not_negative("epsilon", options.epsilon);
  }

  /// See Optimizer.
  void step(const ModelRefOf<T>& model);

  /// All that the next step depends on besides the options and the model, as buffers: `step`, and `sum.NAME` for every
  /// parameter NAME that is trained, once the state is made.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    this->check_not_moved_from();
    visitor(name / "step", step_count_);
    Optimizer<T, AdagradOptions>::visit(visitor, name);
  }

  /// How many steps were made.
  Index step_count() const {
    this->check_not_moved_from();
    return static_cast<Index>(step_count_[0]);
  }

 private:
  Tensor<std::int64_t, 1> step_count_{Shape<1>{1}};
};

#ifndef PUPIL_COMPILED
template <class T>
void Adagrad<T>::step(const ModelRefOf<T>& model) {
  this->prepare(model);
  const AdagradOptions& options = this->options();
  const double slowed = 1 + static_cast<double>(step_count_[0]) * options.learning_rate_decay;
  const T epsilon = static_cast<T>(options.epsilon);
  this->update(model, [&](auto& p, auto& g, const auto& state, const ParameterSettings& settings) {
    const T rate = static_cast<T>(settings.learning_rate / slowed);
    if (settings.weight_decay != 0) g += static_cast<T>(settings.weight_decay) * p;
    auto s = state(0);
    s += g.square();
    p -= rate * g / (s.sqrt() + epsilon);
  });
  ++step_count_[0];  // last, as all before it may throw
}
#endif

}  // namespace pupil
