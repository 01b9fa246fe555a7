// own_layer: a layer and a loss that the library does not have, their gradients checked, and a regression with them.

#include <cmath>
#include <iostream>

#include <pupil/pupil.hpp>

using namespace pupil;

namespace {

/// y = x sigmoid(b x), with a number b for each feature that is learned. Ramachandran, Zoph and Le, "Searching for
/// activation functions", 2017, call it Swish. With s = sigmoid(b x),
///
///   dx = dy (s + b x s (1 - s))        db += sum over rows of dy x^2 s (1 - s)
template <class T>
class Swish {
 public:
  /// What backward needs of one forward.
  struct Context {
    Tensor<T, 2> input;
    UnreadForward unread{};
  };

  explicit Swish(Index features) : slope_(Tensor<T, 1>::full({features}, T{1})) {}

  /// Inference: x [rows, features] gives as much.
  Tensor<T, 2> forward(Tensor<T, 2> x) const {
    require<ShapeError>(x.columns() == slope_.value.size(), "swish: input has ", x.columns(),
                        " features, the layer was made for ", slope_.value.size(), " (input ", x.shape(), ")");
    for (Index i = 0; i < x.size(); ++i) x[i] *= gate(x[i], i % x.columns());
    return x;
  }

  /// Training.
  Tensor<T, 2> forward(const Tensor<T, 2>& x, Context& context) const {
    auto y = forward(x);
    context.unread.begin("swish");
    context.input = x;
    return y;
  }

  /// dx from dy; adds to the gradient of b.
  Tensor<T, 2> backward(Tensor<T, 2> dy, const Context& context) {
    const Tensor<T, 2>& x = context.input;
    require<ShapeError>(dy.shape() == x.shape(), "swish: the gradient ", dy.shape(), " does not fit the output ",
                        x.shape());
    context.unread.end();
    for (Index i = 0; i < dy.size(); ++i) {
      const Index feature = i % dy.columns();
      const T s = gate(x[i], feature), slope_of_s = s * (1 - s);
      slope_.gradient[feature] += dy[i] * x[i] * x[i] * slope_of_s;
      dy[i] *= s + slope_.value[feature] * x[i] * slope_of_s;
    }
    return dy;
  }

  /// Hands out the parameters by their names: to optimizers, files and checks.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "slope", slope_);
  }

 private:
  T gate(T x, Index feature) const { return 1 / (1 + std::exp(-slope_.value[feature] * x)); }

  Parameter<T, 1> slope_;
};

/// The mean of ln cosh(prediction - target), a square near 0 and a magnitude far from it; its slope is tanh.
template <class T>
Loss<T, 2> log_cosh(const Tensor<T, 2>& predictions, const Tensor<T, 2>& targets) {
  const auto count = static_cast<T>(predictions.size());
  Loss<T, 2> loss{0, Tensor<T, 2>(predictions.shape()), predictions.size()};
  for (Index i = 0; i < predictions.size(); ++i) {
    const T error = predictions[i] - targets[i];
    loss.value += std::log(std::cosh(error)) / count;
    loss.gradient[i] = std::tanh(error) / count;
  }
  return loss;
}

}  // namespace

int main() {
  // In double, as differences need it.
  const Tensor<double, 2> some_rows({2, 3}, {0.5, -1, 2, -0.25, 3, 0});
  const auto layer_check = gradient_check(Swish<double>(3), some_rows);
  const auto loss_check = gradient_check([&](const auto& x) { return log_cosh(x, 0.5 * some_rows); }, some_rows);
  std::cout << layer_check << loss_check;

  // A curve to learn: y = sin(3 x) from -1 to 1.
  Rng rng(1);
  const auto x = random_uniform<float>(Shape{200, 1}, rng, -1, 1);
  const Tensor<float, 2> y = (3 * x.matrix().array()).sin().matrix();

  Sequential net{Dense<float>({.in_features = 1, .out_features = 16}, rng), Swish<float>(16),
                 Dense<float>({.in_features = 16, .out_features = 1}, rng)};
  Adam<float> adam({.learning_rate = 0.02});
  for (int step = 0; step < 1000; ++step) {
    decltype(net)::Context context;
    const auto loss = log_cosh(net.forward(x, context), y);
    net.backward_parameters(loss.gradient, context);
    adam.step(net);
  }
  std::cout << "loss " << log_cosh(net.forward(x), y).value << '\n';
  return layer_check && loss_check ? 0 : 1;
}
