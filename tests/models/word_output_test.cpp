#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/word_output.hpp>
#include <pupil/nn/prepare.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/files.hpp"
#include "../support/gradient_check.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr Index hidden_size = 6, embedding_size = 4, word_count = 9;

/// As a decoder has them: an embedding, and an output that may share its weight.
template <class T>
struct ReadAndSay {
  ReadAndSay(const WordOutputOptions& options, Rng& rng)
      : embedding({.num_embeddings = word_count, .embedding_dim = options.embedding_size}, rng), output(options, rng) {}

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    embedding.visit(visitor, name / "embed");
    output.visit(visitor, name / "out");
  }

  Embedding<T> embedding;
  WordOutput<T> output;
};

WordOutputOptions output_options(bool projected, bool tied, Index embedding = embedding_size) {
  return {.hidden_size = hidden_size,
          .embedding_size = embedding,
          .vocabulary_size = word_count,
          .projected = projected,
          .tied = tied};
}

/// All that may be asked for: of tied rows without a projection the size is that of the hidden rows.
std::vector<WordOutputOptions> every_output() {
  return {output_options(false, false), output_options(true, false), output_options(false, true, hidden_size),
          output_options(true, true)};
}

template <class Model>
std::vector<std::string> names_of(Model& model) {
  std::vector<std::string> names;
  for_each_parameter(model, [&](const Name& name, auto&) { names.push_back(name.str()); });
  return names;
}

/// The parameter of that name.
template <std::size_t Rank, class Model>
Parameter<double, Rank> parameter_of(Model& model, const std::string& wanted) {
  Parameter<double, Rank> found;
  for_each_parameter(model, [&](const Name& name, auto& parameter) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(parameter)>, Parameter<double, Rank>>) {
      if (name.str() == wanted) found = parameter;
    }
  });
  REQUIRE_FALSE(found.value.empty());
  return found;
}

}  // namespace

