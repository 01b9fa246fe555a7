#pragma once
// gradient_check: whether a gradient that was written by hand is the derivative, for whoever writes a layer or a loss.
// PyTorch's twin is torch.autograd.gradcheck.
//
//   std::cout << gradient_check(MyLayer<double>({.features = 3}, rng), x);
//
// Each number of the input and of the parameters is moved by a small step h to both sides, in double, and
//
//   (f(x + h) - f(x - h)) / 2h   is compared with   what backward gives
//
// Of a layer, f is the sum of v * forward(x) with random numbers v, which has the gradients that backward(v) must give.
// Where f has a kink (a rectifier at 0) or a jump within the step, the two differ though the gradient is right.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/random.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

struct GradientCheckOptions {
  double step = 1e-5;       ///< h
  double tolerance = 1e-6;  ///< how large a relative error may be
  /// The error is relative to the derivative, or to this where the derivative is smaller: there differences have too
  /// few digits.
  double smallest = 1e-2;
  Index most_elements = 200;  ///< how many numbers of each tensor are compared; of larger ones, spread evenly
  std::uint64_t seed = 0;     ///< of v
};

/// One derivative: as the gradient has it, and as differences have it.
struct ComparedDerivative {
  std::string name;             ///< "input", or the name of the parameter: "weight"
  std::vector<Index> position;  ///< where in it
  double given = 0;             ///< by the gradient
  double expected = 0;          ///< by differences
  double error = 0;             ///< relative; infinity where one of them is not finite
};

/// What gradient_check returns, and what prints itself.
struct GradientCheckResult {
  /// Whether no error is above the tolerance.
  bool passed() const {
    return std::ranges::all_of(worst, [&](const ComparedDerivative& one) { return one.error <= tolerance; });
  }
  explicit operator bool() const { return passed(); }

  /// The derivative with the largest relative error. There must be one.
  const ComparedDerivative& largest_error() const {
    return *std::ranges::max_element(worst, {}, &ComparedDerivative::error);
  }

  double tolerance = 0;
  Index compared = 0;                          ///< how many derivatives were compared
  std::vector<ComparedDerivative> worst = {};  ///< of each tensor the one with the largest error
  std::vector<std::string> not_added = {};     ///< parameters whose gradient backward sets, where it must add to it
};

/// Prints the verdict, and a line for each tensor:
///
///   gradient_check: passed, 15 derivatives compared, the largest relative error is 3.1e-11
///     input[1, 2]: the gradient has 0.2537, differences give 0.2537, relative error 3.1e-11
inline std::ostream& operator<<(std::ostream& out, const GradientCheckResult& result) {
  std::ostringstream text;
  const auto short_number = [](double number) {
    std::ostringstream digits;
    digits.precision(2);
    digits << number;
    return digits.str();
  };
  text.precision(10);
  text << "gradient_check: " << (result.passed() ? "passed, " : "failed, ") << result.compared
       << " derivatives compared, the largest relative error is "
       << (result.worst.empty() ? "0" : short_number(result.largest_error().error));
  if (!result.passed()) text << ", above " << result.tolerance;
  text << '\n';
  for (const ComparedDerivative& one : result.worst) {
    text << "  " << one.name << '[' << joined(one.position) << "]: the gradient has " << one.given
         << ", differences give " << one.expected << ", relative error " << short_number(one.error) << '\n';
  }
  for (const std::string& name : result.not_added) {
    text << "  " << name << ": backward sets this gradient, it must add to what is there\n";
  }
  return out << text.str();
}

namespace detail {

/// Fresh memory of tensors is filled with NaN as long as this lives, so that nobody computes with what nobody wrote.
class PoisonedMemory {
 public:
  PoisonedMemory() { StoragePool::instance().set_poison(true); }
  ~PoisonedMemory() { StoragePool::instance().set_poison(before_); }
  PoisonedMemory(const PoisonedMemory&) = delete;
  PoisonedMemory& operator=(const PoisonedMemory&) = delete;

 private:
  bool before_ = StoragePool::instance().has_poison();
};

/// The index along each dimension of number `i` of a tensor.
inline std::vector<Index> position_of(Index i, std::span<const Index> shape) {
  std::vector<Index> position(shape.size());
  for (std::size_t d = shape.size(); d-- > 0; i /= shape[d]) position[d] = i % shape[d];
  return position;
}

inline void check(const GradientCheckOptions& options) {
  require<OptionError>(options.step > 0, "gradient_check: the step ", options.step, " is not positive");
  require<OptionError>(options.tolerance > 0, "gradient_check: the tolerance ", options.tolerance, " is not positive");
  require<OptionError>(options.smallest > 0, "gradient_check: the smallest derivative ", options.smallest,
                       " is not positive");
  require<OptionError>(options.most_elements >= 1, "gradient_check: cannot compare ", options.most_elements,
                       " elements, there must be at least 1");
}

/// Collects what is compared.
class GradientComparison {
 public:
  explicit GradientComparison(const GradientCheckOptions& options) : options_(options) {
    check(options);
    result_.tolerance = options.tolerance;
  }

