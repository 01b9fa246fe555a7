#include <limits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/length_mask.hpp>
#include <pupil/nn/loss.hpp>

#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// The mean of x y, whose slope is y.
template <class T, std::size_t Rank>
Loss<T, Rank> mean_product(Tensor<T, Rank> x, const Tensor<T, Rank>& y, const ElementwiseLossOptions& options = {}) {
  using Lanes = kernels::Lanes<T>;
  return pupil::detail::elementwise_loss("mean_product", std::move(x), y, options,
                                         [](Index, const Lanes& a, const Lanes& b) {
                                           return pupil::detail::LossLanes<T>{a * b, b};
                                         });
}

}  // namespace

TEST_CASE("a loss of elements is their mean, or their sum over a divisor") {
  const Tensor<double, 2> x({2, 2}, {1, 2, 3, 4});
  const Tensor<double, 2> y({2, 2}, {1, 1, 2, 2});
  const auto mean = mean_product(x, y);
  CHECK(mean.value == 17. / 4);
  CHECK(mean.count == 4);
  CHECK(mean.gradient == Tensor<double, 2>({2, 2}, {0.25, 0.25, 0.5, 0.5}));
  const auto sum = mean_product(x, y, {.divisor = 1});
  CHECK(sum.value == 17);
  CHECK(sum.count == 4);
  CHECK(sum.gradient == y);
}

TEST_CASE("steps that the mask leaves out count for nothing, and may hold anything") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Index> lengths{1, 2};
  const ElementwiseLossOptions options{.mask = steps_within(lengths, 2)};
  // [time, batch, features]: step 1 of sequence 0 is padding.
  const Tensor<double, 3> x({2, 2, 2}, {1, 2, 3, 4, nan, nan, 5, 6});
  const Tensor<double, 3> y({2, 2, 2}, {1, 1, 1, 1, nan, 1, 1, 1});
  const auto loss = mean_product(x, y, options);
  CHECK(loss.value == 21. / 6);
  CHECK(loss.count == 6);
  const double one = 1. / 6;
  CHECK(loss.gradient == Tensor<double, 3>({2, 2, 2}, {one, one, one, one, 0, 0, one, one}));
  // One number a step.
  const auto flat =
      mean_product(Tensor<double, 2>({2, 2}, {1, 2, nan, 4}), Tensor<double, 2>::full({2, 2}, 1), options);
  CHECK(flat.value == 7. / 3);
}

TEST_CASE("where nothing counts, value and gradient are 0") {
  const std::vector<Index> lengths{0, 0};
  const Tensor<float, 2> x({2, 2}, {1, 2, 3, 4});
  const auto loss = mean_product(x, x, {.mask = steps_within(lengths, 2)});
  CHECK(loss.value == 0);
  CHECK(loss.count == 0);
  CHECK(loss.gradient == Tensor<float, 2>({2, 2}));
  CHECK(mean_product(Tensor<float, 2>({0, 3}), Tensor<float, 2>({0, 3})).value == 0);
}

TEST_CASE("a loss makes the gradient in the memory of the predictions") {
  Tensor<float, 1> x({5});
  const float* const memory = x.data();
  CHECK(mean_product(std::move(x), Tensor<float, 1>({5})).gradient.data() == memory);
}

TEST_CASE("a loss of many small numbers loses none of them") {
  const auto x = Tensor<float, 1>::full({1000001}, 0.1F);  // added one after another as floats they make 100,958
  const auto ones = Tensor<float, 1>::full({1000001}, 1);
  CHECK(mean_product(x, ones, {.divisor = 1}).value == static_cast<float>(1000001 * double{0.1F}));
}

TEST_CASE("a loss of elements names what does not fit") {
  const Tensor<float, 3> x({2, 3, 4});
  CHECK_THROWS_WITH_AS(mean_product(x, Tensor<float, 3>({2, 4, 3})),
                       "mean_product: the targets [2, 4, 3] do not fit the predictions [2, 3, 4]", ShapeError);
  CHECK_THROWS_WITH_AS(mean_product(x, x, {.divisor = -1}), "mean_product: the divisor -1 is not positive",
                       OptionError);
  CHECK_THROWS_WITH_AS(mean_product(x, x, {.mask = Tensor<bool, 2>({3, 2})}),
                       "mean_product: the mask [3, 2] does not fit the predictions [2, 3, 4]", ShapeError);
  const Tensor<float, 1> flat({6});
  CHECK_THROWS_WITH_AS(mean_product(flat, flat, {.mask = Tensor<bool, 2>({6, 1})}),
                       "mean_product: the mask [6, 1] does not fit the predictions [6]", ShapeError);
}
