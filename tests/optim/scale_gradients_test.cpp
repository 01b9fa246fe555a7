#include <array>
#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/scale_gradients.hpp>
#include <pupil/optim/sgd.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"
#include "two_parameters.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Net = Sequential<Dense<double>, Tanh<double>, Dense<double>>;

Net make_net() {
  Rng rng(1);
  return Net(Dense<double>({.in_features = 4, .out_features = 5}, rng), Tanh<double>(),
             Dense<double>({.in_features = 5, .out_features = 3}, rng));
}

constexpr Index examples = 12;

/// Adds the gradients of examples [begin, end) to the network's.
void backward(Net& net, Index begin, Index end, const SoftmaxCrossEntropyOptions& options = {}) {
  Rng rng(2);
  const auto all = random_tensor<double>(Shape{examples, Index{4}}, rng);
  Tensor<double, 2> inputs({end - begin, 4});
  Tensor<std::int32_t, 1> targets({end - begin});
  for (Index i = begin; i < end; ++i) {
    std::copy_n(all.row(i), 4, inputs.row(i - begin));
    targets[i - begin] = static_cast<std::int32_t>(i % 3);
  }
  Net::Context context;
  auto loss = softmax_cross_entropy(net.forward(std::move(inputs), context), targets, options);
  net.backward(std::move(loss.gradient), context);
}

/// Checks that a step of sgd takes both networks to the same place.
void check_same_step(Net& net, Net& twin) {
  Sgd<double>({.learning_rate = 0.5}).step(net);
  Sgd<double>({.learning_rate = 0.5}).step(twin);
  CHECK(relative_difference(net.forward(Tensor<double, 2>::full({1, 4}, 0.5)),
                            twin.forward(Tensor<double, 2>::full({1, 4}, 0.5))) < 1e-14);
}

}  // namespace

TEST_CASE("n small batches of equal size, scaled by 1 / n, train as one large batch") {
  Net net = make_net();
  Net twin = make_net();
  backward(net, 0, examples);
  for (Index begin = 0; begin < examples; begin += 3) backward(twin, begin, begin + 3);
  scale_gradients(twin, 1.0 / 4);
  check_same_step(net, twin);
}

TEST_CASE("small batches of any size whose losses share a divisor train as one large batch") {
  Net net = make_net();
  Net twin = make_net();
  backward(net, 0, examples);
  constexpr std::array<Index, 4> ends{0, 1, 6, examples};
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    backward(twin, ends[i], ends[i + 1], {.divisor = static_cast<double>(examples)});
  }
  check_same_step(net, twin);
}

TEST_CASE("scaling multiplies every gradient and no value, the same for any number of threads") {
  Rng rng(3);
  const TwoParameters<float> start({300, 333}, 40, rng);
  check_thread_counts([&] {
    auto model = start;
    scale_gradients(model, 0.3);
    return model.weight.gradient;
  });
  auto model = start;
  scale_gradients(model, 0.5);
  for (Index i = 0; i < 40; ++i) CHECK(model.bias.gradient[i] == 0.5F * start.bias.gradient[i]);
  CHECK(model.weight.value == start.weight.value);
}
