#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/activations.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/dropout.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/flatten.hpp>
#include <pupil/nn/identity.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class Model>
std::vector<std::string> parameter_names(Model& model) {
  std::vector<std::string> all;
  model.visit([&](const Name& name, auto&) { all.push_back(name.str()); });
  return all;
}

template <class T>
Dense<T> dense(Index in, Index out, Rng& rng) {
  return Dense<T>({.in_features = in, .out_features = out}, rng);
}

}  // namespace

TEST_CASE("sequential applies its layers one after another") {
  Rng rng(1);
  auto first = dense<float>(3, 5, rng);
  auto second = dense<float>(5, 2, rng);
  Sequential net{first, Relu<float>(), second};
  const auto x = random_tensor<float>(Shape{4, 3}, rng);
  const auto expected = second.forward(Relu<float>().forward(first.forward(x)));
  CHECK(std::as_const(net).forward(x) == expected);
  decltype(net)::Context context;
  CHECK(net.forward(x, context) == expected);
  static_assert(decltype(net)::size() == 3);
}

TEST_CASE("sequential gradients agree with differences, through layers that change the rank") {
  Rng rng(2);
  const Sequential net{dense<double>(3, 4, rng), Tanh<double>(), Flatten<double>(), dense<double>(24, 2, rng),
                       Sigmoid<double>()};
  check_gradients(net, random_tensor<double>(Shape{1, 2, 3, 3}, rng), rng);
  check_gradients(net, random_tensor<double>(Shape{2, 6, 1, 3}, rng), rng);
}

TEST_CASE("a sequential in a sequential is a layer like others") {
  Rng rng(3);
  const Sequential net{dense<double>(3, 4, rng), Sequential{Tanh<double>(), dense<double>(4, 4, rng)}, Identity(),
                       Dropout<double>({.probability = 0.3}, rng)};
  check_gradients(net, random_tensor<double>(Shape{5, 3}, rng), rng);
}

TEST_CASE("sequential names parameters and state by the number of their layer") {
  Rng rng(4);
  Sequential net{dense<float>(3, 4, rng), Relu<float>(), Sequential{Tanh<float>(), dense<float>(4, 4, rng)},
                 Dropout<float>({}, rng)};
  CHECK(parameter_names(net) ==
        std::vector<std::string>{"0.weight", "0.bias", "2.1.weight", "2.1.bias", "3.generator"});
}

TEST_CASE("a layer of a sequential can be reached") {
  Rng rng(5);
  Sequential net{dense<float>(3, 4, rng), Relu<float>(), dense<float>(4, 6, rng)};
  CHECK(net.get<2>().options().out_features == 6);
  CHECK(std::as_const(net).get<0>().options().in_features == 3);
}

TEST_CASE("tensors are moved through a sequential") {
  auto x = Tensor<float, 4>({2, 3, 4, 5});
  const float* const memory = x.data();
  Sequential net{Relu<float>(), Flatten<float>(), Relu6<float>()};
  decltype(net)::Context context;
  auto y = net.forward(std::move(x), context);
  CHECK(y.data() == memory);
  x = net.backward(std::move(y), context);
  CHECK(x.data() == memory);
  CHECK(net.forward(std::move(x)).data() == memory);
}

TEST_CASE("what is not moved into a sequential stays as it was") {
  const auto x = Tensor<float, 2>::full({2, 2}, -1);
  Sequential net{Relu<float>()};
  decltype(net)::Context context;
  CHECK(net.forward(x) == Tensor<float, 2>({2, 2}));
  CHECK(net.forward(x, context) == Tensor<float, 2>({2, 2}));
  CHECK(net.backward(x, context) == Tensor<float, 2>({2, 2}));
  CHECK(x == Tensor<float, 2>::full({2, 2}, -1));
}

TEST_CASE("a sequential that begins with tokens has no gradient to give back") {
  Rng rng(6);
  Sequential net{Embedding<double>({.num_embeddings = 5, .embedding_dim = 3}, rng), Tanh<double>()};
  decltype(net)::Context context;
  const auto y = net.forward(Tensor<std::int32_t, 1>({4}, {1, 0, 4, 1}), context);
  CHECK(y.shape() == Shape{4, 3});
  static_assert(std::is_void_v<decltype(net.backward(y, context))>);
  net.backward(y, context);
  for_each_parameter(net, [](const Name&, auto& parameter) { CHECK(parameter.gradient[0] != 0); });
}

TEST_CASE("a sequential without layers is the identity") {
  Sequential net;
  decltype(net)::Context context;
  const Tensor<float, 1> x({2}, {1, 2});
  CHECK(net.forward(x) == x);
  CHECK(net.forward(x, context) == x);
  CHECK(net.backward(x, context) == x);
}

TEST_CASE("one sequential used twice keeps two contexts apart") {
  Rng rng(7);
  Sequential net{dense<double>(3, 4, rng), Tanh<double>()};
  const auto first = random_tensor<double>(Shape{2, 3}, rng);
  const auto second = random_tensor<double>(Shape{5, 3}, rng);
  const auto gradient = [&](const Tensor<double, 2>& x) {
    decltype(net)::Context context;
    const auto y = net.forward(x, context);
    return net.backward(y, context);
  };
  decltype(net)::Context first_context;
  decltype(net)::Context second_context;
  const auto first_y = net.forward(first, first_context);
  const auto second_y = net.forward(second, second_context);
  CHECK(net.backward(first_y, first_context) == gradient(first));
  CHECK(net.backward(second_y, second_context) == gradient(second));
}

