#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/resample/resample2d.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

/// Places that go past both ends, and skip pixels or repeat them.
ResampledAxis axis_between(Index inputs, Index outputs) {
  return {inputs, outputs, [=](Index o) {
            return source_between(
                (static_cast<double>(o) + 0.5) * static_cast<double>(inputs) / static_cast<double>(outputs) - 0.5,
                inputs);
          }};
}

/// What output o has of input i, by the definition: a hat of width 1 around the place of o.
double weight_by_definition(Index i, Index o, Index inputs, Index outputs) {
  double place = (static_cast<double>(o) + 0.5) * static_cast<double>(inputs) / static_cast<double>(outputs) - 0.5;
  place = std::min(std::max(place, 0.0), static_cast<double>(inputs - 1));
  return std::max(0.0, 1 - std::abs(place - static_cast<double>(i)));
}

}  // namespace

TEST_CASE("an axis knows what an output reads, and which outputs read an input") {
  for (Index inputs = 1; inputs <= 7; ++inputs) {
    for (Index outputs = 1; outputs <= 12; ++outputs) {
      const ResampledAxis axis = axis_between(inputs, outputs);
      for (Index i = 0; i < inputs; ++i) {
        for (Index o = 0; o < outputs; ++o) {
          CAPTURE(inputs);
          CAPTURE(outputs);
          const double weight = weight_by_definition(i, o, inputs, outputs);
          REQUIRE(std::abs(axis.source(o).of(i) - weight) < 1e-12);
          const Range readers = axis.readers(i);
          if (weight > 1e-12) REQUIRE((o >= readers.begin && o < readers.end));
        }
      }
    }
  }
}

TEST_CASE("resampling and its gradient are sums over all pixels by these weights") {
  Rng rng(1);
  for (const Shape<4> in : {Shape{1, 1, 1, 1}, Shape{2, 3, 5, 3}, Shape{1, 9, 2, 17}}) {
    for (const Size2d size : {Size2d(1), Size2d(4, 11), Size2d(6, 1)}) {
      CAPTURE(in);
      CAPTURE(size);
      const auto x = random_tensor<double>(in, rng);
      const auto dy = random_tensor<double>(Shape{in[0], size.height, size.width, in[3]}, rng);
      Tensor<double, 4> y(dy.shape());
      Tensor<double, 4> dx(in);
      for (Index n = 0; n < in[0]; ++n) {
        for (Index i = 0; i < size.height; ++i) {
          for (Index j = 0; j < size.width; ++j) {
            for (Index u = 0; u < in[1]; ++u) {
              for (Index v = 0; v < in[2]; ++v) {
                const double weight =
                    weight_by_definition(u, i, in[1], size.height) * weight_by_definition(v, j, in[2], size.width);
                for (Index c = 0; c < in[3]; ++c) {
                  y(n, i, j, c) += weight * x(n, u, v, c);
                  dx(n, u, v, c) += weight * dy(n, i, j, c);
                }
              }
            }
          }
        }
      }
      const ResampledAxis down = axis_between(in[1], size.height);
      const ResampledAxis across = axis_between(in[2], size.width);
      auto actual = Tensor<double, 4>::uninitialized(dy.shape());
      auto actual_dx = Tensor<double, 4>::uninitialized(in);
      resample2d(x, down, across, actual);
      resample2d_backward(dy, down, across, actual_dx);
      CHECK(relative_difference(actual, y) < 1e-13);
      CHECK(relative_difference(actual_dx, dx) < 1e-13);
    }
  }
}

TEST_CASE("resampling gives the same bits for any number of threads") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 17, 29, 33}, rng);
  const auto dy = random_tensor<float>(Shape{3, 37, 41, 33}, rng);
  const ResampledAxis down = axis_between(17, 37);
  const ResampledAxis across = axis_between(29, 41);
  check_thread_counts([&] {
    auto y = Tensor<float, 4>::uninitialized(dy.shape());
    auto dx = Tensor<float, 4>::uninitialized(x.shape());
    resample2d(x, down, across, y);
    resample2d_backward(dy, down, across, dx);
    std::vector<float> numbers(y.begin(), y.end());
    numbers.insert(numbers.end(), dx.begin(), dx.end());
    return numbers;
  });
}
