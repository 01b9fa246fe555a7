#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/batch_norm2d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/optim/moving_average.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"
#include "../support/tied_layers.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A parameter, a buffer of numbers and one that counts.
struct Model {
  Parameter<double, 1> weight{Tensor<double, 1>({2}, {1, 2})};
  Tensor<double, 1> mean{Shape<1>{1}, {4}};
  Tensor<std::int64_t, 1> count{Shape<1>{1}, {7}};

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / "weight", weight);
    visitor(name / "mean", mean);
    visitor(name / "count", count);
  }
};

/// A parameter whose name is chosen at run time.
struct Renamed {
  Parameter<double, 1> weight{Tensor<double, 1>({2}, {1, 2})};
  const char* own = "a";

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    visitor(name / own, weight);
  }
};

/// The model after it was trained, to be averaged with the one before.
Model trained() {
  Model model;
  model.weight.value = Tensor<double, 1>({2}, {5, -2});
  model.mean[0] = 8;
  model.count[0] = 9;
  return model;
}

}  // namespace

TEST_CASE("averages move towards the newest values by 1 - decay, and counts are copied") {
  MovingAverage average(Model{}, {.decay = 0.75});
  auto model = trained();
  average.update(model);
  CHECK(average.model().weight.value == Tensor<double, 1>({2}, {2, 1}));
  CHECK(average.model().mean[0] == 5);
  CHECK(average.model().count[0] == 9);
  average.update(model);
  CHECK(average.model().weight.value == Tensor<double, 1>({2}, {2.75, 0.25}));
  CHECK(model.weight.value == trained().weight.value);
}

TEST_CASE("buffers can be the newest ones instead") {
  MovingAverage average(Model{}, {.decay = 0.75, .use_buffers = false});
  auto model = trained();
  average.update(model);
  CHECK(average.model().weight.value == Tensor<double, 1>({2}, {2, 1}));
  CHECK(average.model().mean[0] == 8);
}

TEST_CASE("the averages can be copied to a model, or exchanged for its values and back") {
  MovingAverage average(Model{});
  auto model = trained();
  average.swap(model);
  CHECK(model.weight.value == Model{}.weight.value);
  CHECK(model.count[0] == 7);
  CHECK(average.model().weight.value == trained().weight.value);
  average.swap(model);
  CHECK(model.weight.value == trained().weight.value);
  CHECK(model.mean[0] == 8);
  average.copy_to(model);
  CHECK(model.weight.value == Model{}.weight.value);
  CHECK(model.mean[0] == 4);
  CHECK(model.count[0] == 7);
}

TEST_CASE("the averages have the model's names") {
  MovingAverage average(Model{});
  std::vector<std::string> names;
  average.visit([&](const Name& name, auto&) { names.push_back(name.str()); }, Name() / "average");
  CHECK(names == std::vector<std::string>{"average.weight", "average.mean", "average.count"});
}

TEST_CASE("the average of a network is a network") {
  Rng rng(1);
  Sequential net(Dense<float>({.in_features = 3, .out_features = 4}, rng), BatchNorm2d<float>({.num_features = 4}),
                 Dropout<float>({}, rng));
  MovingAverage average(net, {.decay = 0.5});
  const auto x = random_tensor<float>(Shape{6, 3}, rng);
  CHECK(average.model().forward(x) == net.forward(x));
  for_each_parameter(net, [](const Name&, auto& parameter) { parameter.value.fill(1); });
  average.update(net);
  CHECK_FALSE(average.model().forward(x) == net.forward(x));
  average.copy_to(net);
  CHECK(average.model().forward(x) == net.forward(x));
}

TEST_CASE("a moving average gives the same bits for any number of threads, and takes no memory") {
  Rng rng(2);
  const TwoParameters<float> start({300, 333}, 40, rng);
  TwoParameters<float> model({300, 333}, 40, rng);
  check_thread_counts([&] {
    MovingAverage average(start, {.decay = 0.9});
    average.update(model);
    return average.model().weight.value;
  });
  MovingAverage average(start);
  average.update(model);
  const auto before = StoragePool::instance().statistics().system_allocations;
  average.update(model);
  average.swap(model);
  CHECK(StoragePool::instance().statistics().system_allocations == before);
}

TEST_CASE("a moving average names what does not fit") {
  CHECK_THROWS_WITH_AS(MovingAverage(Model{}, {.decay = 1.5}), "moving_average: the decay 1.5 is not between 0 and 1",
                       OptionError);
  MovingAverage average(TwoParameters<float>({2, 3}, 4));
  TwoParameters<float> other({2, 4}, 4);
  CHECK_THROWS_AS(average.update(other), ShapeError);
}

TEST_CASE("what has two names is averaged once and exchanged once") {
  MovingAverage average(TiedLayers{Model{}, Model{}}, {.decay = 0.75});
  TiedLayers model{trained(), Model{}};
  average.update(model);
  CHECK(average.model().shared.weight.value == Tensor<double, 1>({2}, {2, 1}));
  CHECK(average.model().shared.mean[0] == 5);
  average.swap(model);
  CHECK(model.shared.weight.value == Tensor<double, 1>({2}, {2, 1}));
  CHECK(average.model().shared.weight.value == trained().weight.value);
}

TEST_CASE("averages belong to a model by the names of its parameters") {
  MovingAverage average(Renamed{});
  Renamed other{.own = "b"};
  CHECK_THROWS_AS(average.update(other), ShapeError);
  CHECK_THROWS_AS(average.swap(other), ShapeError);
  CHECK_THROWS_AS(average.copy_to(other), ShapeError);
}

TEST_CASE("an update may be given a decay of its own, which grows to the one asked for") {
  MovingAverage average(Model{}, {.decay = 0.75});
  Model model = trained();
  average.update(model, 0.5);
  CHECK(average.model().weight.value == Tensor<double, 1>({2}, {3, 0}));
  CHECK_THROWS_AS(average.update(model, 1.5), OptionError);
  CHECK_THROWS_AS(average.update(model, -0.5), OptionError);

  CHECK(growing_decay(0.999, 1) == doctest::Approx(2.0 / 11));
  CHECK(growing_decay(0.999, 90) == doctest::Approx(0.91));
  CHECK(growing_decay(0.999, 100'000) == 0.999);
  CHECK(growing_decay(0, 5) == 0);
}
