#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/ctc_loss.hpp>
#include <pupil/nn/softmax.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Classes = std::vector<std::int32_t>;
using CtcLengths = std::vector<Index>;

/// What a path is read as: without repetitions, and then without blanks.
Classes reading_of(const Classes& path, std::int32_t blank) {
  Classes reading;
  for (std::size_t t = 0; t < path.size(); ++t) {
    if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) reading.push_back(path[t]);
  }
  return reading;
}

/// The probability of a target of sequence b, over the first `length` steps: that of all paths that are read as it, one
/// after another.
double naive_probability(const Tensor<double, 3>& x, Index b, Index length, const Classes& target, std::int32_t blank) {
  double sum = 0;
  const auto classes = static_cast<std::int32_t>(x.dim(2));
  Classes path(static_cast<std::size_t>(length), 0);
  while (true) {
    if (reading_of(path, blank) == target) {
      double logarithm = 0;
      for (Index t = 0; t < length; ++t) logarithm += x(t, b, path[static_cast<std::size_t>(t)]);
      sum += std::exp(logarithm);
    }
    std::size_t t = 0;
    while (t < path.size() && ++path[t] == classes) path[t++] = 0;
    if (t == path.size()) return sum;
  }
}

Tensor<double, 3> random_log_probabilities(const Shape<3>& shape, Rng& rng) {
  return LogSoftmax<double>().forward(random_tensor<double>(shape, rng));
}

struct CtcCase {
  Tensor<std::int32_t, 2> targets;
  CtcLengths input_lengths;
  CtcLengths target_lengths;
};

/// Targets of 0 to 3 classes of 1 to 3, one with repetitions; 0 is the blank.
CtcCase some_targets() {
  return {
      Tensor<std::int32_t, 2>({5, 3}, {1, 2, 3, 2, 2, 9, 3, 9, 9, 9, 9, 9, 1, 2, 1}), {5, 4, 5, 3, 4}, {3, 2, 1, 0, 3}};
}

template <class T>
Loss<T, 3> ctc_loss_of(const Tensor<T, 3>& x, const CtcCase& c, const CtcLossOptions& options = {}) {
  return ctc_loss(x, c.targets, c.input_lengths, c.target_lengths, options);
}

template <class T>
void check_golden_ctc(const SafetensorsFile& file, const std::string& name, const CtcLossOptions& options,
                      Index count) {
  CAPTURE(name);
  const auto read_lengths = [&](const char* which) {
    const auto lengths = file.read<std::int64_t, 1>(name + "/" + which);
    return CtcLengths(lengths.begin(), lengths.end());
  };
  typename LogSoftmax<T>::Context context;
  const LogSoftmax<T> log_softmax;
  const auto loss = ctc_loss(log_softmax.forward(file.read<T, 3>(name + "/logits"), context),
                             file.read<std::int32_t, 2>(name + "/targets"), read_lengths("input_lengths"),
                             read_lengths("target_lengths"), options);
  CHECK(loss.count == count);
  check_golden_tensor(file, name + "/loss", Tensor<T, 1>({1}, {loss.value}));
  check_golden_tensor(file, name + "/gradient", log_softmax.backward(loss.gradient, context));
}

}  // namespace

TEST_CASE("ctc loss is the surprise of all paths together") {
  Rng rng(1);
  const auto x = random_log_probabilities(Shape{5, 5, 4}, rng);
  const CtcCase c = some_targets();
  double sum = 0, mean = 0;
  for (Index b = 0; b < 5; ++b) {
    const Index length = c.target_lengths[static_cast<std::size_t>(b)];
    const Classes target(c.targets.row(b), c.targets.row(b) + length);
    const double loss = -std::log(naive_probability(x, b, c.input_lengths[static_cast<std::size_t>(b)], target, 0));
    sum += loss;
    mean += loss / static_cast<double>(std::max<Index>(length, 1)) / 5;
  }
  CHECK(ctc_loss_of(x, c, {.divisor = 1}).value == doctest::Approx(sum).epsilon(1e-13));
  CHECK(ctc_loss_of(x, c).value == doctest::Approx(mean).epsilon(1e-13));
  CHECK(ctc_loss_of(x, c).count == 5);
}

TEST_CASE("the blank may be any class") {
  Rng rng(2);
  const auto x = random_log_probabilities(Shape{4, 1, 3}, rng);
  const auto loss = ctc_loss(x, Tensor<std::int32_t, 2>({1, 2}, {0, 1}), CtcLengths{4}, CtcLengths{2}, {.blank = 2});
  CHECK(loss.value == doctest::Approx(-std::log(naive_probability(x, 0, 4, {0, 1}, 2)) / 2).epsilon(1e-13));
}

TEST_CASE_TEMPLATE("ctc loss is what PyTorch computes, and so are the gradients of logits", T, float, double) {
  const SafetensorsFile file = fixture("more_losses");
  check_golden_ctc<T>(file, "ctc", {}, 4);
  check_golden_ctc<T>(file, "ctc_sum", {.blank = 4, .divisor = 1}, 4);
  check_golden_ctc<T>(file, "ctc_zero_infinity", {.zero_infinity = true}, 2);
}

TEST_CASE("ctc gradients agree with differences") {
  Rng rng(3);
  const PoisonedMemory poison;
  auto x = random_log_probabilities(Shape{6, 5, 4}, rng);
  const CtcCase c = some_targets();
  for (const CtcLossOptions& options : {CtcLossOptions{}, CtcLossOptions{.divisor = 3}}) {
    testing::detail::compare_with_differences("log probabilities", x, ctc_loss_of(x, c, options).gradient,
                                              [&] { return ctc_loss_of(x, c, options).value; }, {});
  }
}

