#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/sgd.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"
#include "golden_optimizer.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("sgd goes where PyTorch's goes") {
  // values from PyTorch
  CHECK(relative_difference(three_known_steps(Sgd<double>({.learning_rate = 0.1, .weight_decay = 0.1})),
                            Tensor<double, 1>({3}, {0.910698, -1.851495, 0.1901295})) < 1e-12);
  CHECK(relative_difference(three_known_steps(Sgd<double>({.learning_rate = 0.1, .momentum = 0.9})),
                            Tensor<double, 1>({3}, {0.9049, -1.8317, -0.232})) < 1e-12);
  const SgdOptions all{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true};
  CHECK(relative_difference(three_known_steps(Sgd<double>(all)),
                            Tensor<double, 1>({3}, {0.777048882, -1.604469705, -0.474284209})) < 1e-9);
}

TEST_CASE("sgd does what PyTorch's does, with all options and for a group of parameters") {
  SgdOptions options{.learning_rate = 0.1};
  check_golden_optimizer<Sgd<double>>("sgd", options);
  options.weight_decay = 0.2;
  check_golden_optimizer<Sgd<double>>("sgd_decay", options);
  options.momentum = 0.9;
  check_golden_optimizer<Sgd<double>>("sgd_momentum", options);
  options.nesterov = true;
  check_golden_optimizer<Sgd<double>>("sgd_nesterov", options);
}

TEST_CASE("a step of sgd subtracts the gradient times the learning rate and leaves gradients of zero") {
  Rng rng(1);
  TwoParameters<float> model({100, 100}, 3, rng);
  const auto before = model;
  Sgd<float>({.learning_rate = 0.25}).step(model);
  auto expected = before.weight.value;
  for (Index i = 0; i < expected.size(); ++i) expected[i] -= 0.25F * before.weight.gradient[i];
  CHECK(relative_difference(model.weight.value, expected) < 1e-7);
  CHECK(model.weight.gradient == Tensor<float, 2>({100, 100}));
  CHECK(model.bias.gradient == Tensor<float, 1>({3}));
}

TEST_CASE("sgd keeps a state only for momentum, and takes no memory after its first step") {
  Rng rng(2);
  TwoParameters<float> model({30, 200}, 4, rng);
  const auto names_of = [](Sgd<float>& sgd) {
    std::vector<std::string> names;
    for_each_buffer(sgd, [&](const Name& name, auto&) { names.push_back(name.str()); });
    return names;
  };
  Sgd<float> plain;
  plain.step(model);
  CHECK(names_of(plain).empty());
  Sgd<float> heavy({.momentum = 0.5});
  heavy.step(model);
  CHECK(names_of(heavy) == std::vector<std::string>{"momentum_buffer.weight", "momentum_buffer.bias"});
  const auto before = StoragePool::instance().statistics();
  heavy.step(model);
  plain.step(model);
  CHECK(StoragePool::instance().statistics().system_allocations == before.system_allocations);
  CHECK(StoragePool::instance().statistics().bytes_in_use == before.bytes_in_use);
}

TEST_CASE("sgd gives the same bits for any number of threads") {
  Rng rng(3);
  const TwoParameters<float> start({211, 101}, 40, rng);
  check_thread_counts([&] {
    auto model = start;
    Sgd<float> sgd({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true});
    sgd.step(model);
    sgd.step(model);
    return model.weight.value;
  });
}

TEST_CASE("sgd names what does not fit") {
  CHECK_THROWS_WITH_AS(Sgd<float>({.learning_rate = -1}), "sgd: the learning rate is -1", OptionError);
  CHECK_THROWS_WITH_AS(Sgd<float>({.momentum = -0.5}), "sgd: the momentum -0.5 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Sgd<float>({.weight_decay = -1}), "sgd: the weight decay -1 is negative", OptionError);
  CHECK_THROWS_WITH_AS(Sgd<float>({.nesterov = true}), "sgd: nesterov without a momentum", OptionError);
  Rng rng(4);
  TwoParameters<float> model({2, 3}, 4, rng);
  TwoParameters<float> other({3, 2}, 4, rng);
  Sgd<float> sgd({.momentum = 0.9});
  sgd.step(model);
  CHECK_THROWS_WITH_AS(sgd.step(other),
                       "sgd: parameter weight has the shape [3, 2], the state was made for weight [2, 3] in its place",
                       ShapeError);
}
