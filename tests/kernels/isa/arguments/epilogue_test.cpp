#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>
#include <pupil/kernels/conv/depthwise/conv2d.hpp>
#include <pupil/kernels/gemm/few_rows.hpp>
#include <pupil/kernels/window.hpp>

#include "support/product_check.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

ConvShape square_conv(const Shape<4>& x, Index out_channels, Index kernel, Index stride, Index padding, Index groups) {
  return {.batch = x[0],
          .height = x[1],
          .width = x[2],
          .in_channels = x[3],
          .out_height = output_extent(x[1], kernel, stride, padding, padding, 1),
          .out_width = output_extent(x[2], kernel, stride, padding, padding, 1),
          .out_channels = out_channels,
          .kernel = kernel,
          .stride = stride,
          .dilation = 1,
          .padding = padding,
          .groups = groups};
}

/// The output of a convolution by its fastest kernel.
Tensor<float, 4> convolve(const ConvShape& s, const Tensor<float, 4>& x, const Tensor<float, 2>& weight,
                          const Tensor<float, 1>& bias, const Epilogue<float>* epilogue) {
  Tensor<float, 4> y({s.batch, s.out_height, s.out_width, s.out_channels});
  if (s.is_depthwise()) {
    depthwise_conv2d_forward(s, x.data(), weight.data(), bias.data(), y.data(), epilogue);
  } else {
    conv2d_forward(s, x.data(), weight.data(), bias.data(), y.data(), epilogue);
  }
  return y;
}

}  // namespace

TEST_CASE("an epilogue scales, adds a residual and then rectifies") {
  const float scale = 2;
  const float shift = 1;
  const float residual = 3;
  const Epilogue<float> linear{.scale = &scale, .shift = &shift, .residual = &residual};
  CHECK(linear(-5, 0, 0) == -6);
  CHECK(Epilogue<float>(linear).rectified_by(Activation::relu)(-5, 0, 0) == 0);
  CHECK(Epilogue<float>(linear).rectified_by(Activation::relu)(5, 0, 0) == 14);
  CHECK(Epilogue<float>(linear).rectified_by(Activation::relu6)(5, 0, 0) == 6);
  CHECK(Epilogue<float>()(-5, 0, 0) == -5);
}

TEST_CASE("a NaN passes through the rectifiers of products and convolutions") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto epilogue = Epilogue<float>().rectified_by(Activation::relu6);
  auto a = Tensor<float, 2>::full({20, 3}, -1);
  a(15, 1) = nan;
  const auto b = Tensor<float, 2>::full({3, 40}, 1);
  Tensor<float, 2> c({20, 40});
  gemm(matrix(a), matrix(b), Destination<float>{c.data(), 40, false, nullptr, &epilogue});
  for (Index i = 0; i < c.size(); ++i) CHECK((i / 40 == 15 ? std::isnan(c[i]) : c[i] == 0));

  const ConvShape depthwise = square_conv({1, 1, 3, 5}, 5, 1, 1, 0, 5);
  auto x = Tensor<float, 4>::full({1, 1, 3, 5}, 100);
  x(0, 0, 1, 2) = nan;
  const auto y = convolve(depthwise, x, Tensor<float, 2>::full({5, 1}, 1), Tensor<float, 1>({5}), &epilogue);
  for (Index i = 0; i < y.size(); ++i) CHECK((i == 7 ? std::isnan(y[i]) : y[i] == 6));
}

TEST_CASE("a product by few rows ends with its epilogue") {
  constexpr std::uint64_t seed = 2;
  CAPTURE(seed);
  Rng rng(seed);
  for (int repetition = 0; repetition < 5; ++repetition) {
    const StridedMatrix<float> a(3, 50, rng);
    const StridedMatrix<float> w(9, 50, rng);
    check_product<float>({a.view()}, {w.view(), true}, {.epilogue = true}, usual_rounding<float>, rng,
                         [&](const auto& c) { multiply_few_rows(a.view(), transposed(w.view()), c); });
  }
}

TEST_CASE("a convolution with an epilogue is the convolution and then the epilogue, whatever the threads") {
  constexpr std::uint64_t seed = 3;
  CAPTURE(seed);
  Rng rng(seed);
  const PoisonedMemory poison;
  // In place and by patches, one step of the sum and several, lines outside the image at the first or the last step,
  // groups, and depthwise by every size of run and with a multiplier.
  for (const ConvShape& s :
       {square_conv({2, 9, 14, 20}, 40, 3, 1, 1, 1), square_conv({1, 7, 7, 200}, 33, 3, 2, 1, 1),
        square_conv({3, 6, 14, 16}, 64, 1, 1, 0, 1), square_conv({1, 3, 5, 16}, 8, 1, 1, 2, 1),
        square_conv({2, 12, 13, 3}, 10, 7, 2, 3, 1), square_conv({2, 5, 7, 12}, 18, 3, 1, 1, 3),
        square_conv({2, 9, 21, 37}, 37, 3, 1, 1, 37), square_conv({1, 8, 9, 20}, 40, 3, 2, 1, 20)}) {
    CAPTURE(message(Shape{s.batch, s.height, s.width, s.in_channels, s.out_channels, s.groups}));
    const auto x = random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng);
    const auto weight = random_tensor<float>(Shape{s.out_channels, s.patch_size()}, rng);
    const auto bias = random_tensor<float>(Shape{s.out_channels}, rng);
    auto expected = convolve(s, x, weight, bias, nullptr);
    const RandomEpilogue<float> epilogues({expected.rows(), s.out_channels}, rng);
    for (int repetition = 0; repetition < 4; ++repetition) {
      const Epilogue<float> epilogue = epilogues.some(rng);
      auto finished = expected;
      for (Index i = 0; i < finished.size(); ++i) finished[i] = epilogue(finished[i], i % s.out_channels, i);
      CHECK(relative_difference(convolve(s, x, weight, bias, &epilogue), finished) < 2e-6);
      if (repetition == 0) check_thread_counts([&] { return convolve(s, x, weight, bias, &epilogue); });
    }
  }
}
