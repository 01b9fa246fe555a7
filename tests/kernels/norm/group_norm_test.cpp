#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/norm/group_norm.hpp>

#include "support/gradient_check.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

struct GroupNormCase {
  Index images, pixels, channels, groups;
};

/// One pixel, one group, a group for each channel, and images of several ranges of rows.
const std::vector<GroupNormCase> group_norm_cases{
    {1, 1, 2, 1}, {2, 1, 6, 3}, {3, 7, 6, 1}, {2, 5, 6, 6}, {2, 3000, 20, 5}};

template <class T>
struct GroupNormPasses {
  Tensor<T, 2> y, dx;
  Tensor<T, 1> dw, db;
  bool operator==(const GroupNormPasses&) const = default;
};

template <class T>
struct GroupNormOperands {
  GroupNormOperands(const GroupNormCase& c, Rng& rng)
      : x(random_tensor<T>(Shape{c.images * c.pixels, c.channels}, rng)),
        dy(random_tensor<T>(x.shape(), rng)),
        weight(random_tensor<T>(Shape{c.channels}, rng)),
        bias(random_tensor<T>(Shape{c.channels}, rng)) {}

  Tensor<T, 2> x, dy;
  Tensor<T, 1> weight, bias;
};

/// The gradients of weight and bias are added to 1 and 2.
template <class T>
GroupNormPasses<T> fast_group_norm(const GroupNormCase& c, const GroupNormOperands<T>& in, double epsilon) {
  GroupNormPasses<T> out{Tensor<T, 2>::uninitialized(in.x.shape()), in.dy, Tensor<T, 1>::full(in.weight.shape(), 1),
                         Tensor<T, 1>::full(in.weight.shape(), 2)};
  GroupMoments<T> moments{Tensor<T, 2>::uninitialized({c.images, c.groups}),
                          Tensor<T, 2>::uninitialized({c.images, c.groups})};
  group_norm(matrix(in.x), epsilon, in.weight, in.bias, moments, out.y.data());
  group_norm_backward(out.dx.data(), matrix(in.x), moments, in.weight, out.dw.data(), out.db.data());
  return out;
}

/// By the definition; the gradient by the chain rule through mean and variance, term by term.
GroupNormPasses<double> naive_group_norm(const GroupNormCase& c, const GroupNormOperands<double>& in, double epsilon) {
  GroupNormPasses<double> out{Tensor<double, 2>(in.x.shape()), Tensor<double, 2>(in.x.shape()),
                              Tensor<double, 1>::full(in.weight.shape(), 1),
                              Tensor<double, 1>::full(in.weight.shape(), 2)};
  const Index width = c.channels / c.groups;
  const double count = static_cast<double>(c.pixels * width);
  for (Index image = 0; image < c.images; ++image) {
    for (Index group = 0; group < c.groups; ++group) {
      // Calls use(row, channel) for every number of the group.
      const auto for_each = [&](const auto& use) {
        for (Index row = image * c.pixels; row < (image + 1) * c.pixels; ++row) {
          for (Index channel = group * width; channel < (group + 1) * width; ++channel) use(row, channel);
        }
      };
      double mean = 0;
      double variance = 0;
      for_each([&](Index r, Index k) { mean += in.x(r, k) / count; });
      for_each([&](Index r, Index k) { variance += std::pow(in.x(r, k) - mean, 2) / count; });
      const double deviation = std::sqrt(variance + epsilon);
      double mean_gradient = 0;
      double variance_gradient = 0;
      for_each([&](Index r, Index k) {
        const double distance = in.x(r, k) - mean;
        const double g = in.dy(r, k) * in.weight[k];
        out.y(r, k) = distance / deviation * in.weight[k] + in.bias[k];
        out.dw[k] += in.dy(r, k) * distance / deviation;
        out.db[k] += in.dy(r, k);
        mean_gradient -= g / deviation;
        variance_gradient -= g * distance / (2 * std::pow(deviation, 3));
      });
      for_each([&](Index r, Index k) {
        out.dx(r, k) = in.dy(r, k) * in.weight[k] / deviation + mean_gradient / count +
                       variance_gradient * 2 * (in.x(r, k) - mean) / count;
      });
    }
  }
  return out;
}

}  // namespace

TEST_CASE("group normalization agrees with its definition") {
  Rng rng(1);
  for (const GroupNormCase& c : group_norm_cases) {
    CAPTURE(c.pixels);
    CAPTURE(c.groups);
    const GroupNormOperands<double> operands(c, rng);
    const PoisonedMemory poison;
    const auto fast = fast_group_norm(c, operands, 0.01);
    const auto naive = naive_group_norm(c, operands, 0.01);
    CHECK(relative_difference(fast.y, naive.y) < 1e-12);
    CHECK(relative_difference(fast.dx, naive.dx) < 1e-12);
    CHECK(relative_difference(fast.dw, naive.dw) < 1e-12);
    CHECK(relative_difference(fast.db, naive.db) < 1e-12);
  }
}

TEST_CASE("channels whose means lie far apart share the moments of their group") {
  Rng rng(2);
  const GroupNormCase c{1, 5, 2, 1};
  GroupNormOperands<double> operands(c, rng);
  for (Index r = 0; r < c.pixels; ++r) operands.x(r, 1) += 1e4;
  CHECK(relative_difference(fast_group_norm(c, operands, 1e-5).y, naive_group_norm(c, operands, 1e-5).y) < 1e-11);
}

TEST_CASE("group normalization gives the same bits for any number of threads") {
  Rng rng(3);
  for (const GroupNormCase& c : {GroupNormCase{5, 1501, 24, 4}, GroupNormCase{1, 9001, 24, 4}}) {
    const GroupNormOperands<float> operands(c, rng);
    check_thread_counts([&] { return fast_group_norm(c, operands, 1e-5); });
  }
}