TEST_CASE("read are scored by tanh(P h + p) against every row, and a bias") {
  Rng rng(1);
  for (const WordOutputOptions& options : every_output()) {
    CAPTURE(options.projected);
    CAPTURE(options.tied);
    ReadAndSay<double> model(options, rng);
    for_each_parameter(model, [&](const Name&, auto& parameter) {
      for (double& value : parameter.value) value = rng.normal<double>();  // tied biases begin as zeros
    });
    const auto hidden = random_tensor<double>(Shape{3, hidden_size}, rng);
    const auto logits = model.output.forward(hidden, model.embedding);
    REQUIRE(logits.shape() == Shape{3, word_count});

    const auto rows = parameter_of<2>(model, options.tied ? "embed.weight" : "out.weight").value;
    const auto bias = parameter_of<1>(model, "out.bias").value;
    for (Index r = 0; r < 3; ++r) {
      std::vector<double> compared(hidden.row(r), hidden.row(r) + hidden_size);
      if (options.projected) {
        const auto weight = parameter_of<2>(model, "out.projection.weight").value;
        const auto shift = parameter_of<1>(model, "out.projection.bias").value;
        compared.resize(embedding_size);
        for (Index i = 0; i < embedding_size; ++i) {
          double sum = shift[i];
          for (Index j = 0; j < hidden_size; ++j) sum += weight(i, j) * hidden(r, j);
          compared[static_cast<std::size_t>(i)] = std::tanh(sum);
        }
      }
      for (Index w = 0; w < word_count; ++w) {
        double expected = bias[w];
        for (std::size_t i = 0; i < compared.size(); ++i) expected += rows(w, static_cast<Index>(i)) * compared[i];
        CHECK(logits(r, w) == doctest::Approx(expected).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("inference gives the logits that training gives, and a prepared model nearly the same") {
  Rng rng(2);
  for (const WordOutputOptions& options : every_output()) {
    CAPTURE(options.projected);
    CAPTURE(options.tied);
    ReadAndSay<float> model(options, rng);
    const auto hidden = random_tensor<float>(Shape{5, hidden_size}, rng);
    WordOutput<float>::Context context;
    const auto logits = model.output.forward(hidden, model.embedding, context);
    CHECK(model.output.forward(hidden, model.embedding) == logits);
    const auto prepared = prepare(model);
    const auto nearly = prepared->output.forward(hidden, prepared->embedding);
    for (Index i = 0; i < logits.size(); ++i) CHECK(nearly[i] == doctest::Approx(logits[i]).epsilon(1e-5));
  }
}

TEST_CASE("gradients of hidden rows and of all parameters agree with differences") {
  Rng rng(3);
  const PoisonedMemory poison;
  for (const WordOutputOptions& options : every_output()) {
    CAPTURE(options.projected);
    CAPTURE(options.tied);
    const ReadAndSay<double> model(options, rng);
    auto hidden = random_tensor<double>(Shape{5, hidden_size}, rng);
    const auto cotangent = random_tensor<double>(Shape{5, word_count}, rng);

    auto subject = model;
    pupil::testing::detail::begin_gradients(subject);
    WordOutput<double>::Context context;
    subject.output.forward(hidden, subject.embedding, context);
    const auto d_hidden = subject.output.backward(cotangent, subject.embedding, context);

    auto probe = model;
    const auto evaluate = [&] {
      const auto logits = probe.output.forward(hidden, probe.embedding);
      double sum = 0;
      for (Index i = 0; i < logits.size(); ++i) sum += logits[i] * cotangent[i];
      return sum;
    };
    pupil::testing::detail::compare_with_differences("hidden", hidden, d_hidden, evaluate, {});
    const int expected = 1 + (options.projected ? 2 : 0) + (options.tied ? 1 : 2);  // embed; projection; out
    CHECK(pupil::testing::detail::compare_parameters(subject, probe, evaluate, {}) == expected);
  }
}

TEST_CASE("a tied weight collects the gradients of reading and of saying, and an optimizer sees one parameter") {
  Rng rng(4);
  ReadAndSay<double> model(output_options(true, true), rng);
  CHECK(names_of(model) ==
        std::vector<std::string>{"embed.weight", "out.projection.weight", "out.projection.bias", "out.bias"});
  CHECK(count_parameters(model) == word_count * embedding_size + embedding_size * (hidden_size + 1) + word_count);

  const Tensor<std::int32_t, 1> read({3}, {4, 0, 4});
  const auto d_read = random_tensor<double>(Shape{3, embedding_size}, rng);
  const auto hidden = random_tensor<double>(Shape{5, hidden_size}, rng);
  const auto d_logits = random_tensor<double>(Shape{5, word_count}, rng);
  const auto gradient_of = [&](bool reads, bool says) {
    zero_gradients(model);
    if (reads) {
      Embedding<double>::Context context;
      model.embedding.forward(read, context);
      model.embedding.backward(d_read, context);
    }
    if (says) {
      WordOutput<double>::Context context;
      model.output.forward(hidden, model.embedding, context);
      model.output.backward(d_logits, model.embedding, context);
    }
    return parameter_of<2>(model, "embed.weight").gradient;
  };
  const auto of_reading = gradient_of(true, false);
  const auto of_saying = gradient_of(false, true);
  const auto of_both = gradient_of(true, true);
  for (Index i = 0; i < of_both.size(); ++i) {
    CHECK(of_saying[i] != 0);
    CHECK(of_both[i] == doctest::Approx(of_reading[i] + of_saying[i]).epsilon(1e-12));
  }

  Adam<double> adam({.learning_rate = 0.1});
  const auto before = parameter_of<2>(model, "embed.weight").value;
  adam.step(model);
  const auto after = parameter_of<2>(model, "embed.weight").value;
  for (Index i = 0; i < before.size(); ++i) {  // Adam's first step is the learning rate, once
    CHECK(std::abs(after[i] - before[i]) == doctest::Approx(0.1).epsilon(1e-4));
  }
}

TEST_CASE("an output with a weight of its own leaves the embedding alone") {
  Rng rng(5);
  ReadAndSay<double> model(output_options(false, false), rng);
  CHECK(names_of(model) == std::vector<std::string>{"embed.weight", "out.weight", "out.bias"});
  zero_gradients(model);
  WordOutput<double>::Context context;
  model.output.forward(random_tensor<double>(Shape{2, hidden_size}, rng), model.embedding, context);
  model.output.backward(random_tensor<double>(Shape{2, word_count}, rng), model.embedding, context);
  CHECK(parameter_of<2>(model, "embed.weight").gradient == Tensor<double, 2>({word_count, embedding_size}));
}

TEST_CASE("without projection and tie it draws and computes what a Dense layer does") {
  Rng rng(6), same(6);
  const WordOutput<float> output(output_options(false, false), rng);
  const Dense<float> dense({.in_features = hidden_size, .out_features = word_count}, same);
  CHECK(rng.state().position == same.state().position);
  const Embedding<float> embedding({.num_embeddings = word_count, .embedding_dim = 1}, rng);
  const auto hidden = random_tensor<float>(Shape{7, hidden_size}, rng);
  CHECK(output.forward(hidden, embedding) == dense.forward(hidden));
}

TEST_CASE("word output gives the same bits for any number of threads") {
  check_thread_counts([] {
    Rng rng(7);
    ReadAndSay<float> model(
        {.hidden_size = 96, .embedding_size = 64, .vocabulary_size = word_count, .projected = true, .tied = true}, rng);
    const auto hidden = random_tensor<float>(Shape{1100, 96}, rng);  // several ranges of sums
    WordOutput<float>::Context context;
    const auto logits = model.output.forward(hidden, model.embedding, context);
    std::vector<float> numbers(logits.begin(), logits.end());
    const auto d_hidden = model.output.backward(logits, model.embedding, context);
    numbers.insert(numbers.end(), d_hidden.begin(), d_hidden.end());
    for_each_parameter(model, [&](const Name&, auto& parameter) {
      numbers.insert(numbers.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
    return numbers;
  });
}

TEST_CASE("sizes that do not fit are named, and so is a context that was not read") {
  Rng rng(8);
  CHECK(error_of<OptionError>([&] { WordOutput<float>(output_options(false, true), rng); }) ==
        "word_output: the embedding's rows of 4 cannot be compared with 6 numbers; project these, or let the output "
        "have weights of its own");
  CHECK_THROWS_AS(WordOutput<float>(output_options(true, false, 0), rng), OptionError);
  CHECK_THROWS_AS(WordOutput<float>(output_options(false, true, 0), rng), OptionError);
  CHECK_THROWS_AS(WordOutput<float>({.hidden_size = 3}, rng), OptionError);

  WordOutput<float> output(output_options(true, true), rng);
  Embedding<float> other({.num_embeddings = word_count, .embedding_dim = 5}, rng);
  Embedding<float> embedding({.num_embeddings = word_count, .embedding_dim = embedding_size}, rng);
  const auto hidden = random_tensor<float>(Shape{2, hidden_size}, rng);
  WordOutput<float>::Context context;
  CHECK(error_of<ShapeError>([&] { output.forward(hidden, other); }) ==
        "word_output: the embedding is [9, 5], the output was made to share [9, 4]");
  CHECK_THROWS_AS(output.forward(hidden, other, context), ShapeError);
  CHECK_THROWS_AS(output.forward(Tensor<float, 2>({2, 5}), embedding, context), ShapeError);
  CHECK_NOTHROW(output.forward(hidden, embedding, context));  // errors have emptied the context
  CHECK_THROWS_AS(output.forward(hidden, embedding, context), ContextError);
  CHECK_NOTHROW(output.forward(hidden, embedding, context));
  CHECK_THROWS_AS(output.backward(Tensor<float, 2>({2, 8}), embedding, context), ShapeError);
  CHECK_NOTHROW(output.backward(Tensor<float, 2>({2, word_count}), embedding, context));
}