  /// Compares a gradient, less the number that it began at, with the differences of `evaluate()` with respect to
  /// `values`, which are as they were afterwards.
  void add(const std::string& name, std::span<const Index> shape, std::span<double> values,
           std::span<const double> gradient, FunctionRef<double()> evaluate, double begun_at = 0) {
    require<ShapeError>(gradient.size() == values.size(), "gradient_check: the gradient of ", name, " has ",
                        gradient.size(), " numbers for ", values.size());
    const auto size = static_cast<Index>(values.size());
    const Index stride = std::max<Index>(1, size / options_.most_elements);
    ComparedDerivative worst;
    worst.error = -1;
    double worst_if_set = 0;
    for (Index i = 0; i < size; i += stride) {
      const auto place = static_cast<std::size_t>(i);
      const double expected = difference(values[place], evaluate);
      const double given = gradient[place] - begun_at;
      const double error = relative_error(given, expected);
      worst_if_set = std::max(worst_if_set, relative_error(gradient[place], expected));
      ++result_.compared;
      if (error > worst.error) {
        worst = {.name = name, .position = position_of(i, shape), .given = given, .expected = expected, .error = error};
      }
    }
    if (size == 0) return;
    const bool was_set = worst.error > options_.tolerance && worst_if_set <= options_.tolerance;
    if (was_set) result_.not_added.push_back(name);
    result_.worst.push_back(std::move(worst));
  }

  template <std::size_t Rank>
  void add(const std::string& name, Tensor<double, Rank>& values, const Tensor<double, Rank>& gradient,
           FunctionRef<double()> evaluate) {
    require<ShapeError>(gradient.shape() == values.shape(), "gradient_check: the gradient ", gradient.shape(),
                        " does not fit the ", name, ' ', values.shape());
    add(name, values.shape().dims, {values.data(), values.end()}, {gradient.data(), gradient.end()}, evaluate);
  }

  /// Compares the gradients of `subject`, which began with begin_gradients, with the differences of `evaluate()` with
  /// respect to the parameters of `probe`, which is of the same type and options. Returns how many tensors those are.
  Index add_parameters(const ModelRef& subject, const ModelRef& probe, FunctionRef<double()> evaluate) {
    std::vector<std::span<const double>> gradients;
    subject.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
      require<OptionError>(parameter.holds<double>(), "gradient_check: the parameter ", name.str(),
                           " is not of doubles; make the layer with double");
      gradients.push_back(parameter.gradient<double>());
    });
    std::size_t i = 0;
    probe.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
      add(name.str(), parameter.shape(), parameter.values<double>(), gradients.at(i++), evaluate, already_there);
    });
    return static_cast<Index>(i);
  }

  /// Sets all gradients to what add_parameters takes off, so that a backward that does not add to them is found.
  static void begin_gradients(const ModelRef& model) {
    model.for_each(ItemKind::parameter, [](const Name&, const ModelItem& parameter) {
      if (parameter.holds<double>()) std::ranges::fill(parameter.gradient<double>(), already_there);
    });
  }

  const GradientCheckResult& result() const { return result_; }

  /// The result. Throws OptionError where nothing was compared, which would show nothing.
  GradientCheckResult finished() && {
    require<OptionError>(result_.compared > 0,
                         "gradient_check: there is nothing to compare, no double in the input "
                         "and none in parameters");
    return std::move(result_);
  }

 private:
  static constexpr double already_there = 0.25;

  double difference(double& value, FunctionRef<double()> evaluate) const {
    const double saved = value;
    value = saved + options_.step;
    const double above = evaluate();
    value = saved - options_.step;
    const double below = evaluate();
    value = saved;
    return (above - below) / (2 * options_.step);
  }

  double relative_error(double given, double expected) const {
    const double error = std::abs(given - expected) / std::max(options_.smallest, std::abs(expected));
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
  }

  GradientCheckOptions options_;
  GradientCheckResult result_;
};

