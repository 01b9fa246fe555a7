#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/adam.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"
#include "golden_optimizer.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("adam goes where PyTorch's goes") {
  // values from PyTorch
  CHECK(relative_difference(three_known_steps(Adam<double>({.learning_rate = 0.01})),
                            Tensor<double, 1>({3}, {0.970768170, -1.970000001, 0.473472428})) < 1e-9);
  const AdamOptions all{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.1};
  CHECK(relative_difference(three_known_steps(Adam<double>(all)),
                            Tensor<double, 1>({3}, {0.970124457, -1.970063075, 0.473852666})) < 1e-9);
}

TEST_CASE("adam does what PyTorch's does, with all options and for a group of parameters") {
  check_golden_optimizer<Adam<double>>("adam", AdamOptions{.learning_rate = 0.01});
  check_golden_optimizer<Adam<double>>(
      "adam_decay",
      AdamOptions{.learning_rate = 0.02, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.2});
}

TEST_CASE("ten steps of adam are ten rounds of its formula, element by element") {
  Rng rng(1);
  const AdamOptions options{.learning_rate = 0.02, .weight_decay = 0.01};
  TwoParameters<double> model({70, 101}, 13, rng);  // more than one range of elements
  const auto start = model;
  Adam<double> adam(options);
  std::vector<TwoParameters<double>> history;
  for (int step = 0; step < 10; ++step) {
    model.set_gradients(rng);
    history.push_back(model);
    adam.step(model);
  }
  const auto expected = [&](double p, const auto& gradient_at) {
    double m = 0;
    double v = 0;
    for (int t = 1; t <= 10; ++t) {
      const double g = gradient_at(history[static_cast<std::size_t>(t - 1)]) + options.weight_decay * p;
      m = options.beta1 * m + (1 - options.beta1) * g;
      v = options.beta2 * v + (1 - options.beta2) * g * g;
      const double m_corrected = m / (1 - std::pow(options.beta1, t));
      const double v_corrected = v / (1 - std::pow(options.beta2, t));
      p -= options.learning_rate * m_corrected / (std::sqrt(v_corrected) + options.epsilon);
    }
    return p;
  };
  double difference = 0;
  for (Index i = 0; i < start.weight.value.size(); ++i) {
    const double p = expected(start.weight.value[i], [&](const auto& then) { return then.weight.gradient[i]; });
    difference = std::max(difference, std::abs(model.weight.value[i] - p));
  }
  for (Index i = 0; i < start.bias.value.size(); ++i) {
    const double p = expected(start.bias.value[i], [&](const auto& then) { return then.bias.gradient[i]; });
    difference = std::max(difference, std::abs(model.bias.value[i] - p));
  }
  CHECK(difference < 1e-12);
  CHECK(adam.step_count() == 10);
}

TEST_CASE("a step of adam leaves gradients of zero") {
  Rng rng(2);
  TwoParameters<float> model({90, 90}, 3, rng);
  Adam<float>().step(model);
  CHECK(model.weight.gradient == Tensor<float, 2>({90, 90}));
  CHECK(model.bias.gradient == Tensor<float, 1>({3}));
}

TEST_CASE("adam's learning rate can change between steps") {
  Adam<double> adam({.learning_rate = 0.5});
  TwoParameters<double> model({0, 0}, 1);
  model.bias.gradient.fill(3);
  adam.step(model);
  CHECK(model.bias.value[0] == doctest::Approx(-0.5));  // the first step is as long as the learning rate
  adam.set_learning_rate(0);
  CHECK(adam.learning_rate() == 0);
  model.bias.gradient.fill(3);
  adam.step(model);
  CHECK(model.bias.value[0] == doctest::Approx(-0.5));
}

TEST_CASE("adam with its state from another adam goes on as that one would") {
  Rng rng(3);
  TwoParameters<float> model({5, 7}, 4, rng);
  Adam<float> first;
  first.step(model);

  auto copy = model;
  Adam<float> second;
  second.prepare(copy);
  std::vector<std::string> names;
  first.visit([&](const Name& name, auto& saved) {
    names.push_back(name.str());
    second.visit([&](const Name& other, auto& restored) {
      if constexpr (std::is_same_v<decltype(saved), decltype(restored)>) {
        if (other.str() == name.str()) restored = saved;
      }
    });
  });
  CHECK(names ==
        std::vector<std::string>{"step", "exp_avg.weight", "exp_avg.bias", "exp_avg_sq.weight", "exp_avg_sq.bias"});

  model.set_gradients(rng);
  copy.weight.gradient = model.weight.gradient;
  copy.bias.gradient = model.bias.gradient;
  first.step(model);
  second.step(copy);
  CHECK(copy.weight.value == model.weight.value);
  CHECK(copy.bias.value == model.bias.value);
  CHECK(second.step_count() == 2);
}

TEST_CASE("adam presents its state as buffers, not as parameters") {
  Rng rng(4);
  TwoParameters<float> model({2, 2}, 1, rng);
  Adam<float> adam;
  adam.prepare(model);
  Index buffers = 0;
  for_each_buffer(adam, [&](const Name&, auto&) { ++buffers; });
  CHECK(buffers == 5);
  CHECK(count_parameters(adam) == 0);
}

TEST_CASE("adam takes no memory after its first step") {
  Rng rng(5);
  TwoParameters<float> model({300, 200}, 40, rng);
  Adam<float> adam;
  adam.step(model);
  const auto before = StoragePool::instance().statistics();
  for (int step = 0; step < 5; ++step) adam.step(model);
  const auto after = StoragePool::instance().statistics();
  CHECK(after.system_allocations == before.system_allocations);
  CHECK(after.bytes_in_use == before.bytes_in_use);
}

TEST_CASE("adam gives the same bits for any number of threads") {
  Rng rng(6);
  const TwoParameters<float> start({211, 101}, 40, rng);
  check_thread_counts([&] {
    auto model = start;
    Adam<float> adam({.learning_rate = 0.1, .weight_decay = 0.1});
    for (int step = 0; step < 3; ++step) {
      model.weight.gradient = start.weight.gradient;
      adam.step(model);
    }
    return model.weight.value;
  });
}

TEST_CASE("adam names what does not fit, and then changes nothing") {
  CHECK_THROWS_WITH_AS(Adam<float>({.learning_rate = -1}), "adam: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(Adam<float>({.beta2 = 1}), "adam: the betas 0.9 and 1 are not in [0, 1)", OptionError);
  CHECK_THROWS_WITH_AS(Adam<float>({.epsilon = -1}), "adam: the epsilon -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Adam<float>({.weight_decay = -1}), "adam: the weight decay -1 is negative", OptionError);

  Rng rng(7);
  TwoParameters<float> model({2, 3}, 4, rng);
  Adam<float> adam;
  adam.step(model);
  TwoParameters<float> other({2, 3}, 5, rng);
  const auto untouched = other;
  CHECK_THROWS_WITH_AS(adam.step(other),
                       "adam: parameter bias has the shape [5], the state was made for bias [4] in its place",
                       ShapeError);
  CHECK(other.weight.value == untouched.weight.value);
  CHECK(adam.step_count() == 1);
}
