#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/gradient_check.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/sequential.hpp>

#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

enum class Fault { none, factor, sets, not_finite, shape, uninitialized };

/// y = w x, number by number, with a backward that may be wrong.
template <class T>
class FaultyScale {
 public:
  struct Context {
    Tensor<T, 2> input;
  };

  explicit FaultyScale(Fault fault, Index features = 3)
      : fault_(fault), weight_(Tensor<T, 1>::full({features}, T{2})) {}

  Tensor<T, 2> forward(const Tensor<T, 2>& x) const {
    auto y = fault_ == Fault::uninitialized ? Tensor<T, 2>::uninitialized(x.shape()) : x;
    if (fault_ == Fault::uninitialized) return y;
    for (Index i = 0; i < y.size(); ++i) y[i] *= weight_.value[i % y.columns()];
    return y;
  }
  Tensor<T, 2> forward(const Tensor<T, 2>& x, Context& context) {
    context.input = x;
    return forward(x);
  }
  Tensor<T, 2> backward(const Tensor<T, 2>& dy, const Context& context) {
    if (fault_ == Fault::sets) weight_.gradient.fill(0);
    auto dx = dy;
    for (Index i = 0; i < dy.size(); ++i) {
      dx[i] *= weight_.value[i % dy.columns()];
      weight_.gradient[i % dy.columns()] += dy[i] * context.input[i];
    }
    if (fault_ == Fault::factor) dx[4] *= 1.5;
    if (fault_ == Fault::not_finite) dx[1] = std::numeric_limits<T>::quiet_NaN();
    if (fault_ == Fault::shape) return Tensor<T, 2>({1, dx.size()});
    return dx;
  }
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", weight_);
  }

 private:
  Fault fault_;
  Parameter<T, 1> weight_;
};

const Tensor<double, 2>& some_rows() {
  static const Tensor<double, 2> rows({2, 3}, {1, 2, 3, -4, 5, 6});
  return rows;
}

}  // namespace

TEST_CASE("gradient check passes a layer that is right, and leaves it as it is") {
  Rng rng(1);
  Dense<double> dense({.in_features = 3, .out_features = 4}, rng);
  const auto result = gradient_check(dense, some_rows());
  CHECK(result.passed());
  CHECK(static_cast<bool>(result));
  CHECK(result.compared == 6 + 12 + 4);
  REQUIRE(result.worst.size() == 3);
  CHECK(result.worst[0].name == "input");
  CHECK(result.worst[1].name == "weight");
  CHECK(result.worst[2].name == "bias");
  CHECK(result.largest_error().error < 1e-7);
  for_each_parameter(dense, [](const Name&, auto& p) {
    for (const double value : p.gradient) CHECK(value == 0);
  });
}

TEST_CASE("gradient check names the derivative that is wrong") {
  const auto result = gradient_check(FaultyScale<double>(Fault::factor), some_rows());
  CHECK_FALSE(result.passed());
  const ComparedDerivative& wrong = result.largest_error();
  CHECK(wrong.name == "input");
  CHECK(wrong.position == std::vector<Index>{1, 1});
  CHECK(wrong.given == doctest::Approx(1.5 * wrong.expected));
  CHECK(wrong.error == doctest::Approx(std::abs(0.5 * wrong.expected) / std::max(1e-2, std::abs(wrong.expected))));
  CHECK(result.not_added.empty());
  CHECK(gradient_check(FaultyScale<double>(Fault::factor), some_rows(), {.tolerance = 0.51}).passed());
}

TEST_CASE("gradient check finds a backward that sets gradients where it must add to them") {
  const auto result = gradient_check(FaultyScale<double>(Fault::sets), some_rows());
  CHECK_FALSE(result.passed());
  CHECK(result.not_added == std::vector<std::string>{"weight"});
  CHECK(message(result).find("\n  weight: backward sets this gradient, it must add to what is there\n") !=
        std::string::npos);
}

TEST_CASE("gradient check fails where a number is not finite, or was never written") {
  CHECK(gradient_check(FaultyScale<double>(Fault::not_finite), some_rows()).largest_error().error ==
        std::numeric_limits<double>::infinity());
  const auto result = gradient_check(FaultyScale<double>(Fault::uninitialized), some_rows());
  CHECK_FALSE(result.passed());
  CHECK_FALSE(std::isfinite(result.worst.front().expected));
  CHECK_FALSE(StoragePool::instance().has_poison());
}

TEST_CASE("gradient check names a gradient that does not fit its input") {
  CHECK_THROWS_WITH_AS(gradient_check(FaultyScale<double>(Fault::shape), some_rows()),
                       "gradient_check: the gradient [1, 6] does not fit the input [2, 3]", ShapeError);
}

TEST_CASE("gradient check takes the same numbers of a layer that draws some") {
  Rng rng(2);
  const auto x = random_tensor<double>(Shape{4, 5}, rng);
  CHECK(gradient_check(Dropout<double>({.probability = 0.5}, rng), x).passed());
}

TEST_CASE("gradient check compares only parameters where the input is of whole numbers") {
  Rng rng(3);
  const Embedding<double> embedding({.num_embeddings = 5, .embedding_dim = 2}, rng);
  const auto result = gradient_check(embedding, Tensor<std::int32_t, 1>({3}, {0, 4, 0}));
  CHECK(result.passed());
  CHECK(result.compared == 10);
}

