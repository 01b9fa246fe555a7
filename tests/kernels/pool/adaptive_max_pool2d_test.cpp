#include <algorithm>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/pool/adaptive_max_pool2d.hpp>

#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

TEST_CASE("adaptive max pooling gives the largest of every window, and its place the gradient") {
  Rng rng(1);
  for (const Shape<4> in : {Shape{1, 1, 1, 1}, Shape{2, 7, 5, 3}, Shape{1, 2, 3, 17}}) {
    for (const Size2d size : {Size2d(1), Size2d(3, 2), Size2d(5, 3)}) {
      CAPTURE(in);
      CAPTURE(size);
      const auto x = random_tensor<float>(in, rng);
      const auto dy = random_tensor<float>(Shape{in[0], size.height, size.width, in[3]}, rng);
      auto y = Tensor<float, 4>::full(dy.shape(), -std::numeric_limits<float>::infinity());
      Tensor<float, 4> dx(in);
      for (Index n = 0; n < in[0]; ++n) {
        for (Index i = 0; i < size.height; ++i) {
          for (Index j = 0; j < size.width; ++j) {
            const Range down = adaptive_window(i, in[1], size.height);
            const Range across = adaptive_window(j, in[2], size.width);
            for (Index c = 0; c < in[3]; ++c) {
              Index row = 0, column = 0;
              for (Index u = down.begin; u < down.end; ++u) {
                for (Index v = across.begin; v < across.end; ++v) {
                  if (x(n, u, v, c) <= y(n, i, j, c)) continue;
                  y(n, i, j, c) = x(n, u, v, c);
                  row = u;
                  column = v;
                }
              }
              dx(n, row, column, c) += dy(n, i, j, c);
            }
          }
        }
      }
      auto actual = Tensor<float, 4>::uninitialized(dy.shape());
      auto found = Tensor<PixelNumber, 4>::uninitialized(dy.shape());
      auto actual_dx = Tensor<float, 4>::uninitialized(in);
      adaptive_max_pool2d(x, actual, found);
      adaptive_max_pool2d_backward(dy, found, actual_dx);
      CHECK(actual == y);
      CHECK(relative_difference(actual_dx, dx) < 1e-6);
    }
  }
}

TEST_CASE("adaptive max pooling gives the same bits for any number of threads") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{3, 37, 29, 33}, rng);
  const auto dy = random_tensor<float>(Shape{3, 17, 11, 33}, rng);
  check_thread_counts([&] {
    auto y = Tensor<float, 4>::uninitialized(dy.shape());
    auto found = Tensor<PixelNumber, 4>::uninitialized(dy.shape());
    auto dx = Tensor<float, 4>::uninitialized(x.shape());
    adaptive_max_pool2d(x, y, found);
    adaptive_max_pool2d_backward(dy, found, dx);
    std::vector<float> numbers(y.begin(), y.end());
    numbers.insert(numbers.end(), dx.begin(), dx.end());
    return numbers;
  });
}