TEST_CASE("training steps ask nothing of the system from the third on") {
  Rng rng(8);
  Sequential net{dense<float>(48, 64, rng), Relu<float>(),    Dropout<float>({}, rng),
                 dense<float>(64, 64, rng), Sigmoid<float>(), dense<float>(64, 10, rng)};
  decltype(net)::Context context;
  const auto x = random_tensor<float>(Shape{32, 48}, rng);
  const Tensor<std::int32_t, 1> targets({32});
  std::size_t after_two = 0;
  for (int step = 0; step < 6; ++step) {
    if (step == 2) after_two = StoragePool::instance().statistics().system_allocations;
    auto loss = softmax_cross_entropy(net.forward(x, context), targets);
    net.backward(std::move(loss.gradient), context);
  }
  CHECK(StoragePool::instance().statistics().system_allocations == after_two);
}

TEST_CASE("only layers can be in a sequential, and layers take what they were made for") {
  static_assert(Layer<Dense<float>>);
  static_assert(Layer<Sequential<Relu<float>, Identity>>);
  static_assert(!Layer<int>);
  static_assert(!Layer<Tensor<float, 2>>);
  static_assert(InfersFrom<Relu<float>, Tensor<float, 3>>);
  static_assert(InfersFrom<Relu<float>, const Tensor<float, 3>&>);
  static_assert(!InfersFrom<Relu<float>, Tensor<double, 3>>);
  static_assert(TrainsOn<Flatten<float>, Tensor<float, 4>>);
  static_assert(!TrainsOn<Flatten<float>, Tensor<float, 3>>);
}

TEST_CASE("a sequential in braces is nested, and one behind an equals sign is copied") {
  Rng rng(9);
  Sequential inner{dense<float>(3, 4, rng)};
  Sequential nested{inner};
  static_assert(std::is_same_v<decltype(nested), Sequential<Sequential<Dense<float>>>>);
  CHECK(parameter_names(nested) == std::vector<std::string>{"0.0.weight", "0.0.bias"});
  Sequential copy = inner;
  static_assert(std::is_same_v<decltype(copy), decltype(inner)>);
  CHECK(parameter_names(copy) == std::vector<std::string>{"0.weight", "0.bias"});
  const auto x = random_tensor<float>(Shape{2, 3}, rng);
  CHECK(nested.forward(x) == inner.forward(x));
}

TEST_CASE("backward says which layers are finished, the last first, when their gradients are complete") {
  Rng rng(9);
  Sequential net{dense<float>(3, 5, rng), Relu<float>(), dense<float>(5, 2, rng)};
  decltype(net)::Context context;
  const auto y = net.forward(random_tensor<float>(Shape{4, 3}, rng), context);
  std::vector<const void*> finished;
  std::vector<float> sums;
  const auto sum_of = [](auto& layer) {
    float sum = 0;
    for_each_parameter(layer, [&](const Name&, auto& parameter) {
      for (const float number : parameter.gradient) sum += std::abs(number);
    });
    return sum;
  };
  net.backward(y, context, [&](auto& layer) {
    finished.push_back(&layer);
    sums.push_back(sum_of(layer));
  });
  CHECK(finished == std::vector<const void*>{&net.get<2>(), &net.get<1>(), &net.get<0>()});
  CHECK(sums == std::vector<float>{sum_of(net.get<2>()), 0, sum_of(net.get<0>())});
  CHECK(sums.front() > 0);
}

namespace {

/// The gradients of all parameters, and how many layers were said to be finished.
template <class Model, class Backward>
std::pair<std::vector<double>, int> gradients_of_sequential(Model model, const Tensor<double, 2>& x,
                                                            const Backward& backward) {
  typename Model::Context context;
  const auto y = model.forward(x, context);
  int finished = 0;
  backward(model, y, context, [&](auto&) { ++finished; });
  std::vector<double> gradients;
  for_each_parameter(model, [&](const Name&, const auto& parameter) {
    gradients.insert(gradients.end(), parameter.gradient.begin(), parameter.gradient.end());
  });
  return {gradients, finished};
}

}  // namespace

TEST_CASE("without the gradient of its input, a sequential has the same gradients of parameters") {
  Rng rng(12);
  const auto x = random_tensor<double>(Shape{4, 3}, rng);
  const auto with_dx = [](auto& model, const auto& dy, const auto& context, const auto& finished) {
    model.backward(dy, context, finished);
  };
  const auto without = [](auto& model, const auto& dy, const auto& context, const auto& finished) {
    model.backward_parameters(dy, context, finished);
    static_assert(std::is_void_v<decltype(model.backward_parameters(dy, context))>);
  };
  const Sequential flat{dense<double>(3, 5, rng), Tanh<double>(), dense<double>(5, 2, rng)};
  CHECK(gradients_of_sequential(flat, x, without) == gradients_of_sequential(flat, x, with_dx));
  const Sequential nested{Sequential{dense<double>(3, 5, rng), Tanh<double>()}, dense<double>(5, 2, rng)};
  CHECK(gradients_of_sequential(nested, x, without) == gradients_of_sequential(nested, x, with_dx));
  const Sequential no_way{Tanh<double>(), dense<double>(3, 2, rng)};  // the first layer has nothing to leave out
  CHECK(gradients_of_sequential(no_way, x, without) == gradients_of_sequential(no_way, x, with_dx));
}

TEST_CASE("an embedding that comes first is finished too") {
  Rng rng(10);
  Sequential net{Embedding<float>({.num_embeddings = 4, .embedding_dim = 3}, rng), dense<float>(3, 2, rng)};
  decltype(net)::Context context;
  const auto y = net.forward(Tensor<std::int32_t, 1>({2}, {1, 3}), context);
  int finished = 0;
  net.backward(y, context, [&](auto&) { ++finished; });
  CHECK(finished == 2);
}
