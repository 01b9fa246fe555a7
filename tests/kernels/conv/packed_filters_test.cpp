#include <cstdint>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/conv2d.hpp>

#include "kernels/conv/random_shape.hpp"
#include "support/random_tensor.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;

namespace {

constexpr Precision all_precisions[] = {Precision::highest, Precision::high, Precision::medium};

struct ConvOperands {
  ConvOperands(const ConvShape& s, Rng& rng)
      : x(random_tensor<float>(Shape{s.batch, s.height, s.width, s.in_channels}, rng)),
        weight(random_tensor<float>(Shape{s.out_channels, s.kernel.height * s.kernel.width, s.in_channels_a_group()},
                                    rng)) {}

  Tensor<float, 4> x;
  Tensor<float, 3> weight;
};

Tensor<float, 4> output_of(const ConvShape& s, const ConvOperands& in, const PackedFilters<float>& packed) {
  auto y = Tensor<float, 4>::uninitialized({s.batch, s.out_height, s.out_width, s.out_channels});
  conv2d_forward(s, in.x.data(), in.weight.data(), static_cast<const float*>(nullptr), y.data(),
                 static_cast<const Epilogue<float>*>(nullptr), packed);
  return y;
}

/// What packing may know of a shape: nothing of the image.
ConvShape without_image(ConvShape shape) {
  shape.batch = shape.height = shape.width = shape.out_height = shape.out_width = 0;
  return shape;
}

}  // namespace

TEST_CASE("packed filters give every image the same bits as filters that are packed on the way") {
  constexpr std::uint64_t seed = 11;
  CAPTURE(seed);
  Rng rng(seed);
  for (int i = 0; i < 30; ++i) {
    CAPTURE(i);
    const ConvShape shape = i % 5 == 0 ? random_grouped_conv_shape({16, 3}, {16, 3}, rng) : random_conv_shape(rng);
    const ConvOperands in(shape, rng);
    for (const Precision precision : all_precisions) {
      CAPTURE(precision_name(precision));
      const PrecisionScope scope(precision);
      const PackedFilters<float> packed(without_image(shape), in.weight.data());
      CHECK(output_of(shape, in, packed) == output_of(shape, in, {}));
    }
  }
}

TEST_CASE("filters that were packed at one precision are not used at another") {
  Rng rng(12);
  const ConvShape shape{2, 12, 16, 32, 12, 16, 40, 3, 1, 1, 1, 1};
  const ConvOperands in(shape, rng);
  for (const Precision packed_at : all_precisions) {
    PackedFilters<float> packed;
    {
      const PrecisionScope scope(packed_at);
      packed = PackedFilters<float>(shape, in.weight.data());
    }
    for (const Precision used_at : all_precisions) {
      const PrecisionScope scope(used_at);
      CHECK(output_of(shape, in, packed) == output_of(shape, in, {}));
    }
  }
}

TEST_CASE("filters that images read in place are indeed read from where they were packed") {
  Rng rng(13);
  const ConvShape shape{1, 12, 16, 32, 12, 16, 40, 3, 1, 1, 1, 1};
  const ConvOperands in(shape, rng);
  ConvOperands other = in;
  other.weight.fill(0);
  for (const Precision precision : all_precisions) {
    const PrecisionScope scope(precision);
    const PackedFilters<float> packed(shape, in.weight.data());
    const bool are_packed = instruction_set() >= InstructionSet::avx512;
    CHECK(output_of(shape, other, packed) == output_of(shape, are_packed ? in : other, {}));
  }
}
