#include <algorithm>

#include <doctest/doctest.h>

#include <pupil/nn/embedding.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class T>
Parameter<T, 2> weight_of(Embedding<T>& embedding) {
  Parameter<T, 2> found;
  for_each_parameter(embedding, [&](const Name& name, auto& parameter) {
    CHECK(name.str() == "weight");
    found = parameter;
  });
  return found;
}

Tensor<std::int32_t, 2> random_tokens(const Shape<2>& shape, Index count, Rng& rng) {
  auto tokens = Tensor<std::int32_t, 2>::uninitialized(shape);
  for (std::int32_t& token : tokens) token = static_cast<std::int32_t>(rng.below(count));
  return tokens;
}

}  // namespace

TEST_CASE("embedding looks up the row of every token") {
  Rng rng(1);
  Embedding<float> embedding({.num_embeddings = 5, .embedding_dim = 3}, rng);
  const auto weight = weight_of(embedding).value;
  const auto y = embedding.forward(Tensor<std::int32_t, 2>({2, 2}, {4, 0, 4, 2}));
  CHECK(y.shape() == Shape{2, 2, 3});
  for (Index i = 0; i < 3; ++i) {
    CHECK(y(0, 0, i) == weight(4, i));
    CHECK(y(0, 1, i) == weight(0, i));
    CHECK(y(1, 0, i) == weight(4, i));
    CHECK(y(1, 1, i) == weight(2, i));
  }
}

TEST_CASE("embedding adds up the gradients of tokens that repeat") {
  Rng rng(2);
  Embedding<double> embedding({.num_embeddings = 3, .embedding_dim = 2}, rng);
  Embedding<double>::Context context;
  embedding.forward(Tensor<std::int32_t, 1>({3}, {2, 0, 2}), context);
  const Tensor<double, 2> dy({3, 2}, {1, 2, 3, 4, 5, 6});
  embedding.backward(dy, context);
  CHECK(weight_of(embedding).gradient == Tensor<double, 2>({3, 2}, {3, 4, 0, 0, 6, 8}));
  embedding.backward(dy, context);
  CHECK(weight_of(embedding).gradient == Tensor<double, 2>({3, 2}, {6, 8, 0, 0, 12, 16}));
}

TEST_CASE("the row of the padding token begins as zeros and gets no gradient") {
  Rng rng(10);
  Embedding<double> embedding({.num_embeddings = 3, .embedding_dim = 2, .padding_index = 2}, rng);
  const auto weight = weight_of(embedding).value;
  CHECK(std::count(weight.begin(), weight.end(), 0) == 2);
  CHECK(embedding.forward(Tensor<std::int32_t, 1>({1}, {2})) == Tensor<double, 2>({1, 2}));
  Embedding<double>::Context context;
  embedding.forward(Tensor<std::int32_t, 1>({3}, {2, 0, 2}), context);
  embedding.backward(Tensor<double, 2>({3, 2}, {1, 2, 3, 4, 5, 6}), context);
  CHECK(weight_of(embedding).gradient == Tensor<double, 2>({3, 2}, {3, 4, 0, 0, 0, 0}));
}

TEST_CASE_TEMPLATE("embedding computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("embedding");
  Rng rng(11);
  const auto check = [&](const std::string& name, const EmbeddingOptions& options) {
    Embedding<T> embedding(options, rng);
    load_state_dict(file, embedding, name + "/state/");
    typename Embedding<T>::Context context;
    const auto y = embedding.forward(file.read<std::int32_t, 2>(name + "/tokens"), context);
    check_golden_tensor(file, name + "/output", y);
    embedding.backward(file.read<T, 3>(name + "/cotangent"), context);
    check_golden_gradients(file, name, embedding);
  };
  check("plain", {.num_embeddings = 6, .embedding_dim = 5});
  check("padding", {.num_embeddings = 6, .embedding_dim = 5, .padding_index = 2});
}

TEST_CASE("embedding gradients agree with differences") {
  Rng rng(3);
  for (const Shape<3> shape : {Shape{1, 1, 1}, Shape{4, 3, 5}, Shape{9, 2, 131}}) {
    CAPTURE(shape);
    const PoisonedMemory poison;
    Embedding<double> embedding({.num_embeddings = 7, .embedding_dim = shape[2]}, rng);
    const auto tokens = random_tokens({shape[0], shape[1]}, 7, rng);
    Embedding<double>::Context context;
    const auto cotangent = random_tensor<double>(embedding.forward(tokens, context).shape(), rng);
    embedding.backward(cotangent, context);
    for_each_parameter(embedding, [&](const Name& name, auto& weight) {
      const auto evaluate = [&] {
        const auto y = embedding.forward(tokens);
        double sum = 0;
        for (Index i = 0; i < y.size(); ++i) sum += y[i] * cotangent[i];
        return sum;
      };
      testing::detail::compare_with_differences(name.str(), weight.value, weight.gradient, evaluate, {});
    });
  }
}

