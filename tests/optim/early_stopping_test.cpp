#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/optim/early_stopping.hpp>

using namespace pupil;

namespace {

/// After how many updates it says to stop; 0 where it does not.
Index updates_until_stop(EarlyStopping stopping, const std::vector<double>& metrics) {
  Index updates = 0;
  for (const double metric : metrics) {
    ++updates;
    if (stopping.update(metric)) return updates;
  }
  return 0;
}

}  // namespace

TEST_CASE("early stopping stops after as many updates without improvement as its patience") {
  CHECK(updates_until_stop(EarlyStopping({.patience = 2}), {3, 2, 2, 1, 1, 1}) == 6);
  CHECK(updates_until_stop(EarlyStopping({.patience = 3}), {3, 2, 2, 1, 1, 1}) == 0);
  CHECK(updates_until_stop(EarlyStopping({.patience = 1}), {3, 2, 2, 1}) == 3);
}

TEST_CASE("early stopping looks for higher metrics where it is told to") {
  CHECK(updates_until_stop(EarlyStopping({.mode = PlateauMode::max, .patience = 2}), {1, 2, 3, 2, 1}) == 5);
  CHECK(updates_until_stop(EarlyStopping({.mode = PlateauMode::min, .patience = 2}), {1, 2, 3}) == 3);
}

TEST_CASE("early stopping wants an improvement of more than min_delta over the best") {
  const std::vector<double> slow{1, 0.75, 0.5, 0.25};
  CHECK(updates_until_stop(EarlyStopping({.patience = 1, .min_delta = 0.25}), slow) == 2);
  CHECK(updates_until_stop(EarlyStopping({.patience = 2, .min_delta = 0.25}), slow) == 0);  // 0.5 is better than 1
  CHECK(updates_until_stop(EarlyStopping({.patience = 1, .min_delta = 0.2}), slow) == 0);
}

TEST_CASE("a metric that is not a number improves nothing") {
  EarlyStopping stopping({.patience = 2});
  CHECK_FALSE(stopping.update(std::nan("")));
  CHECK_FALSE(stopping.is_best());
  CHECK_FALSE(stopping.state().best.has_value());
  CHECK(stopping.update(std::nan("")));
  CHECK(stopping.should_stop());
}

TEST_CASE("early stopping keeps the weights of the best update and gives them back") {
  Rng rng(1);
  Sequential net{Dense<float>({.in_features = 2, .out_features = 3}, rng), BatchNorm1d<float>({.num_features = 3})};
  const Tensor<float, 2> x({1, 2}, {1, 2});
  EarlyStopping stopping({.patience = 2});
  const auto move_weights = [&] {
    for_each_parameter(net, [](const Name&, auto& parameter) { parameter.value[0] += 1; });
    for_each_buffer(net, [](const Name&, auto& buffer) { buffer[0] += 1; });
  };
  CHECK_FALSE(stopping.update(2, net));
  move_weights();
  CHECK_FALSE(stopping.update(1, net));
  CHECK(stopping.is_best());
  const auto best = net.forward(x);
  move_weights();
  CHECK_FALSE(stopping.update(3, net));
  CHECK_FALSE(stopping.is_best());
  CHECK(stopping.update(3, net));
  CHECK_FALSE(net.forward(x) == best);
  stopping.restore_best(net);
  CHECK(net.forward(x) == best);
  CHECK(*stopping.state().best == 1);
}

TEST_CASE("early stopping goes on where its state is restored") {
  EarlyStopping first({.patience = 2});
  first.update(1);
  first.update(2);
  EarlyStopping second({.patience = 2});
  second.restore(first.state());
  CHECK(second.state() == first.state());
  CHECK(second.update(2));
  CHECK(second.state().updates == 3);
}

TEST_CASE("early stopping names what is of no use") {
  CHECK_THROWS_WITH_AS(EarlyStopping({.patience = 0}), "early_stopping: the patience is 0, must be at least 1",
                       OptionError);
  CHECK_THROWS_WITH_AS(EarlyStopping({.min_delta = -1}), "early_stopping: the min_delta -1 is negative", OptionError);
  Rng rng(2);
  Dense<float> small({.in_features = 1, .out_features = 1}, rng), large({.in_features = 2, .out_features = 1}, rng);
  EarlyStopping stopping;
  stopping.update(1);
  CHECK_THROWS_WITH_AS(stopping.restore_best(small), "early_stopping: no weights were kept; give the model to update",
                       OptionError);
  stopping.update(0, small);
  CHECK_THROWS_WITH_AS(stopping.restore_best(large), "early_stopping: the model has 12 bytes, the one that was kept 8",
                       ShapeError);
}
