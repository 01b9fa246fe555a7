#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/kernels/conv2d.hpp>

#include "../../support/random_tensor.hpp"
#include "../../support/thread_counts.hpp"
#include "../random_conv_shape.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::is_stem_weight_gradient;
using pupil::kernels::detail::StemWeightGradient;

TEST_CASE("weight gradients of images with few channels agree with the definition, whatever the threads") {
  if (instruction_set() < InstructionSet::avx512) {
    MESSAGE("skipped: this processor has no AVX-512");
    return;
  }
  const std::uint64_t seed = 59;
  CAPTURE(seed);
  Rng rng(seed);
  int stems = 0;
  for (int i = 0; i < 30; ++i) {
    CAPTURE(i);
    ConvShape shape = random_conv_shape(rng);
    shape.in_channels = random_between(1, 5, rng);
    shape.out_channels = 32 * random_between(1, 2, rng);
    if (!is_stem_weight_gradient(shape)) continue;
    ++stems;
    const auto x = random_tensor<float>(Shape{shape.batch, shape.height, shape.width, shape.in_channels}, rng);
    const auto dy =
        random_tensor<float>(Shape{shape.batch, shape.out_height, shape.out_width, shape.out_channels}, rng);
    auto expected = naive_weight_gradient(shape, x, dy);
    for (double& value : expected) value += 1;  // gradients are added to what is there
    const auto fast = [&] {
      auto gradient = Tensor<float, 3>::full(expected.shape(), 1);
      StemWeightGradient(shape, kernels::detail::input_patches(shape, x.data(), 0), dy.data(), gradient.data()).run();
      return gradient;
    };
    CHECK(relative_difference(fast(), expected) < 2e-6);
    check_thread_counts(fast);
  }
  CHECK(stems > 8);
}

#endif