TEST_CASE("gradient check compares as many numbers of a tensor as it is told to") {
  Rng rng(4);
  const auto x = random_tensor<double>(Shape{10, 10}, rng);
  CHECK(gradient_check(Tanh<double>(), x, {.most_elements = 10}).compared == 10);
  CHECK(gradient_check(Tanh<double>(), x).compared == 100);
}

TEST_CASE("gradient check checks losses") {
  const Tensor<double, 2> targets({2, 3}, {1, 0, 1, 0, 1, 0});
  CHECK(gradient_check([&](const auto& x) { return mean_squared_error(x, targets); }, some_rows()).passed());
  const auto result = gradient_check(
      [&](const auto& x) {
        auto loss = mean_squared_error(x, targets);
        loss.gradient[5] += 1e-4;
        return loss;
      },
      some_rows());
  CHECK_FALSE(result.passed());
  CHECK(result.largest_error().position == std::vector<Index>{1, 2});
}

TEST_CASE("gradient check checks any function of a tensor") {
  const auto sum_of_cubes = [](const Tensor<double, 2>& x) { return x.array().cube().sum(); };
  Tensor<double, 2> gradient = some_rows();
  gradient.array() = 3 * some_rows().array().square();
  CHECK(gradient_check(sum_of_cubes, some_rows(), gradient).passed());
  gradient[0] += 1e-3;
  CHECK(gradient_check(sum_of_cubes, some_rows(), gradient).largest_error().position == std::vector<Index>{0, 0});
}

TEST_CASE("gradient check checks the parameters of any model by its loss") {
  Rng rng(5);
  using Net = Sequential<Dense<double>, Tanh<double>>;
  const Net net(Dense<double>({.in_features = 3, .out_features = 2}, rng), Tanh<double>());
  const Tensor<double, 2> targets({2, 2}, {1, 0, 1, 0});
  const auto value = [&](Net& model) { return mean_squared_error(model.forward(some_rows()), targets).value; };
  const auto accumulate = [&](Net& model, double factor) {
    Net::Context context;
    auto loss = mean_squared_error(model.forward(some_rows(), context), targets);
    loss.gradient.array() *= factor;
    model.backward(loss.gradient, context);
  };
  const auto result = gradient_check(
      net, [&](Net& model) { accumulate(model, 1); }, value);
  CHECK(result.passed());
  CHECK(result.worst[0].name == "0.weight");
  CHECK_FALSE(gradient_check(
                  net, [&](Net& model) { accumulate(model, 2); }, value)
                  .passed());
}

TEST_CASE("gradient check compares small derivatives with the smallest that it is told") {
  const auto tiny = [](const Tensor<double, 1>& x) { return 1e-4 * x[0]; };
  const Tensor<double, 1> x({1}, {1});
  const Tensor<double, 1> wrong({1}, {1.01e-4});
  CHECK_FALSE(gradient_check(tiny, x, wrong).passed());
  CHECK(gradient_check(tiny, x, wrong, {.smallest = 10}).passed());
}

TEST_CASE("what gradient check returns prints itself") {
  GradientCheckResult result{.tolerance = 1e-6, .compared = 6};
  result.worst = {{.name = "input", .position = {1, 2}, .given = 0.5, .expected = 0.25, .error = 1},
                  {.name = "0.weight", .position = {3}, .given = 2, .expected = 2, .error = 1.5e-10}};
  CHECK(message(result) ==
        "gradient_check: failed, 6 derivatives compared, the largest relative error is 1, above 1e-06\n"
        "  input[1, 2]: the gradient has 0.5, differences give 0.25, relative error 1\n"
        "  0.weight[3]: the gradient has 2, differences give 2, relative error 1.5e-10\n");
  result.worst.erase(result.worst.begin());
  CHECK(message(result) ==
        "gradient_check: passed, 6 derivatives compared, the largest relative error is 1.5e-10\n"
        "  0.weight[3]: the gradient has 2, differences give 2, relative error 1.5e-10\n");
}

TEST_CASE("gradient check names options that are of no use, and layers that it cannot check") {
  const Tanh<double> tanh;
  CHECK_THROWS_WITH_AS(gradient_check(tanh, some_rows(), {.step = 0}), "gradient_check: the step 0 is not positive",
                       OptionError);
  CHECK_THROWS_WITH_AS(gradient_check(tanh, some_rows(), {.tolerance = -1}),
                       "gradient_check: the tolerance -1 is not positive", OptionError);
  CHECK_THROWS_WITH_AS(gradient_check(tanh, some_rows(), {.smallest = 0}),
                       "gradient_check: the smallest derivative 0 is not positive", OptionError);
  CHECK_THROWS_WITH_AS(gradient_check(tanh, some_rows(), {.most_elements = 0}),
                       "gradient_check: cannot compare 0 elements, there must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(gradient_check(tanh, Tensor<double, 2>()),
                       "gradient_check: there is nothing to compare, no double in the input and none in parameters",
                       OptionError);
  const auto nothing = [](FaultyScale<float>&) { return 0; };
  CHECK_THROWS_WITH_AS(gradient_check(FaultyScale<float>(Fault::none), nothing, nothing),
                       "gradient_check: the parameter weight is not of doubles; make the layer with double",
                       OptionError);
}
