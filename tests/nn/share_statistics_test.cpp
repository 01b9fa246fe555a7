// Parts of a batch that are all alike, beside the whole: what is shared is then a multiple of one part's. Parts that
// differ are in tests/distributed/sync_batch_norm_test.cpp.

#include <algorithm>
#include <span>

#include <doctest/doctest.h>

#include <pupil/nn/batch_norm1d.hpp>
#include <pupil/nn/conv2d_norm_activation.hpp>
#include <pupil/nn/share_statistics.hpp>

#include "support/files.hpp"
#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr Index parts = 3;

void sum_of_equal_parts(std::span<double> numbers) {
  for (double& number : numbers) number *= parts;
}

/// The same part as often as there are parts.
template <std::size_t Rank>
Tensor<double, Rank> whole_of(const Tensor<double, Rank>& part) {
  Shape<Rank> shape = part.shape();
  shape[0] *= parts;
  Tensor<double, Rank> whole(shape);
  for (Index i = 0; i < parts; ++i) std::copy(part.begin(), part.end(), whole.data() + i * part.size());
  return whole;
}

/// A step of one of the parts, whose layer shares its statistics, is that of the whole, in outputs, gradients and
/// averages.
template <class Layer, std::size_t Rank>
void check_step(Layer layer, const Tensor<double, Rank>& x, Rng& rng) {
  Layer shared = layer;
  share_statistics(shared, sum_of_equal_parts);
  typename Layer::Context context, shared_context;
  const auto y = layer.forward(whole_of(x), context);
  const auto y_of_part = shared.forward(x, shared_context);
  CHECK(relative_difference(whole_of(y_of_part), y) < 1e-13);

  const auto dy = random_tensor<double>(y_of_part.shape(), rng);
  const auto dx = layer.backward(whole_of(dy), context);
  const auto dx_of_part = shared.backward(dy, shared_context);
  CHECK(relative_difference(whole_of(dx_of_part), dx) < 1e-12);

  std::vector<double> expected, found;
  for_each_parameter(layer, [&](const Name&, const auto& parameter) {
    for (const double g : parameter.gradient) expected.push_back(g);
  });
  for_each_parameter(shared, [&](const Name&, const auto& parameter) {
    for (const double g : parameter.gradient) found.push_back(parts * g);
  });
  for_each_buffer(
      layer, [&](const Name&, const auto& buffer) { expected.insert(expected.end(), buffer.begin(), buffer.end()); });
  for_each_buffer(shared,
                  [&](const Name&, const auto& buffer) { found.insert(found.end(), buffer.begin(), buffer.end()); });
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-11));
}

}  // namespace

TEST_CASE("a part of a batch is normalized, and goes back, as it is in the whole") {
  Rng rng(1);
  check_step(BatchNorm1d<double>({.num_features = 3}), random_tensor<double>(Shape{5, 3}, rng), rng);
  Conv2dNormActivation<double> block(
      {.conv = {.in_channels = 2, .out_channels = 4, .kernel_size = 3, .padding = 1}, .activation = Activation::relu},
      rng);
  check_step(std::move(block), random_tensor<double>(Shape{2, 4, 4, 2}, rng), rng);
}

TEST_CASE("frozen statistics are not shared") {
  Rng rng(2);
  BatchNorm1d<double> layer({.num_features = 3, .frozen_statistics = true});
  share_statistics(layer, [](std::span<double>) { FAIL("there is nothing to sum"); });
  BatchNorm1d<double>::Context context;
  const auto x = random_tensor<double>(Shape{5, 3}, rng);
  layer.forward(x, context);
  layer.backward(x, context);
}

TEST_CASE("inference shares nothing, and nothing is shared any more without a sum") {
  Rng rng(3);
  BatchNorm1d<double> layer({.num_features = 3}), plain({.num_features = 3});
  const auto x = random_tensor<double>(Shape{5, 3}, rng);
  int sums = 0;
  share_statistics(layer, [&](std::span<double>) { ++sums; });
  layer.forward(x);
  CHECK(sums == 0);
  share_statistics(layer, {});
  BatchNorm1d<double>::Context context, of_plain;
  const auto y = layer.forward(x, context), expected = plain.forward(x, of_plain);
  CHECK(std::equal(y.begin(), y.end(), expected.begin()));
  CHECK(sums == 0);
}

TEST_CASE("one row is enough where others have some, and an error where they have none") {
  BatchNorm1d<double> layer({.num_features = 2});
  const Tensor<double, 2> row({1, 2}, {1, 2});
  BatchNorm1d<double>::Context context;
  share_statistics(layer, sum_of_equal_parts);
  layer.forward(row, context);
  share_statistics(layer, [](std::span<double>) {});
  BatchNorm1d<double>::Context alone;
  CHECK(contains(error_of<ShapeError>([&] { layer.forward(row, alone); }), "more than one value a channel"));
}