TEST_CASE("gradients of the scores of all tokens agree with differences") {
  Rng rng(7);
  const Embedding<double> embedding({.num_embeddings = 5, .embedding_dim = 3}, rng);
  auto x = random_tensor<double>(Shape{4, 3}, rng);
  const auto cotangent = random_tensor<double>(Shape{4, 5}, rng);
  auto subject = embedding;
  pupil::testing::detail::begin_gradients(subject);
  const auto dx = subject.backward_scores(cotangent, x);
  auto probe = embedding;
  const auto evaluate = [&] {
    const auto scores = probe.scores(x);
    double sum = 0;
    for (Index i = 0; i < scores.size(); ++i) sum += scores[i] * cotangent[i];
    return sum;
  };
  pupil::testing::detail::compare_with_differences("x", x, dx, evaluate, {});
  CHECK(pupil::testing::detail::compare_parameters(subject, probe, evaluate, {}) == 1);
}

TEST_CASE("scores with a bias are the scores and the bias of every row of the table") {
  Rng rng(12);
  const Embedding<double> embedding({.num_embeddings = 5, .embedding_dim = 3}, rng);
  const auto x = random_tensor<double>(Shape{4, 3}, rng);
  const auto bias = random_tensor<double>(Shape{5}, rng);
  const auto scores = embedding.scores(x), with_bias = embedding.scores(x, bias);
  for (Index r = 0; r < 4; ++r) {
    for (Index w = 0; w < 5; ++w) CHECK(with_bias(r, w) == doctest::Approx(scores(r, w) + bias[w]).epsilon(1e-12));
  }
  CHECK_THROWS_WITH_AS(embedding.scores(x, Tensor<double, 1>({4})), "embedding: the bias [4] does not fit a table of 5",
                       ShapeError);
}

TEST_CASE("embedding inference gives what training gives") {
  Rng rng(4);
  Embedding<float> embedding({.num_embeddings = 7, .embedding_dim = 5}, rng);
  const auto tokens = random_tokens({3, 4}, 7, rng);
  Embedding<float>::Context context;
  CHECK(embedding.forward(tokens) == embedding.forward(tokens, context));
}

TEST_CASE("embedding begins with the deviation asked for") {
  Rng rng(5);
  const auto mean_square = [&](const EmbeddingOptions& options) {
    Embedding<double> embedding(options, rng);
    double sum = 0;
    const auto weight = weight_of(embedding).value;
    for (const double value : weight) sum += value * value;
    return sum / static_cast<double>(weight.size());
  };
  CHECK(mean_square({.num_embeddings = 100, .embedding_dim = 100}) == doctest::Approx(1).epsilon(0.05));
  CHECK(mean_square({.num_embeddings = 100, .embedding_dim = 100, .standard_deviation = 0.1}) ==
        doctest::Approx(0.01).epsilon(0.05));
}

TEST_CASE("embedding of two blocks goes back to each block's own tokens") {
  Rng rng(6);
  Embedding<double> embedding({.num_embeddings = 2, .embedding_dim = 1}, rng);
  Embedding<double>::Context first;
  Embedding<double>::Context second;
  embedding.forward(Tensor<std::int32_t, 1>({1}, {0}), first);
  embedding.forward(Tensor<std::int32_t, 1>({1}, {1}), second);
  embedding.backward(Tensor<double, 2>({1, 1}, {10}), first);
  embedding.backward(Tensor<double, 2>({1, 1}, {20}), second);
  CHECK(weight_of(embedding).gradient == Tensor<double, 2>({2, 1}, {10, 20}));
}

TEST_CASE("embedding names a token that is not in the table") {
  Rng rng(8);
  Embedding<float> embedding({.num_embeddings = 10, .embedding_dim = 2}, rng);
  CHECK_THROWS_WITH_AS(embedding.forward(Tensor<std::int32_t, 2>({3, 2}, {0, 1, 2, 3, 4, 10})),
                       "embedding: token 10 at position [2, 1] is not in the table of 10 (tokens [3, 2])", IndexError);
  CHECK_THROWS_WITH_AS(embedding.forward(Tensor<std::int32_t, 1>({2}, {0, -1})),
                       "embedding: token -1 at position [1] is not in the table of 10 (tokens [2])", IndexError);
}

TEST_CASE("embedding names a gradient that does not fit, and a table that cannot be") {
  Rng rng(9);
  Embedding<float> embedding({.num_embeddings = 10, .embedding_dim = 2}, rng);
  Embedding<float>::Context context;
  embedding.forward(Tensor<std::int32_t, 1>({3}), context);
  CHECK_THROWS_WITH_AS(embedding.backward(Tensor<float, 2>({3, 4}), context),
                       "embedding: the gradient [3, 4] does not fit the output [3, 2]", ShapeError);
  CHECK_THROWS_WITH_AS(Embedding<float>({.num_embeddings = 10}, rng),
                       "embedding: cannot make a table of 10 x 0, each must be at least 1", OptionError);
  CHECK_THROWS_WITH_AS(Embedding<float>({.num_embeddings = 10, .embedding_dim = 2, .padding_index = 10}, rng),
                       "embedding: the padding index 10 is not in the table of 10", OptionError);
  CHECK_THROWS_WITH_AS(Embedding<float>({.num_embeddings = 10, .embedding_dim = 2, .padding_index = -1}, rng),
                       "embedding: the padding index -1 is not in the table of 10", OptionError);
}
