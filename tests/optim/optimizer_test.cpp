#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/optim/adagrad.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/adamw.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/optimizer.hpp>
#include <pupil/optim/rmsprop.hpp>
#include <pupil/optim/sgd.hpp>

#include "../support/tied_layers.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Two models, one in the other, as an encoder stands in a captioner.
struct Network {
  TwoParameters<float> encoder{{30, 20}, 7};
  TwoParameters<float> encoder2{{5, 3}, 2};

  explicit Network(Rng& rng) : encoder({30, 20}, 7, rng), encoder2({5, 3}, 2, rng) {}

  void set_gradients(Rng& rng) {
    encoder.set_gradients(rng);
    encoder2.set_gradients(rng);
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    encoder.visit(visitor, name / "encoder");
    encoder2.visit(visitor, name / "encoder2");
  }
};

/// The same under longer names.
struct InnerNetwork {
  Network network;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    network.visit(visitor, Name() / "inner");
  }
};

/// What TiedLayers is without a second name.
struct UntiedLayers {
  TwoParameters<float> first;
  TwoParameters<float> other;

  template <class Visitor>
  void visit(Visitor&& visitor) {
    first.visit(visitor, Name() / "first");
    other.visit(visitor, Name() / "other");
  }
};

/// Calls `check` with an optimizer of each kind, which has its default options.
template <class Check>
void for_each_optimizer(const Check& check) {
  check(Adagrad<float>());
  check(Adam<float>());
  check(AdamW<float>());
  check(Rmsprop<float>());
  check(Sgd<float>());
}

}  // namespace

TEST_CASE("a frozen parameter keeps its value and loses its gradient, and the others are trained") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(1);
    Network network(rng);
    const Network start = network;
    auto options = made.options();
    options.weight_decay = 0.1;
    options.groups = {{.prefix = "encoder", .frozen = true}};
    Kind optimizer(options);
    for (int step = 0; step < 3; ++step) {
      network.set_gradients(rng);
      optimizer.step(network);
    }
    CHECK(network.encoder.weight.value == start.encoder.weight.value);
    CHECK(network.encoder.bias.value == start.encoder.bias.value);
    CHECK(network.encoder.weight.gradient == Tensor<float, 2>({30, 20}));
    CHECK_FALSE(network.encoder2.weight.value == start.encoder2.weight.value);
    CHECK_FALSE(network.encoder2.bias.value == start.encoder2.bias.value);
    for_each_buffer(optimizer,
                    [](const Name& name, auto&) { CHECK(name.str().find("encoder.") == std::string::npos); });
  });
}

TEST_CASE("a group with factor 1 and the same weight decay changes no bit") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(2);
    Network network(rng);
    Network twin = network;
    auto options = made.options();
    options.weight_decay = 0.1;
    Kind plain(options);
    options.groups = {{.prefix = "encoder", .weight_decay = 0.1}, {}};
    Kind grouped(options);
    for (int step = 0; step < 3; ++step) {
      network.set_gradients(rng);
      twin.encoder.weight.gradient = network.encoder.weight.gradient;
      plain.step(network);
      grouped.step(twin);
    }
    CHECK(network.encoder.weight.value == twin.encoder.weight.value);
  });
}

TEST_CASE("a group with factor 0 and no weight decay does not move, and follows the learning rate otherwise") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(3);
    Network network(rng);
    const Network start = network;
    auto options = made.options();
    options.groups = {{.prefix = "encoder", .learning_rate_factor = 0, .weight_decay = 0}};
    Kind optimizer(options);
    optimizer.step(network);
    CHECK(network.encoder.weight.value == start.encoder.weight.value);
    CHECK_FALSE(network.encoder2.weight.value == start.encoder2.weight.value);
  });
}

TEST_CASE("a group that is for no parameter is found before anything is changed") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(4);
    Network network(rng);
    const Network start = network;
    auto options = made.options();
    options.groups = {{.prefix = "encode"}};
    Kind optimizer(options);
    CHECK_THROWS_AS(optimizer.step(network), OptionError);
    CHECK(network.encoder.weight.value == start.encoder.weight.value);
    CHECK(network.encoder.weight.gradient == start.encoder.weight.gradient);
    options.groups = {{.prefix = "encoder", .weight_decay = -1}};
    CHECK_THROWS_AS(Kind{options}, OptionError);
  });
}

