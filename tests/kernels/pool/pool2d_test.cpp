#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/pool/pool2d.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

struct PoolCase {
  Shape<4> x;
  PoolWindow window;
};

const std::vector<PoolCase> pool_cases{
    {{1, 1, 1, 1}, {1, 1, 0}},           {{2, 7, 5, 3}, {2, 2, 0}},
    {{2, 7, 5, 3}, {3, 2, 1}},           {{1, 9, 8, 17}, {{2, 5}, {3, 1}, {1, 0, 2, 1}}},
    {{3, 4, 6, 2}, {{3, 2}, {4, 5}, 1}}, {{1, 3, 3, 40}, {3, 1, {0, 1, 1, 0}}}};

/// Calls `use(x row, tap)` for the taps of output (i, j) that fall inside image n.
template <class Use>
void naive_taps(const PoolCase& c, Index n, Index i, Index j, const Use& use) {
  for (Index u = 0; u < c.window.kernel_size.height; ++u) {
    for (Index v = 0; v < c.window.kernel_size.width; ++v) {
      const Index y = i * c.window.stride.height + u - c.window.padding.top;
      const Index x = j * c.window.stride.width + v - c.window.padding.left;
      const bool inside = y >= 0 && y < c.x[1] && x >= 0 && x < c.x[2];
      if (inside) use((n * c.x[1] + y) * c.x[2] + x, u * c.window.kernel_size.width + v);
    }
  }
}

/// Calls `use(n, i, j, channel)` for every element.
template <class Use>
void for_each_element(const Shape<4>& shape, const Use& use) {
  for (Index n = 0; n < shape[0]; ++n) {
    for (Index i = 0; i < shape[1]; ++i) {
      for (Index j = 0; j < shape[2]; ++j) {
        for (Index channel = 0; channel < shape[3]; ++channel) use(n, i, j, channel);
      }
    }
  }
}

}  // namespace

TEST_CASE("max pooling finds what a search through every window finds") {
  Rng rng(1);
  for (const PoolCase& c : pool_cases) {
    CAPTURE(c.x);
    const auto x = random_tensor<float>(c.x, rng);
    auto y = Tensor<float, 4>::uninitialized(pooled_shape(c.x, c.window));
    auto found = Tensor<Tap, 4>::uninitialized(y.shape());
    max_pool2d(x, c.window, y, found);
    auto without_taps = Tensor<float, 4>::uninitialized(y.shape());
    max_pool2d(x, c.window, without_taps);
    CHECK(without_taps == y);

    const auto dy = random_tensor<float>(y.shape(), rng);
    Tensor<float, 4> expected_dx(c.x);
    for_each_element(y.shape(), [&](Index n, Index i, Index j, Index channel) {
      std::pair<float, Index> largest{-1e30F, -1};  // and the tap
      Index source = 0;
      naive_taps(c, n, i, j, [&](Index row, Index tap) {
        if (x.row(row)[channel] > largest.first) {
          largest = {x.row(row)[channel], tap};
          source = row;
        }
      });
      CHECK(y(n, i, j, channel) == largest.first);
      CHECK(found(n, i, j, channel) == largest.second);
      expected_dx.row(source)[channel] += dy(n, i, j, channel);
    });
    auto dx = Tensor<float, 4>::uninitialized(c.x);
    max_pool2d_backward(dy, found, c.window, dx);
    CHECK(relative_difference(dx, expected_dx) < 1e-6);
  }
}

TEST_CASE("average pooling gives the mean of every window, with and without its padding") {
  Rng rng(2);
  for (const PoolCase& c : pool_cases) {
    for (const bool count_padding : {true, false}) {
      CAPTURE(c.x);
      CAPTURE(count_padding);
      const auto x = random_tensor<float>(c.x, rng);
      auto y = Tensor<float, 4>::uninitialized(pooled_shape(c.x, c.window));
      avg_pool2d(x, c.window, count_padding, y);

      const auto dy = random_tensor<float>(y.shape(), rng);
      Tensor<float, 4> expected(y.shape());
      Tensor<float, 4> expected_dx(c.x);
      for_each_element(y.shape(), [&](Index n, Index i, Index j, Index channel) {
        float inside = 0;
        naive_taps(c, n, i, j, [&](Index, Index) { ++inside; });
        const float divisor =
            count_padding ? static_cast<float>(c.window.kernel_size.height * c.window.kernel_size.width) : inside;
        naive_taps(c, n, i, j, [&](Index row, Index) {
          expected(n, i, j, channel) += x.row(row)[channel] / divisor;
          expected_dx.row(row)[channel] += dy(n, i, j, channel) / divisor;
        });
      });
      CHECK(relative_difference(y, expected) < 1e-6);
      auto dx = Tensor<float, 4>::uninitialized(c.x);
      avg_pool2d_backward(dy, c.window, count_padding, dx);
      CHECK(relative_difference(dx, expected_dx) < 1e-6);
    }
  }
}

TEST_CASE("pooling gives the same bits for any number of threads") {
  Rng rng(3);
  const PoolWindow window{3, 2, 1};
  const auto x = random_tensor<float>(Shape{3, 61, 47, 24}, rng);
  const Shape<4> shape = pooled_shape(x.shape(), window);
  const auto dy = random_tensor<float>(shape, rng);
  check_thread_counts([&] {
    auto y = Tensor<float, 4>::uninitialized(shape);
    auto found = Tensor<Tap, 4>::uninitialized(shape);
    max_pool2d(x, window, y, found);
    auto dx = Tensor<float, 4>::uninitialized(x.shape());
    max_pool2d_backward(dy, found, window, dx);
    return std::pair(y, dx);
  });
  check_thread_counts([&] {
    auto y = Tensor<float, 4>::uninitialized(shape);
    avg_pool2d(x, window, true, y);
    auto dx = Tensor<float, 4>::uninitialized(x.shape());
    avg_pool2d_backward(dy, window, true, dx);
    return std::pair(y, dx);
  });
}