/// Compares dx, where x is of doubles, and the gradients of all parameters. The layer is copied for every evaluation,
/// so that generators and running statistics stay where they were.
template <class L, class T, std::size_t Rank>
void compare_layer(GradientComparison& comparison, const L& layer, Tensor<T, Rank> x, Rng& rng) {
  const PoisonedMemory poison;
  L subject = layer;
  GradientComparison::begin_gradients(subject);
  typename L::Context context;
  const auto y = subject.forward(std::as_const(x), context);
  static_assert(std::is_same_v<typename std::remove_cvref_t<decltype(y)>::Scalar, double>,
                "gradient_check: differences need double: make the layer with double");
  auto cotangent = y;
  for (double& value : cotangent) value = rng.normal<double>();

  L probe = layer;
  const auto evaluate = [&] {
    L copy = probe;
    typename L::Context unused;
    const auto output = copy.forward(std::as_const(x), unused);
    double sum = 0;
    for (Index i = 0; i < output.size(); ++i) sum += output[i] * cotangent[i];
    return sum;
  };
  const auto& dy = cotangent;
  if constexpr (std::is_same_v<T, double> && !std::is_void_v<decltype(subject.backward(dy, context))>) {
    const Tensor<double, Rank> dx = subject.backward(dy, context);
    comparison.add("input", x, dx, evaluate);
  } else {
    static_cast<void>(subject.backward(dy, context));
  }
  comparison.add_parameters(subject, probe, evaluate);
}

}  // namespace detail

/// Checks dx and the gradients of all parameters of a layer, or of a model of layers, that takes a tensor and gives one
/// of doubles; of an x that is not of doubles, such as tokens, only those of parameters. The layer is copied and stays
/// as it is. Throws OptionError for options that are not positive, where parameters are not of doubles, or where there
/// is nothing to compare; ShapeError where dx has not the shape of x; and whatever the layer throws.
template <Layer L, class T, std::size_t Rank>
GradientCheckResult gradient_check(const L& layer, const Tensor<T, Rank>& x, const GradientCheckOptions& options = {}) {
  detail::GradientComparison comparison(options);
  Rng rng(options.seed);
  detail::compare_layer(comparison, layer, x, rng);
  return std::move(comparison).finished();
}

/// Checks a loss: `loss(x)` returns a Loss, or anything else with a `value` and a `gradient`.
///
///   gradient_check([&](const auto& x) { return mean_squared_error(x, targets); }, predictions)
template <class LossFunction, std::size_t Rank>
requires requires(const LossFunction& loss, const Tensor<double, Rank>& x) {
  loss(x).value;
  loss(x).gradient;
}
GradientCheckResult gradient_check(const LossFunction& loss, Tensor<double, Rank> x,
                                   const GradientCheckOptions& options = {}) {
  detail::GradientComparison comparison(options);
  const detail::PoisonedMemory poison;
  const Tensor<double, Rank> gradient = loss(std::as_const(x)).gradient;
  comparison.add("input", x, gradient, [&] { return static_cast<double>(loss(std::as_const(x)).value); });
  return std::move(comparison).finished();
}

/// Checks a gradient of any function of one tensor: `function(x)` returns a number, and `gradient` is what its
/// derivatives at x should be.
template <class Function, std::size_t Rank>
requires std::is_invocable_r_v < double, const Function&, const Tensor<double, Rank>
& > GradientCheckResult gradient_check(const Function& function, Tensor<double, Rank> x,
                                       const Tensor<double, Rank>& gradient, const GradientCheckOptions& options = {}) {
  detail::GradientComparison comparison(options);
  comparison.add("input", x, gradient, [&] { return static_cast<double>(function(std::as_const(x))); });
  return std::move(comparison).finished();
}

/// Checks the gradients of all parameters of any model, whatever it takes and gives: `accumulate(model)` computes the
/// model's loss and adds to the gradients, and `value(model)` returns the same loss. Both get copies.
template <class Model, class Accumulate, class Value>
requires std::is_invocable_v<const Accumulate&, Model&> && std::is_invocable_r_v<double, const Value&, Model&>
    GradientCheckResult gradient_check(const Model& model, const Accumulate& accumulate, const Value& value,
                                       const GradientCheckOptions& options = {}) {
  detail::GradientComparison comparison(options);
  const detail::PoisonedMemory poison;
  Model subject = model;
  detail::GradientComparison::begin_gradients(subject);
  accumulate(subject);
  Model probe = model;
  comparison.add_parameters(subject, probe, [&] {
    Model copy = probe;  // running statistics and generators stay where they were
    return static_cast<double>(value(copy));
  });
  return std::move(comparison).finished();
}

}  // namespace pupil