TEST_CASE("gradients of frozen parameters can be cleared before clipping") {
  Rng rng(5);
  Network network(rng);
  const auto trained = network.encoder2.weight.gradient;
  const Sgd<float> sgd({.groups = {{.prefix = "encoder", .frozen = true}}});
  sgd.clear_frozen_gradients(network);
  CHECK(network.encoder.weight.gradient == Tensor<float, 2>({30, 20}));
  CHECK(network.encoder2.weight.gradient == trained);
}

TEST_CASE("a message about an optimizer begins with its name") {
  Rng rng(6);
  Network network(rng);
  CHECK_THROWS_WITH_AS(Sgd<float>({.groups = {{.prefix = "fc"}}}).step(network),
                       "sgd: the model has no parameter for the group \"fc\"", OptionError);
  CHECK_THROWS_WITH_AS(AdamW<float>({.groups = {{.prefix = "fc"}}}).step(network),
                       "adamw: the model has no parameter for the group \"fc\"", OptionError);
}

TEST_CASE("a parameter with two names moves, decays and has a state as one that has a single name") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(7);
    TiedLayers tied{TwoParameters<float>({30, 20}, 7, rng), TwoParameters<float>({5, 3}, 2, rng)};
    UntiedLayers single{tied.shared, tied.other};
    auto options = made.options();
    options.weight_decay = 0.1;
    Kind optimizer(options);
    Kind twin(options);
    for (int step = 0; step < 3; ++step) {
      tied.shared.set_gradients(rng);
      single.first = tied.shared;
      single.other = tied.other;
      CHECK(gradient_norm(tied) == gradient_norm(single));
      optimizer.step(tied);
      twin.step(single);
      CHECK(tied.shared.weight.value == single.first.weight.value);
      CHECK(tied.other.bias.value == single.other.bias.value);
      CHECK(tied.shared.weight.gradient == Tensor<float, 2>({30, 20}));
    }
    for_each_buffer(optimizer, [](const Name& name, auto&) { CHECK(name.str().find("second") == std::string::npos); });
  });
}

TEST_CASE("a gradient of another size than its value is refused, and nothing is changed") {
  Rng rng(1);
  TwoParameters<float> model({2, 3}, 3, rng);
  model.bias.gradient = Tensor<float, 1>({2}, {1, 1});
  const auto before = model.weight.value;
  Sgd<float> sgd({.learning_rate = 0.1});
  CHECK_THROWS_WITH_AS(sgd.step(model), "sgd: the gradient of bias has 2 numbers, not the 3 of its value", ShapeError);
  CHECK(model.weight.value == before);
}

TEST_CASE("a group finds a parameter by its second name") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(8);
    TiedLayers model{TwoParameters<float>({3, 2}, 7, rng), TwoParameters<float>({5, 3}, 2, rng)};
    const auto start = model;
    auto options = made.options();
    options.groups = {{.prefix = "second", .frozen = true}};
    Kind optimizer(options);
    optimizer.clear_frozen_gradients(model);
    CHECK(model.shared.weight.gradient == Tensor<float, 2>({3, 2}));
    optimizer.step(model);
    CHECK(model.shared.weight.value == start.shared.weight.value);
    CHECK_FALSE(model.other.weight.value == start.other.weight.value);
  });
}

TEST_CASE("a model with the same shapes and other names is refused, and nothing is changed") {
  for_each_optimizer([]<class Kind>(const Kind& made) {
    Rng rng(9);
    Network network(rng);
    InnerNetwork other{network};
    const Network start = network;
    Kind optimizer = made;
    optimizer.step(network);
    CHECK_THROWS_AS(optimizer.step(other), ShapeError);
    CHECK(other.network.encoder.weight.value == start.encoder.weight.value);
    CHECK(other.network.encoder.weight.gradient == start.encoder.weight.gradient);
    Kind copy = optimizer;
    CHECK_NOTHROW(copy.step(network));
    CHECK_THROWS_AS(copy.prepare(other), ShapeError);
  });
}

TEST_CASE("an optimizer that was copied or moved keeps its groups") {
  Rng rng(10);
  Network network(rng);
  const Network start = network;
  std::vector<Sgd<float>> optimizers;
  {
    Sgd<float> first({.groups = {{.prefix = "encoder", .frozen = true}}});
    first.prepare(network);
    optimizers.push_back(first);
    optimizers.push_back(std::move(first));
  }
  for (Sgd<float>& sgd : optimizers) {
    network.set_gradients(rng);
    sgd.step(network);
    CHECK(network.encoder.weight.value == start.encoder.weight.value);
  }
  CHECK_FALSE(network.encoder2.weight.value == start.encoder2.weight.value);
}
