#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/adam.hpp>
#include <pupil/optim/clip_gradients.hpp>
#include <pupil/optim/step_guard.hpp>

#include "../support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

using GuardedNet = Sequential<Dense<float>, BatchNorm1d<float>, Dropout<float>, Dense<float>>;

GuardedNet guarded_net(Rng& rng) {
  return GuardedNet(Dense<float>({.in_features = 3, .out_features = 4}, rng), BatchNorm1d<float>({.num_features = 4}),
                    Dropout<float>({.probability = 0.3}, rng),
                    Dense<float>({.in_features = 4, .out_features = 2}, rng));
}

/// Every number that a step may change.
std::vector<double> everything(GuardedNet& net) {
  std::vector<double> all;
  const auto take = [&](const auto& numbers) {
    for (const auto number : numbers) all.push_back(static_cast<double>(number));
  };
  for_each_parameter(net, [&](const Name&, auto& parameter) {
    take(parameter.value);
    take(parameter.gradient);
  });
  for_each_buffer(net, [&](const Name&, auto& buffer) { take(buffer); });
  for_each_generator(net, [&](const Name&, Rng& rng) { all.push_back(static_cast<double>(rng.state().position)); });
  return all;
}

const Tensor<std::int32_t, 1> good_labels({5}, {0, 1, 0, 1, 1});
const Tensor<std::int32_t, 1> bad_labels({5}, {0, 1, 0, 7, 1});

/// Training by a loop as a user writes it, with a context that is used again and again.
struct GuardedLoop {
  explicit GuardedLoop(std::uint64_t seed) : rng(seed), net(guarded_net(rng)) {}

  /// A step; false where it was left out.
  bool step(const Tensor<float, 2>& x, const Tensor<std::int32_t, 1>& labels) {
    StepGuard guard(net, context);
    auto loss = softmax_cross_entropy(net.forward(x, context), labels);
    if (!std::isfinite(loss.value)) return false;
    net.backward(loss.gradient, context);
    if (!std::isfinite(clip_gradient_norm(net, 5))) return false;
    adam.step(net);
    guard.commit();
    return true;
  }

  Rng rng;
  GuardedNet net;
  GuardedNet::Context context;
  Adam<float> adam{{.learning_rate = 0.1}};
};

}  // namespace

TEST_CASE("a step that is left out or throws leaves everything as it was, and the next step is as if it had not been") {
  Rng rng(1);
  const auto x = random_tensor<float>(Shape{5, 3}, rng);
  auto bad_x = x;
  bad_x[4] = no_number;
  GuardedLoop training(2);
  GuardedLoop undisturbed(2);
  REQUIRE(training.step(x, good_labels));
  REQUIRE(undisturbed.step(x, good_labels));
  const auto before = everything(training.net);

  CHECK_FALSE(training.step(bad_x, good_labels));
  CHECK(everything(training.net) == before);
  CHECK_THROWS_AS(training.step(x, bad_labels), IndexError);
  CHECK(everything(training.net) == before);
  CHECK_THROWS_AS(training.step(Tensor<float, 2>({5, 2}), good_labels), ShapeError);
  CHECK_THROWS_AS(training.step(Tensor<float, 2>({1, 3}), good_labels), ShapeError);  // in the midst: at the batch norm
  CHECK(everything(training.net) == before);
  CHECK(training.adam.step_count() == 1);

  for (int i = 0; i < 2; ++i) {
    CHECK(training.step(x, good_labels));
    CHECK(undisturbed.step(x, good_labels));
    CHECK(everything(training.net) == everything(undisturbed.net));
  }
}

TEST_CASE("an optimizer that throws has changed nothing, nor has the step") {
  Rng rng(3);
  GuardedLoop training(4);
  training.adam = Adam<float>({.groups = {{.prefix = "misspelt", .frozen = true}}});
  const auto before = everything(training.net);
  CHECK_THROWS_AS(training.step(random_tensor<float>(Shape{5, 3}, rng), good_labels), OptionError);
  CHECK(everything(training.net) == before);
  CHECK(training.adam.step_count() == 0);
}

TEST_CASE("gradients that several small batches add to can be kept") {
  Rng rng(5);
  GuardedNet net = guarded_net(rng);
  const auto x = random_tensor<float>(Shape{5, 3}, rng);
  auto bad_x = x;
  bad_x[0] = no_number;
  const auto add = [&](const Tensor<float, 2>& batch, bool keep_gradients) {
    StepGuardOptions options{.keep_gradients = keep_gradients};
    StepGuard guard(net, options);
    GuardedNet::Context context;
    const auto loss = softmax_cross_entropy(net.forward(batch, context), good_labels);
    net.backward(loss.gradient, context);
    if (std::isfinite(loss.value)) guard.commit();
  };
  add(x, true);
  const auto before = everything(net);
  add(bad_x, true);
  CHECK(everything(net) == before);

  add(bad_x, false);
  CHECK(gradient_norm(net) == 0);
}

TEST_CASE("a guard undoes once, and nothing that was committed") {
  Rng rng(6);
  GuardedNet net = guarded_net(rng);
  const auto x = random_tensor<float>(Shape{5, 3}, rng);
  const auto before = everything(net);
  const auto forward = [&] {
    GuardedNet::Context context;
    net.forward(x, context);
    return everything(net);
  };
  {
    StepGuard guard(net);
    const auto once = forward();
    REQUIRE(once != before);
    guard.undo();
    CHECK(everything(net) == before);
    CHECK(forward() == once);
    guard.undo();
    CHECK(everything(net) == once);
  }
  const auto after = everything(net);
  {
    StepGuard guard(net);
    forward();
    guard.commit();
    guard.undo();
  }
  CHECK(everything(net) != after);
}

TEST_CASE("a guard whose model was taken away has nothing to put back") {
  Rng rng(7);
  GuardedNet net = guarded_net(rng);
  GuardedNet elsewhere = guarded_net(rng);
  CHECK_NOTHROW([&] {
    const StepGuard guard(net);
    elsewhere = std::move(net);
  }());
  StepGuard guard(elsewhere);
  net = std::move(elsewhere);
  CHECK_THROWS_AS(guard.undo(), ShapeError);
}

TEST_CASE("guards ask nothing of the system from the second on") {
  Rng rng(8);
  GuardedNet net = guarded_net(rng);
  { const StepGuard guard(net); }
  const auto before = StoragePool::instance().statistics().system_allocations;
  for (int i = 0; i < 3; ++i) {
    StepGuard guard(net);
    if (i == 1) guard.commit();
  }
  CHECK(StoragePool::instance().statistics().system_allocations == before);
}
