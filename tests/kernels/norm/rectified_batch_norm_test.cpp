#include <cmath>
#include <limits>
#include <tuple>

#include <doctest/doctest.h>

#include <pupil/kernels/norm/rectified_batch_norm.hpp>

#include "support/gradient_check.hpp"
#include "support/random_tensor.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

template <class T>
struct Operands {
  Operands(const Shape<2>& shape, Rng& rng)
      : x(random_tensor<T>(shape, rng)),
        residual(random_tensor<T>(shape, rng)),
        dy(random_tensor<T>(shape, rng)),
        mean(random_tensor<T>(Shape{shape[1]}, rng)),
        scale(random_tensor<T>(Shape{shape[1]}, rng)),
        shift(random_tensor<T>(Shape{shape[1]}, rng)) {}

  Tensor<T, 2> x, residual, dy;
  Tensor<T, 1> mean, scale, shift;
};

template <class T>
struct Passes {
  Tensor<T, 2> y, dx, d_residual;
  Tensor<T, 1> sum_dy, sum_dy_x;
  bool operator==(const Passes&) const = default;
};

/// The passes as they are; scale and shift serve as factors of the backward pass too.
template <class T>
Passes<T> fused(const Operands<T>& in, bool with_residual, Activation activation) {
  const PoisonedMemory poison;
  Passes<T> out{Tensor<T, 2>::uninitialized(in.x.shape()), in.dy, Tensor<T, 2>::uninitialized(in.x.shape()),
                Tensor<T, 1>(in.mean.shape()), Tensor<T, 1>(in.mean.shape())};
  BitMask mask;
  normalize_and_rectify(matrix(in.x), in.mean, in.scale, in.shift, with_residual ? in.residual.data() : nullptr,
                        activation, out.y.data(), mask);
  const BitMask* const passes = activation == Activation::none ? nullptr : &mask;
  rectified_batch_norm_sums(matrix(in.dy), matrix(in.x), in.mean, passes, out.sum_dy, out.sum_dy_x);
  rectified_combine_columns(out.dx.data(), matrix(in.x), in.mean, in.scale, in.shift, in.mean, passes, out.dx.data(),
                            out.d_residual.data());
  return out;
}

/// The definition, one number at a time.
template <class T>
Passes<T> naive(const Operands<T>& in, bool with_residual, Activation activation) {
  Passes<T> out{in.x, in.x, in.x, Tensor<T, 1>(in.mean.shape()), Tensor<T, 1>(in.mean.shape())};
  for (Index i = 0; i < in.x.size(); ++i) {
    const Index c = i % in.x.columns();
    const T distance = in.x[i] - in.mean[c];
    const T z = distance * in.scale[c] + in.shift[c] + (with_residual ? in.residual[i] : T{0});
    const bool is_low = activation != Activation::none && z <= 0;
    const bool is_high = activation == Activation::relu6 && z >= 6;
    out.y[i] = is_low ? T{0} : is_high ? T{6} : z;
    const T dz = is_low || is_high ? T{0} : in.dy[i];
    out.sum_dy[c] += dz;
    out.sum_dy_x[c] += dz * distance;
    out.dx[i] = dz * in.scale[c] + distance * in.shift[c] + in.mean[c];
    out.d_residual[i] = dz;
  }
  return out;
}

template <class T>
void check_shape(const Shape<2>& shape, double tolerance, Rng& rng) {
  CAPTURE(shape);
  const Operands<T> in(shape, rng);
  for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6}) {
    for (const bool with_residual : {false, true}) {
      CAPTURE(with_residual);
      const auto actual = fused(in, with_residual, activation);
      const auto expected = naive(in, with_residual, activation);
      CHECK(relative_difference(actual.y, expected.y) < tolerance);
      CHECK(relative_difference(actual.dx, expected.dx) < tolerance);
      CHECK(relative_difference(actual.d_residual, expected.d_residual) < tolerance);
      CHECK(relative_difference(actual.sum_dy, expected.sum_dy) < 20 * tolerance);
      CHECK(relative_difference(actual.sum_dy_x, expected.sum_dy_x) < 20 * tolerance);
    }
  }
}

}  // namespace

TEST_CASE("batch norm, residual and rectifier in one pass agree with their definitions") {
  constexpr std::uint64_t seed = 1;
  CAPTURE(seed);
  Rng rng(seed);
  for (const Shape<2> shape :
       {Shape{2, 1}, Shape{3, 5}, Shape{70, 64}, Shape{300, 96}, Shape{40, 144}, Shape{5, 3000}}) {
    check_shape<double>(shape, 1e-13, rng);
  }
  check_shape<float>({999, 48}, 2e-6, rng);
}

TEST_CASE("a NaN passes through the fused rectifier") {
  Rng rng(2);
  Operands<float> in({4, 3}, rng);
  in.x(2, 1) = std::numeric_limits<float>::quiet_NaN();
  const auto out = fused(in, true, Activation::relu6);
  CHECK(std::isnan(out.y(2, 1)));
  CHECK(out.d_residual(2, 1) == in.dy(2, 1));
}

TEST_CASE("fused batch norm gives the same bits for any number of threads") {
  Rng rng(3);
  const Operands<float> in({3001, 50}, rng);
  check_thread_counts([&] { return fused(in, true, Activation::relu); });
}
