// What losses, initialization and visits of twins say of wrong shapes, options and targets: both what was given and
// what was wanted.

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/binary_cross_entropy_with_logits.hpp>
#include <pupil/nn/dense.hpp>
#include <pupil/nn/initialization.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/sequential.hpp>
#include <pupil/nn/side_by_side.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/summary.hpp>

#include "error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Targets = Tensor<std::int32_t, 1>;

/// What every loss of single numbers says; `loss` takes predictions, targets and options.
template <class Options, class Loss>
void check_elementwise_errors(const std::string& name, const Loss& loss) {
  const Sequences x({2, 3, 4});
  check_errors({
      {"targets",
       [&] {
         loss(x, Sequences({2, 4, 3}), Options{});
       },
       typeid(ShapeError), name + ": the targets [2, 4, 3] do not fit the predictions [2, 3, 4]"},
      {"divisor of 0", [&] { loss(x, x, Options{.divisor = 0}); }, typeid(OptionError),
       name + ": the divisor 0 is not positive"},
      {"divisor below 0", [&] { loss(x, x, Options{.divisor = -1}); }, typeid(OptionError),
       name + ": the divisor -1 is not positive"},
      {"divisor that is no number", [&] { loss(x, x, Options{.divisor = not_a_number}); }, typeid(OptionError),
       name + ": the divisor nan is not positive"},
      {"mask of sequences that lie one by one",
       [&] {
         loss(x, x, Options{.mask = Mask({3, 2})});
       },
       typeid(ShapeError), name + ": the mask [3, 2] does not fit the predictions [2, 3, 4]"},
      {"mask that is empty but was given",
       [&] {
         loss(x, x, Options{.mask = Mask({2, 0})});
       },
       typeid(ShapeError), name + ": the mask [2, 0] does not fit the predictions [2, 3, 4]"},
      {"mask of what has no steps",
       [&] {
         loss(Numbers({6}), Numbers({6}), Options{.mask = Mask({6, 1})});
       },
       typeid(ShapeError), name + ": the mask [6, 1] does not fit the predictions [6]"},
  });
}

}  // namespace

TEST_CASE("losses of single numbers name both sides of every error") {
  check_elementwise_errors<ElementwiseLossOptions>(
      "mean_squared_error", [](auto x, const auto& y, const auto& options) { mean_squared_error(x, y, options); });
  check_elementwise_errors<ElementwiseLossOptions>(
      "mean_absolute_error", [](auto x, const auto& y, const auto& options) { mean_absolute_error(x, y, options); });
  check_elementwise_errors<HuberLossOptions>(
      "huber_loss", [](auto x, const auto& y, const auto& options) { huber_loss(x, y, options); });
  check_elementwise_errors<BinaryCrossEntropyOptions>(
      "binary_cross_entropy_with_logits",
      [](auto x, const auto& y, const auto& options) { binary_cross_entropy_with_logits(x, y, options); });
}

TEST_CASE("the options of single losses name both sides of every error") {
  const Rows x({2, 3});
  const auto binary = [&](std::vector<double> weights) {
    return [&, weights] { binary_cross_entropy_with_logits(x, x, {.pos_weight = weights}); };
  };
  check_errors({
      {"delta of 0", [&] { huber_loss(x, x, {.delta = 0}); }, typeid(OptionError),
       "huber_loss: the delta 0 is not positive"},
      {"delta that is no number", [&] { huber_loss(x, x, {.delta = not_a_number}); }, typeid(OptionError),
       "huber_loss: the delta nan is not positive"},
      {"number of weights", binary({1, 2}), typeid(ShapeError),
       "binary_cross_entropy_with_logits: 2 weights do not fit the logits [2, 3]"},
      {"weight below 0", binary({1, -2, 1}), typeid(OptionError),
       "binary_cross_entropy_with_logits: weight 1 is -2, not a number from 0 on"},
      {"the only weight is no number", binary({not_a_number}), typeid(OptionError),
       "binary_cross_entropy_with_logits: weight 0 is nan, not a number from 0 on"},
  });
}

