#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/optim/clip_gradients.hpp>

#include "../support/thread_counts.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Gradients (3, -4) and (12): a vector of length 13.
TwoParameters<double> model_of_norm_13() {
  TwoParameters<double> model({1, 2}, 1);
  model.weight.gradient = Tensor<double, 2>({1, 2}, {3, -4});
  model.bias.gradient.fill(12);
  return model;
}

}  // namespace

TEST_CASE("gradients that are too long are shortened to the largest norm") {
  auto model = model_of_norm_13();
  CHECK(clip_gradient_norm(model, 2.6) == 13);
  CHECK(model.weight.gradient[0] == doctest::Approx(0.599999954).epsilon(1e-9));  // values from PyTorch
  CHECK(model.weight.gradient[1] == doctest::Approx(-0.799999938).epsilon(1e-9));
  CHECK(model.bias.gradient[0] == doctest::Approx(2.399999815).epsilon(1e-9));
}

TEST_CASE("gradients that are short enough stay as they are") {
  auto model = model_of_norm_13();
  CHECK(clip_gradient_norm(model, 13.1) == 13);
  CHECK(model.weight.gradient == Tensor<double, 2>({1, 2}, {3, -4}));
  CHECK(model.bias.gradient[0] == 12);
}

TEST_CASE("gradients whose norm is not finite stay as they are") {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    auto model = model_of_norm_13();
    model.bias.gradient.fill(bad);
    CHECK_FALSE(std::isfinite(clip_gradient_norm(model, 1)));
    CHECK(model.weight.gradient == Tensor<double, 2>({1, 2}, {3, -4}));
  }
}

TEST_CASE("float gradients are squared in double") {
  TwoParameters<float> model({100, 1000}, 7);
  model.weight.gradient.fill(3e30F);
  model.bias.gradient.fill(0.5F);
  CHECK(gradient_norm(model) == doctest::Approx(static_cast<double>(3e30F) * std::sqrt(1e5)).epsilon(1e-12));
}

TEST_CASE("the norm counts every element once, however many there are") {
  for (const Index size : {0, 1, 15, 16, 17, 32767, 32768, 70000}) {
    CAPTURE(size);
    TwoParameters<float> model({0, 0}, size);
    double expected = 0;
    for (Index i = 0; i < size; ++i) {
      model.bias.gradient[i] = static_cast<float>(i % 97);
      expected += static_cast<double>((i % 97) * (i % 97));
    }
    CHECK(gradient_norm(model) == std::sqrt(expected));
  }
}

TEST_CASE("clipping gives the same bits for any number of threads, and takes no memory the second time") {
  Rng rng(1);
  const TwoParameters<float> start({300, 333}, 40, rng);
  check_thread_counts([&] {
    auto model = start;
    const double norm = clip_gradient_norm(model, 1);
    return std::pair(norm, model.weight.gradient);
  });
  auto model = start;
  clip_gradient_norm(model, 1);
  const auto before = StoragePool::instance().statistics().system_allocations;
  clip_gradient_norm(model, 0.5);
  CHECK(StoragePool::instance().statistics().system_allocations == before);
}

TEST_CASE("clipping to a norm that is not positive is refused") {
  auto model = model_of_norm_13();
  CHECK_THROWS_WITH_AS(clip_gradient_norm(model, 0), "clip_gradient_norm: the largest norm is 0", OptionError);
}

TEST_CASE("clipping by value brings every element into the interval, as PyTorch's does") {
  TwoParameters<double> model({1, 2}, 3);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  model.weight.gradient = Tensor<double, 2>({1, 2}, {3, -4});
  model.bias.gradient = Tensor<double, 1>({3}, {0.5, -infinity, 2});
  clip_gradient_value(model, 2);
  CHECK(model.weight.gradient == Tensor<double, 2>({1, 2}, {2, -2}));
  CHECK(model.bias.gradient == Tensor<double, 1>({3}, {0.5, -2, 2}));
}

TEST_CASE("clipping by value lets a NaN stay, to be seen") {
  TwoParameters<float> model({0, 0}, 33);
  model.bias.gradient.fill(std::numeric_limits<float>::quiet_NaN());
  clip_gradient_value(model, 1);
  for (const float element : model.bias.gradient) CHECK(std::isnan(element));
}

TEST_CASE("clipping to a value that is not positive is refused") {
  auto model = model_of_norm_13();
  CHECK_THROWS_WITH_AS(clip_gradient_value(model, 0), "clip_gradient_value: the largest value is 0", OptionError);
}
