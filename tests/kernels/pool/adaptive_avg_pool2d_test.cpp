#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/pool/adaptive_avg_pool2d.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

struct AdaptivePoolCase {
  Shape<4> input;
  Size2d output_size;
};

const std::vector<AdaptivePoolCase> adaptive_pool_cases{
    {{1, 1, 1, 1}, 1}, {{2, 7, 5, 3}, {3, 2}}, {{1, 2, 3, 17}, {5, 3}}};

/// Whether pixel p lies in window i, by the definition.
bool lies_in(Index p, Index i, Index pixels, Index windows) {
  const double size = static_cast<double>(pixels) / static_cast<double>(windows);
  const double begin = std::floor(static_cast<double>(i) * size + 1e-9);
  const double end = std::ceil(static_cast<double>(i + 1) * size - 1e-9);
  return static_cast<double>(p) >= begin && static_cast<double>(p) < end;
}

}  // namespace

TEST_CASE("adaptive windows are the same seen from pixels and from windows") {
  for (Index pixels = 1; pixels <= 9; ++pixels) {
    for (Index windows = 1; windows <= 9; ++windows) {
      for (Index p = 0; p < pixels; ++p) {
        for (Index i = 0; i < windows; ++i) {
          CAPTURE(pixels);
          CAPTURE(windows);
          const Range window = adaptive_window(i, pixels, windows);
          const Range over = adaptive_window(p, windows, pixels);
          REQUIRE((p >= window.begin && p < window.end) == lies_in(p, i, pixels, windows));
          REQUIRE((i >= over.begin && i < over.end) == lies_in(p, i, pixels, windows));
        }
      }
    }
  }
}

TEST_CASE("adaptive average pooling gives the mean of every window") {
  Rng rng(1);
  for (const AdaptivePoolCase& test : adaptive_pool_cases) {
    const Shape<4> in = test.input;
    const Size2d size = test.output_size;
    CAPTURE(in);
    const auto x = random_tensor<float>(in, rng);
    const auto dy = random_tensor<float>(Shape{in[0], size.height, size.width, in[3]}, rng);
    Tensor<float, 4> expected(dy.shape());
    Tensor<float, 4> expected_dx(in);
    for (Index n = 0; n < in[0]; ++n) {
      for (Index i = 0; i < size.height; ++i) {
        for (Index j = 0; j < size.width; ++j) {
          std::vector<std::pair<Index, Index>> window;
          for (Index u = 0; u < in[1]; ++u) {
            for (Index v = 0; v < in[2]; ++v) {
              if (lies_in(u, i, in[1], size.height) && lies_in(v, j, in[2], size.width)) window.emplace_back(u, v);
            }
          }
          for (const auto& [u, v] : window) {
            for (Index c = 0; c < in[3]; ++c) {
              expected(n, i, j, c) += x(n, u, v, c) / static_cast<float>(window.size());
              expected_dx(n, u, v, c) += dy(n, i, j, c) / static_cast<float>(window.size());
            }
          }
        }
      }
    }
    auto y = Tensor<float, 4>::uninitialized(dy.shape());
    auto dx = Tensor<float, 4>::uninitialized(in);
    adaptive_avg_pool2d(x, y);
    adaptive_avg_pool2d_backward(dy, dx);
    CHECK(relative_difference(y, expected) < 1e-6);
    CHECK(relative_difference(dx, expected_dx) < 1e-6);
  }
}

TEST_CASE("adaptive average pooling gives the same bits for any number of threads") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 61, 47, 24}, rng);
  const auto dy = random_tensor<float>(Shape{3, 20, 9, 24}, rng);
  check_thread_counts([&] {
    auto y = Tensor<float, 4>::uninitialized(dy.shape());
    auto dx = Tensor<float, 4>::uninitialized(x.shape());
    adaptive_avg_pool2d(x, y);
    adaptive_avg_pool2d_backward(dy, dx);
    return std::pair(y, dx);
  });
}
