#pragma once
// Sgd: steps against the gradient, or along a running sum of gradients (momentum). PyTorch's twin is torch.optim.SGD.
//
//   g = gradient + weight_decay p        b = momentum b + g
//   p = p - learning_rate g                    without momentum
//   p = p - learning_rate b                    with momentum
//   p = p - learning_rate (g + momentum b)     with Nesterov's

#include <Eigen/Core>
#include <type_traits>

#include <pupil/core/parallel.hpp>
#include <pupil/optim/parameter_state.hpp>

namespace pupil {

struct SgdOptions {
  double learning_rate = 1e-3;
  double momentum = 0;
  double weight_decay = 0;  ///< adds weight_decay * value to every gradient
  bool nesterov = false;
};

/// Trains the parameters of one model of scalar T.
template <class T>
class Sgd {
 public:
  /// Throws OptionError for a negative learning rate, momentum or weight decay, or Nesterov's momentum of 0.
  explicit Sgd(const SgdOptions& options = {}) : options_(options) {
    set_learning_rate(options.learning_rate);
    require<OptionError>(options.momentum >= 0, "sgd: the momentum ", options.momentum, " is negative");
    require<OptionError>(options.weight_decay >= 0, "sgd: the weight decay ", options.weight_decay, " is negative");
    require<OptionError>(!options.nesterov || options.momentum > 0, "sgd: nesterov without a momentum");
  }

  /// Changes every parameter by its gradient, and sets the gradient to zero for the next backward pass. The first step
  /// with momentum makes the state; every other throws ShapeError where the model has other parameters than then.
  template <class Model>
  void step(Model& model) {
    prepare(model);
    std::size_t i = 0;
    for_each_parameter(model, [&](const Name&, auto& parameter) {
      static_assert(std::is_same_v<typename std::remove_cvref_t<decltype(parameter)>::Scalar, T>,
                    "Sgd<T> trains models of scalar T");
      T* const momentum = options_.momentum != 0 ? momenta_[i] : nullptr;
      update(parameter.value.data(), parameter.gradient.data(), momentum, parameter.value.size());
      ++i;
    });
  }

  /// Makes the state for this model, as the first step would: for loading it before that.
  template <class Model>
  void prepare(Model& model) {
    if (options_.momentum != 0) momenta_.prepare(model, "sgd");
  }

  /// All that the next step depends on besides the options and the model, as buffers: `momentum_buffer.NAME` for every
  /// parameter NAME once the state is made.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    momenta_.visit(visitor, name);
  }

  double learning_rate() const { return options_.learning_rate; }

  /// Throws OptionError for a negative rate.
  void set_learning_rate(double rate) {
    require<OptionError>(rate >= 0, "sgd: the learning rate is ", rate);
    options_.learning_rate = rate;
  }

  const SgdOptions& options() const { return options_; }

 private:
  void update(T* value, T* gradient, T* momentum, Index size) const {
    using Elements = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
    const T rate = static_cast<T>(options_.learning_rate);
    const T kept = static_cast<T>(options_.momentum);
    const T decay = static_cast<T>(options_.weight_decay);
    parallel_ranges(size, update_grain, [&](Index begin, Index end) {
      Elements p(value + begin, end - begin);
      Elements g(gradient + begin, end - begin);
      if (decay != 0) g += decay * p;
      if (momentum == nullptr) {
        p -= rate * g;
      } else {
        Elements b(momentum + begin, end - begin);
        b = kept * b + g;
        if (options_.nesterov) {
          p -= rate * (g + kept * b);
        } else {
          p -= rate * b;
        }
      }
      g.setZero();
    });
  }

  SgdOptions options_;
  ParameterState<T> momenta_{"momentum_buffer"};
};

}  // namespace pupil
