#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/nn/cosine_embedding_loss.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

template <class T>
void check_golden_cosines(const std::string& name, const CosineEmbeddingLossOptions& options) {
  const SafetensorsFile file = fixture("more_losses");
  const auto read = [&](const char* which) { return file.read<T, 2>(name + "/" + which); };
  const auto loss =
      cosine_embedding_loss(read("first"), read("second"), file.read<std::int32_t, 1>(name + "/targets"), options);
  check_golden_tensor(file, name + "/loss", Tensor<T, 1>({1}, {loss.value}));
  check_golden_tensor(file, name + "/first.grad", loss.first);
  check_golden_tensor(file, name + "/second.grad", loss.second);
}

}  // namespace

TEST_CASE("the cosine loss turns rows to each other, or away") {
  const Tensor<double, 2> first({4, 2}, {1, 0, 1, 0, 1, 0, 1, 0}), second({4, 2}, {3, 0, 0, 2, 4, 4, -1, 0});
  const auto loss = cosine_embedding_loss(first, second, Tensor<std::int32_t, 1>({4}, {1, 1, -1, -1}), {.divisor = 1});
  CHECK(loss.value == doctest::Approx(0 + 1 + std::sqrt(0.5) + 0));
  CHECK(loss.first.row(3)[1] == 0);
  const auto allowed =
      cosine_embedding_loss(first, second, Tensor<std::int32_t, 1>({4}, {1, 1, -1, -1}), {.margin = 0.5});
  CHECK(allowed.value == doctest::Approx((1 + std::sqrt(0.5) - 0.5) / 4));
}

TEST_CASE_TEMPLATE("the cosine loss is what PyTorch computes", T, float, double) {
  check_golden_cosines<T>("cosine", {});
  check_golden_cosines<T>("cosine_margin", {.margin = 0.2});
}

TEST_CASE("cosine gradients agree with differences") {
  Rng rng(1);
  const PoisonedMemory poison;
  auto first = random_tensor<double>(Shape{3, 4, 19}, rng);
  auto second = random_tensor<double>(Shape{3, 4, 19}, rng);
  Tensor<std::int32_t, 2> targets({3, 4});
  for (auto& target : targets) target = rng.below(2) == 0 ? 1 : -1;
  const auto loss = [&] { return cosine_embedding_loss(first, second, targets, {.margin = 0.05}); };
  const auto value = [&] { return loss().value; };
  const auto gradients = loss();
  CHECK(gradients.count > 4);
  testing::detail::compare_with_differences("first", first, gradients.first, value, {});
  testing::detail::compare_with_differences("second", second, gradients.second, value, {});
}

TEST_CASE("rows of zeros have a loss that is a number, and a NaN is handed on") {
  Tensor<float, 2> rows({2, 5});
  const Tensor<std::int32_t, 1> together({2}, {1, 1});
  const auto loss = cosine_embedding_loss(rows, rows, together);
  CHECK(loss.value == 1);
  for (const float value : loss.first) CHECK(value == 0);
  auto unknown = rows;
  unknown[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(cosine_embedding_loss(unknown, rows, together).value));
}

TEST_CASE("the cosine loss names what does not fit") {
  const Tensor<float, 2> rows({2, 5}), others({2, 4});
  const Tensor<std::int32_t, 1> targets({2}, {1, 0});
  CHECK_THROWS_WITH_AS(cosine_embedding_loss(rows, others, targets),
                       "cosine_embedding_loss: [2, 4] and the targets [2] do not fit [2, 5]", ShapeError);
  CHECK_THROWS_WITH_AS(cosine_embedding_loss(rows, rows, targets),
                       "cosine_embedding_loss: target 0 of row 1 is neither 1 nor -1", IndexError);
  CHECK_THROWS_WITH_AS(cosine_embedding_loss(rows, rows, Tensor<std::int32_t, 1>({2}, {1, -1}), {.divisor = 0}),
                       "cosine_embedding_loss: the divisor 0 is not positive", OptionError);
}
