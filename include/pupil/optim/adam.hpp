#pragma once
// Adam: steps along a running mean of the gradient, each element's divided by the root of a running mean of its square.
// Kingma and Ba, "Adam: a method for stochastic optimization", 2015. PyTorch's twin is torch.optim.Adam.
//
//   g = gradient + weight_decay p
//   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
//   p = p - learning_rate m' / (sqrt(v') + epsilon),   m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t) at step t

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/optim/parameter_state.hpp>

namespace pupil {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay * value to every gradient
};

/// Trains the parameters of one model of scalar T.
template <class T>
class Adam {
 public:
  /// Throws OptionError for a negative learning rate, epsilon or weight decay, or a beta outside [0, 1).
  explicit Adam(const AdamOptions& options = {}) : options_(options) {
    set_learning_rate(options.learning_rate);
    require<OptionError>(options.beta1 >= 0 && options.beta1 < 1 && options.beta2 >= 0 && options.beta2 < 1,
                         "adam: the betas ", options.beta1, " and ", options.beta2, " are not in [0, 1)");
    require<OptionError>(options.epsilon >= 0, "adam: the epsilon ", options.epsilon, " is negative");
    require<OptionError>(options.weight_decay >= 0, "adam: the weight decay ", options.weight_decay, " is negative");
  }

  /// Changes every parameter by its gradient, and sets the gradient to zero for the next backward pass. The first step
  /// makes the state; every other throws ShapeError where the model has other parameters than then.
  template <class Model>
  void step(Model& model) {
    prepare(model);
    const auto t = static_cast<double>(++step_count_[0]);
    const double correction1 = 1 - std::pow(options_.beta1, t);
    const double correction2 = 1 - std::pow(options_.beta2, t);
    const Scales scales{.mean = static_cast<T>(1 - options_.beta1),
                        .square = static_cast<T>(1 - options_.beta2),
                        .rate = static_cast<T>(options_.learning_rate / correction1),
                        .root = static_cast<T>(1 / std::sqrt(correction2)),
                        .epsilon = static_cast<T>(options_.epsilon),
                        .decay = static_cast<T>(options_.weight_decay)};
    std::size_t i = 0;
    for_each_parameter(model, [&](const Name&, auto& parameter) {
      static_assert(std::is_same_v<typename std::remove_cvref_t<decltype(parameter)>::Scalar, T>,
                    "Adam<T> trains models of scalar T");
      update(parameter.value.data(), parameter.gradient.data(), means_[i], squares_[i], parameter.value.size(), scales);
      ++i;
    });
  }

  /// Makes the state for this model, as the first step would: for loading it before that.
  template <class Model>
  void prepare(Model& model) {
    means_.prepare(model, "adam");
    squares_.prepare(model, "adam");
  }

  /// All that the next step depends on besides the options and the model, as buffers: `step`, and `exp_avg.NAME` and
  /// `exp_avg_sq.NAME` for every parameter NAME once the state is made.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "step", step_count_);
    means_.visit(visitor, name);
    squares_.visit(visitor, name);
  }

  double learning_rate() const { return options_.learning_rate; }

  /// Throws OptionError for a negative rate.
  void set_learning_rate(double rate) {
    require<OptionError>(rate >= 0, "adam: the learning rate is ", rate);
    options_.learning_rate = rate;
  }

  /// How many steps were made.
  Index step_count() const { return static_cast<Index>(step_count_[0]); }

  const AdamOptions& options() const { return options_; }

 private:
  struct Scales {
    T mean, square, rate, root, epsilon, decay;
  };

  static void update(T* value, T* gradient, T* mean, T* square, Index size, const Scales& scales) {
    using Elements = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
    parallel_ranges(size, update_grain, [&](Index begin, Index end) {
      Elements p(value + begin, end - begin);
      Elements g(gradient + begin, end - begin);
      Elements m(mean + begin, end - begin);
      Elements v(square + begin, end - begin);
      if (scales.decay != 0) g += scales.decay * p;
      m += scales.mean * (g - m);
      v += scales.square * (g.square() - v);
      p -= scales.rate * m / (scales.root * v.sqrt() + scales.epsilon);
      g.setZero();
    });
  }

  AdamOptions options_;
  Tensor<std::int64_t, 1> step_count_{Shape<1>{1}};
  ParameterState<T> means_{"exp_avg"};
  ParameterState<T> squares_{"exp_avg_sq"};
};

}  // namespace pupil
