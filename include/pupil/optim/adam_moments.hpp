#pragma once
// What Adam and AdamW share: all but where the weight decay goes.
//
//   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
//   p = p - learning_rate m' / (sqrt(v') + epsilon),   m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t) at step t

#include <cmath>
#include <cstdint>
#include <string_view>

#include <pupil/optim/optimizer.hpp>

namespace pupil {

/// Divides a running mean of the gradient by the root of a running mean of its square.
template <class T, class Options>
class AdamMoments : public Optimizer<T, Options> {
 public:
  /// All that the next step depends on besides the options and the model, as buffers: `step`, and `exp_avg.NAME` and
  /// `exp_avg_sq.NAME` for every parameter NAME that is trained, once the state is made.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    this->check_not_moved_from();
    visitor(name / "step", step_count_);
    Optimizer<T, Options>::visit(visitor, name);
  }

  /// How many steps were made.
  Index step_count() const {
    this->check_not_moved_from();
    return static_cast<Index>(step_count_[0]);
  }

 protected:
  /// Throws OptionError for a negative learning rate, epsilon or weight decay, or a beta outside [0, 1).
  AdamMoments(std::string_view name, const Options& options)
      : Optimizer<T, Options>(name, options, {ParameterState<T>("exp_avg"), ParameterState<T>("exp_avg_sq")}) {
    require<OptionError>(options.beta1 >= 0 && options.beta1 < 1 && options.beta2 >= 0 && options.beta2 < 1, name,
                         ": the betas ", options.beta1, " and ", options.beta2, " are not in [0, 1)");
    this->check_not_negative("epsilon", options.epsilon);
  }

  /// A step; `decay(p, g, settings)` comes first for every range of elements. Its arguments are those of
  /// Optimizer::update.
  template <class Decay>
  void step_after(const ModelRefOf<T>& model, const Decay& decay) {
    this->prepare(model);
    const Options& options = this->options();
    const auto t = static_cast<double>(step_count_[0] + 1);
    const double correction1 = 1 - std::pow(options.beta1, t);
    const double correction2 = 1 - std::pow(options.beta2, t);
    const T to_mean = static_cast<T>(1 - options.beta1);
    const T to_square = static_cast<T>(1 - options.beta2);
    const T root = static_cast<T>(1 / std::sqrt(correction2));
    const T epsilon = static_cast<T>(options.epsilon);
    this->update(model, [&](auto& p, auto& g, const auto& state, const ParameterSettings& settings) {
      decay(p, g, settings);
      auto m = state(0);
      auto v = state(1);
      const T rate = static_cast<T>(settings.learning_rate / correction1);
      m += to_mean * (g - m);
      v += to_square * (g.square() - v);
      p -= rate * m / (root * v.sqrt() + epsilon);
    });
    ++step_count_[0];  // last, as all before it may throw
  }

 private:
  Tensor<std::int64_t, 1> step_count_{Shape<1>{1}};
};

}  // namespace pupil
