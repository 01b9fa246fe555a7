#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/tensor_layout.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/embedding.hpp>
#include <pupil/nn/gru.hpp>
#include <pupil/nn/last_step.hpp>
#include <pupil/nn/lstm.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/summary.hpp>

#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "recurrent.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// A recurrent layer of unequal sequences and its last steps, as a layer of one tensor.
template <class Layers>
struct LastStepOfUnequal {
  struct Context {
    typename Layers::Context layers;
    LastStep<double>::Context last;
  };
  Layers layers;
  Lengths lengths;
  LastStep<double> last{};

  Tensor<double, 2> forward(const Tensor<double, 3>& x, Context& context) {
    return last.forward(layers.forward(x, {}, lengths, context.layers), context.last);
  }
  Tensor<double, 3> backward(const Tensor<double, 2>& dy, const Context& context) {
    return layers.backward(last.backward(dy, context.last), context.layers).input;
  }
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    layers.visit(visitor, name);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("the last step is each sequence's own", Layers, Lstm<double>, Gru<double>) {
  Rng rng(1);
  const Layers layers({.input_size = 3, .hidden_size = 4, .num_layers = 2}, rng);
  const auto x = random_tensor<double>(Shape{5, 3, 3}, rng);
  const Lengths lengths{2, 5, 1};
  const auto y = layers.forward(x, {}, lengths);
  const auto last = LastStep<double>().forward(y);
  REQUIRE(last.shape() == Shape{3, 4});
  for (Index b = 0; b < 3; ++b) {
    CAPTURE(b);
    const double* const expected = y.output.row((lengths[static_cast<std::size_t>(b)] - 1) * 3 + b);
    CHECK(std::equal(expected, expected + 4, last.row(b)));
  }
}

TEST_CASE("of both directions, the reverse one ends at the first position") {
  Rng rng(2);
  const Gru<float> gru({.input_size = 3, .hidden_size = 2, .num_layers = 2, .bidirectional = true}, rng);
  const Lengths lengths{4, 2};
  const auto y = gru.forward(random_tensor<float>(Shape{4, 2, 3}, rng), {}, lengths);
  const auto last = LastStep<float>().forward(y);
  for (Index b = 0; b < 2; ++b) {
    const float* const at_end = y.output.row((lengths[static_cast<std::size_t>(b)] - 1) * 2 + b);
    CHECK(std::equal(at_end, at_end + 2, last.row(b)));
    CHECK(std::equal(y.output.row(b) + 2, y.output.row(b) + 4, last.row(b) + 2));
  }
}

TEST_CASE_TEMPLATE("gradients of last steps agree with differences", Layers, Lstm<double>, Gru<double>) {
  Rng rng(3);
  for (const bool bidirectional : {false, true}) {
    const Layers layers({.input_size = 2,
                         .hidden_size = 3,
                         .num_layers = 2,
                         .bidirectional = bidirectional,
                         .batch_first = bidirectional},
                        rng);
    const LastStep<double> last({.batch_first = bidirectional});
    const Sequential net{layers, last, Dense<double>({.in_features = bidirectional ? 6 : 3, .out_features = 2}, rng)};
    check_gradients(Sequential{Dense<double>({.in_features = 4, .out_features = 2}, rng), net},
                    random_tensor<double>(Shape{5, 3, 4}, rng), rng);
    const Lengths lengths = bidirectional ? Lengths{1, 3, 2, 2, 1} : Lengths{2, 5, 1};
    check_gradients(LastStepOfUnequal<Layers>{layers, lengths, last}, random_tensor<double>(Shape{5, 3, 2}, rng), rng);
  }
}

TEST_CASE("tokens go through an embedding, an LSTM, its last step and a dense layer, and back") {
  Rng rng(4);
  Sequential net{Embedding<double>({.num_embeddings = 7, .embedding_dim = 3}, rng),
                 Lstm<double>({.input_size = 3, .hidden_size = 4}, rng), LastStep<double>(),
                 Dense<double>({.in_features = 4, .out_features = 2}, rng)};
  Tensor<std::int32_t, 2> tokens({5, 3});
  for (auto& token : tokens) token = static_cast<std::int32_t>(rng.below(7));
  testing::detail::begin_gradients(net);
  decltype(net)::Context context;
  const auto y = net.forward(tokens, context);
  CHECK(y.shape() == Shape{3, 2});
  CHECK(y == std::as_const(net).forward(tokens));
  const auto cotangent = random_tensor<double>(y.shape(), rng);
  net.backward(cotangent, context);

  auto probe = net;
  const auto evaluate = [&] {
    const auto output = std::as_const(probe).forward(tokens);
    double sum = 0;
    for (Index i = 0; i < output.size(); ++i) sum += output[i] * cotangent[i];
    return sum;
  };
  CHECK(testing::detail::compare_parameters(net, probe, evaluate, {}) == 7);
}

TEST_CASE("a summary knows last steps, and an LSTM first in a Sequential gives all its gradients") {
  Rng rng(5);
  Sequential net{Lstm<float>({.input_size = 3, .hidden_size = 4, .batch_first = true}, rng),
                 LastStep<float>({.batch_first = true}), Dense<float>({.in_features = 4, .out_features = 2}, rng)};
  CHECK(summary(net, Shape{6, 5, 3}).layers()[1].output_shape == "[6, 4]");
  decltype(net)::Context context;
  const auto y = net.forward(random_tensor<float>(Shape{6, 5, 3}, rng), context);
  const LstmGradient<float> gradient = net.backward(y, context);
  CHECK(gradient.input.shape() == Shape{6, 5, 3});
  CHECK(gradient.initial_state.cell.shape() == Shape{1, 6, 4});
}

TEST_CASE("last steps may be taken twice in one model, and a context tells when it is used twice") {
  Rng rng(6);
  check_used_twice(Sequential{Dense<float>({.in_features = 2, .out_features = 3}, rng),
                              Gru<float>({.input_size = 3, .hidden_size = 4}, rng), LastStep<float>()},
                   random_tensor<float>(Shape{4, 3, 2}, rng), random_tensor<float>(Shape{2, 5, 2}, rng));
  const Gru<float> gru({.input_size = 3, .hidden_size = 4}, rng);
  const auto y = gru.forward(random_tensor<float>(Shape{4, 3, 3}, rng));
  LastStep<float>::Context context;
  LastStep<float>().forward(y, context);
  CHECK_THROWS_AS(LastStep<float>().forward(y, context), ContextError);
}

TEST_CASE("last steps name what does not fit") {
  Rng rng(7);
  Gru<float> gru({.input_size = 3, .hidden_size = 4}, rng);
  Gru<float>::Context gru_context;
  const auto y = gru.forward(random_tensor<float>(Shape{5, 2, 3}, rng), gru_context);
  CHECK_THROWS_WITH_AS(LastStep<float>({.batch_first = true}).forward(y),
                       "last_step: the output [5, 2, 4] does not fit the hidden state [1, 2, 4]", ShapeError);
  LastStep<float>::Context context;
  const LastStep<float> last;
  last.forward(y, context);
  CHECK_THROWS_WITH_AS(last.backward(Tensor<float, 2>({2, 3}), context),
                       "last_step: the gradient [2, 3] does not fit the output [2, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(gru.backward(Tensor<float, 2>({3, 4}), gru_context),
                       "gru: the gradient [3, 4] does not fit the last step [2, 4]", ShapeError);
}
