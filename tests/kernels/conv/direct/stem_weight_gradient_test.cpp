#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>

#include "kernels/conv/random_shape.hpp"

#if PUPIL_X86_KERNELS

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::fits_stem_weight_gradient;
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
    if (!fits_stem_weight_gradient(shape)) continue;
    ++stems;
    check_weight_gradient(shape, rng, [&](const float* x, const float* dy, float* gradient) {
      StemWeightGradient(shape, kernels::detail::input_patches(shape, x, 0), dy, gradient).run();
    });
  }
  CHECK(stems > 8);
}

#endif