TEST_CASE("cross entropy names both sides of every error") {
  const Rows logits({2, 3});
  const Targets targets({2});
  const auto with = [&](const SoftmaxCrossEntropyOptions& options) {
    return [&, options] { softmax_cross_entropy(logits, targets, options); };
  };
  check_errors({
      {"target beyond the classes",
       [&] {
         softmax_cross_entropy(logits, Targets({2}, {0, 3}));
       },
       typeid(IndexError), "softmax_cross_entropy: target 3 of row 1 is not one of the 3 classes"},
      {"target below 0 that is not ignored",
       [&] {
         softmax_cross_entropy(logits, Targets({2}, {-2, 0}));
       },
       typeid(IndexError), "softmax_cross_entropy: target -2 of row 0 is not one of the 3 classes"},
      {"target of -1 where another is ignored",
       [&] {
         softmax_cross_entropy(logits, Targets({2}, {2, -1}), {.ignored_target = 0});
       },
       typeid(IndexError), "softmax_cross_entropy: target -1 of row 1 is not one of the 3 classes"},
      {"no classes",
       [&] {
         softmax_cross_entropy(Rows({2, 0}), targets);
       },
       typeid(IndexError), "softmax_cross_entropy: target 0 of row 0 is not one of the 0 classes"},
      {"number of targets", [&] { softmax_cross_entropy(logits, Targets({3})); }, typeid(ShapeError),
       "softmax_cross_entropy: the targets [3] do not fit the logits [2, 3]"},
      {"targets of sequences",
       [&] {
         softmax_cross_entropy(Sequences({4, 2, 3}), Tensor<std::int32_t, 2>({2, 4}));
       },
       typeid(ShapeError), "softmax_cross_entropy: the targets [2, 4] do not fit the logits [4, 2, 3]"},
      {"divisor of 0", with({.divisor = 0}), typeid(OptionError),
       "softmax_cross_entropy: the divisor 0 is not positive"},
      {"divisor that is no number", with({.divisor = not_a_number}), typeid(OptionError),
       "softmax_cross_entropy: the divisor nan is not positive"},
      {"smoothing beyond 1", with({.label_smoothing = 1.5}), typeid(OptionError),
       "softmax_cross_entropy: the label smoothing 1.5 is not in [0, 1]"},
      {"smoothing below 0", with({.label_smoothing = -0.1}), typeid(OptionError),
       "softmax_cross_entropy: the label smoothing -0.1 is not in [0, 1]"},
      {"smoothing that is no number", with({.label_smoothing = not_a_number}), typeid(OptionError),
       "softmax_cross_entropy: the label smoothing nan is not in [0, 1]"},
      {"number of class weights", with({.class_weights = {1, 2}}), typeid(ShapeError),
       "softmax_cross_entropy: 2 class weights for 3 classes"},
      {"class weight below 0", with({.class_weights = {1, -2, 1}}), typeid(OptionError),
       "softmax_cross_entropy: the weight -2 of class 1 is not a number from 0 on"},
      {"class weight that is no number", with({.class_weights = {1, 2, not_a_number}}), typeid(OptionError),
       "softmax_cross_entropy: the weight nan of class 2 is not a number from 0 on"},
  });
}

TEST_CASE("initialization names both sides of every error") {
  const auto filled = [](const TruncatedNormalOptions& options) {
    return [options] {
      Rng rng(1);
      Numbers tensor({3});
      fill_truncated_normal(tensor, options, rng);
    };
  };
  check_errors({
      {"standard deviation", filled({.standard_deviation = 0}), typeid(OptionError),
       "fill_truncated_normal: the standard deviation 0 is not positive"},
      {"empty interval", filled({.low = 1, .high = 1}), typeid(OptionError),
       "fill_truncated_normal: no numbers of mean 0 and standard deviation 1 from 1 to 1"},
      {"interval far above the mean", filled({.low = 40, .high = 50}), typeid(OptionError),
       "fill_truncated_normal: no numbers of mean 0 and standard deviation 1 from 40 to 50"},
      {"interval far below the mean", filled({.mean = 5, .low = -50, .high = -40}), typeid(OptionError),
       "fill_truncated_normal: no numbers of mean 5 and standard deviation 1 from -50 to -40"},
      {"mean that is no number", filled({.mean = not_a_number}), typeid(OptionError),
       "fill_truncated_normal: no numbers of mean nan and standard deviation 1 from -2 to 2"},
  });
}

TEST_CASE("models of several layers name both sides of every error") {
  const auto dense = [](Index in, Index out, bool bias) {
    return make<Dense<float>>(DenseOptions{.in_features = in, .out_features = out, .bias = bias});
  };
  const auto visit = [](Dense<float> a, Dense<float> b) {
    return [a, b]() mutable { SideBySide().visit(a, b, [](const Name&, auto&, auto&) {}); };
  };
  const Sequential net{dense(4, 5, true), dense(6, 7, true)};
  check_errors({
      {"layers that do not fit each other",
       [&] {
         Sequential copy = net;
         const std::string error = error_of([&] { net.forward(Rows({1, 4})); });
         CHECK(error_of([&] {
                 decltype(copy)::Context context;
                 copy.forward(Rows({1, 4}), context);
               }) == error);
         CHECK(error_of([&] { summary(copy, Shape{1, 4}); }) == error);
         net.forward(Rows({1, 4}));
       },
       typeid(ShapeError), "dense: input has 5 features, the layer was made for 6 (input [1, 5])"},
      {"twins of other shapes", visit(dense(2, 3, true), dense(3, 2, true)), typeid(ShapeError),
       "two models of one type are not alike: weight is [3, 2] in one and [2, 3] in the other"},
      {"a twin that is missing", visit(dense(2, 3, true), dense(2, 3, false)), typeid(ShapeError),
       "two models of one type are not alike: bias has no twin among the 1 parameters and buffers of the other"},
      {"a twin too many", visit(dense(2, 3, false), dense(2, 3, true)), typeid(ShapeError),
       "two models of one type are not alike: one visits 1 parameters and buffers, the other 2"},
  });
}