TEST_CASE("what is behind the end of a sequence is never read, and has no gradient") {
  Rng rng(4);
  auto x = random_log_probabilities(Shape{6, 5, 4}, rng);
  const CtcCase c = some_targets();
  const auto before = ctc_loss_of(x, c);
  for (Index t = 0; t < 6; ++t) {
    for (Index b = 0; b < 5; ++b) {
      if (t < c.input_lengths[static_cast<std::size_t>(b)]) continue;
      std::fill_n(x.row(t * 5 + b), 4, std::numeric_limits<double>::quiet_NaN());
      for (Index k = 0; k < 4; ++k) CHECK(before.gradient(t, b, k) == 0);
    }
  }
  const auto after = ctc_loss_of(x, c);
  CHECK(after.value == before.value);
  CHECK(after.gradient == before.gradient);
}

TEST_CASE("long sequences do not underflow") {
  Rng rng(5);
  const Index time = 3000;
  const auto loss = ctc_loss(LogSoftmax<float>().forward(random_tensor<float>(Shape{time, 1, 30}, rng)),
                             Tensor<std::int32_t, 2>({1, 4}, {3, 3, 7, 1}), CtcLengths{time}, CtcLengths{4});
  CHECK(loss.value > 1000);
  CHECK(loss.value < 10000);
  double sum = 0;
  for (const float value : loss.gradient) sum += static_cast<double>(value);
  CHECK(sum == doctest::Approx(-static_cast<double>(time) / 4).epsilon(1e-5));  // each step is of some class
}

TEST_CASE("a sequence that is too short for its target counts for infinity, or for nothing") {
  Rng rng(6);
  const auto x = random_log_probabilities(Shape{3, 2, 4}, rng);
  const Tensor<std::int32_t, 2> targets({2, 2}, {2, 2, 1, 3});
  const CtcLengths input_lengths{2, 3};  // 2 2 needs a blank in the middle
  const CtcLengths target_lengths{2, 2};
  const auto infinite = ctc_loss(x, targets, input_lengths, target_lengths);
  CHECK(infinite.value == std::numeric_limits<double>::infinity());
  CHECK(infinite.count == 1);
  CHECK(std::isnan(infinite.gradient(0, 0, 0)));
  CHECK(infinite.gradient(2, 0, 0) == 0);
  CHECK(infinite.gradient(0, 1, 1) < 0);
  const auto zero = ctc_loss(x, targets, input_lengths, target_lengths, {.zero_infinity = true});
  CHECK(zero.value == doctest::Approx(-std::log(naive_probability(x, 1, 3, {1, 3}, 0)) / 4).epsilon(1e-13));
  CHECK(zero.count == 1);
  for (Index t = 0; t < 3; ++t) {
    for (Index k = 0; k < 4; ++k) CHECK(zero.gradient(t, 0, k) == 0);
  }
}

TEST_CASE("ctc loss hands a NaN on, and takes impossible classes") {
  Rng rng(7);
  auto x = random_log_probabilities(Shape{5, 5, 4}, rng);
  x(1, 0, 3) = -std::numeric_limits<double>::infinity();
  const CtcCase c = some_targets();
  CHECK(std::isfinite(ctc_loss_of(x, c).value));
  CHECK(ctc_loss_of(x, c).gradient(1, 0, 3) == 0);
  x(1, 0, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(ctc_loss_of(x, c).value));
}

TEST_CASE("ctc loss works in the memory of what is moved in") {
  Rng rng(8);
  auto x = random_log_probabilities(Shape{5, 5, 4}, rng);
  const double* const memory = x.data();
  const CtcCase c = some_targets();
  CHECK(ctc_loss(std::move(x), c.targets, c.input_lengths, c.target_lengths).gradient.data() == memory);
}

TEST_CASE("ctc loss names what does not fit") {
  const Tensor<float, 3> x({5, 2, 4});
  const Tensor<std::int32_t, 2> targets({2, 2}, {1, 2, 3, 3});
  const CtcLengths two{2, 2};
  const auto loss = [&](const CtcLengths& input_lengths, const CtcLengths& target_lengths,
                        const CtcLossOptions& options = {}) {
    return ctc_loss(x, targets, input_lengths, target_lengths, options);
  };
  CHECK_THROWS_WITH_AS(ctc_loss(x, Tensor<std::int32_t, 2>({3, 2}), two, two),
                       "ctc_loss: the targets [3, 2] do not fit the log probabilities [5, 2, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(loss({5}, two), "ctc_loss: 1 input lengths and 2 target lengths for 2 sequences", ShapeError);
  CHECK_THROWS_WITH_AS(loss({5, 6}, two), "ctc_loss: the length of input 1 is 6, not from 1 to 5", IndexError);
  CHECK_THROWS_WITH_AS(loss({5, 5}, {3, 2}), "ctc_loss: the length of target 0 is 3, not from 0 to 2", IndexError);
  CHECK_THROWS_WITH_AS(loss({5, 5}, two, {.blank = 3}),
                       "ctc_loss: class 3 at position 0 of target 1 is not one of the 4 classes, or is the blank",
                       IndexError);
  CHECK_THROWS_WITH_AS(loss({5, 5}, two, {.blank = 4}), "ctc_loss: the blank 4 is not one of the 4 classes",
                       OptionError);
  CHECK_THROWS_WITH_AS(loss({5, 5}, two, {.divisor = 0}), "ctc_loss: the divisor 0 is not positive", OptionError);
}
