#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/plan.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

constexpr ComputeSettings by_portable_code{InstructionSet::portable, TileUnit::none, Precision::highest, true};
constexpr ComputeSettings by_avx2{InstructionSet::avx2, TileUnit::none, Precision::highest, true};
constexpr ComputeSettings by_avx512{InstructionSet::avx512, TileUnit::none, Precision::highest, true};
constexpr ComputeSettings by_vectors{InstructionSet::avx512_bf16, TileUnit::vectors, Precision::medium, true};
constexpr ComputeSettings by_amx{InstructionSet::amx, TileUnit::hardware, Precision::medium, true};

ConvShape shape_of(Index batch, Index extent, Index in_channels, Index out_channels, Index kernel, Index stride = 1,
                   Index groups = 1) {
  const Index out = (extent + 2 * (kernel / 2) - kernel) / stride + 1;
  return {batch, extent, extent, in_channels, out, out, out_channels, kernel, stride, 1, kernel / 2, groups};
}

std::string plan_of(const ConvShape& shape, const ComputeSettings& settings) {
  std::ostringstream text;
  text << plan_conv2d(shape, settings);
  return text.str();
}

[[maybe_unused]] ComputeSettings without_winograd(ComputeSettings settings) {
  settings.allows_winograd = false;
  return settings;
}

}  // namespace

#if PUPIL_X86_KERNELS

TEST_CASE("the plan of a convolution follows from its shape, the instructions and the precision alone") {
  struct Row {
    ConvShape shape;
    ComputeSettings settings;
    ConvAlgorithm forward, data_gradient, weight_gradient;
  };
  using enum ConvAlgorithm;
  const ConvShape inner = shape_of(16, 56, 64, 64, 3), strided = shape_of(16, 56, 64, 128, 3, 2);
  const ConvShape first = shape_of(16, 224, 3, 64, 7, 2), product = shape_of(16, 28, 256, 64, 1);
  const ConvShape grouped = shape_of(16, 28, 32, 32, 3, 1, 2), narrow = shape_of(64, 5, 64, 64, 3);
  const Row rows[] = {
      {inner, by_portable_code, patches, phases, patches},
      {inner, by_avx2, winograd, winograd, winograd},
      {inner, by_avx512, winograd, winograd, in_place},
      {shape_of(16, 28, 128, 128, 3), by_avx512, winograd, winograd, winograd},
      {shape_of(16, 7, 512, 512, 3), by_avx512, in_place, phases, winograd},
      {inner, without_winograd(by_avx2), patches, phases, patches},
      {inner, without_winograd(by_avx512), in_place, phases, in_place},
      {inner, by_vectors, in_place_bf16, phases, in_place_bf16},
      {inner, by_amx, in_place_bf16, phases, in_place_bf16},
      {strided, by_avx2, patches, phases, patches},
      {strided, by_avx512, in_place, phases, in_place},
      {first, by_avx2, patches, joined_phases, patches},
      {first, by_avx512, in_place, joined_phases, ConvAlgorithm::stem},
      {product, by_avx512, in_place, phases, patches},
      {product, by_vectors, in_place_bf16, phases, in_place_bf16},
      {grouped, by_avx512, patches, phases, in_place},
      {narrow, by_avx512, winograd, winograd, in_place},
      {narrow, without_winograd(by_avx512), patches, phases, in_place},
  };
  for (const Row& row : rows) {
    CAPTURE(explain_conv2d(row.shape, row.settings));
    CHECK((plan_conv2d(row.shape, row.settings) == ConvPlan{row.forward, row.data_gradient, row.weight_gradient}));
  }
}

TEST_CASE("Winograd's is for 3 x 3 taps of stride 1, without groups, and whole registers of channels") {
  const auto suits = [](const ConvShape& shape) {
    return kernels::detail::suits_winograd(shape, InstructionSet::avx2);
  };
  CHECK(suits(shape_of(1, 9, 16, 24, 3)));
  CHECK_FALSE(suits(shape_of(1, 9, 16, 20, 3)));
  CHECK_FALSE(suits(shape_of(1, 9, 12, 16, 3)));
  CHECK_FALSE(suits(shape_of(1, 9, 16, 16, 5)));
  CHECK_FALSE(suits(shape_of(1, 9, 16, 16, 3, 2)));
  CHECK_FALSE(suits(shape_of(1, 9, 16, 16, 3, 1, 2)));
  ConvShape dilated = shape_of(1, 9, 16, 16, 3);
  dilated.dilation = 2;
  CHECK_FALSE(suits(dilated));
  CHECK_FALSE(kernels::detail::suits_winograd(shape_of(1, 9, 24, 32, 3), InstructionSet::avx512));
}

TEST_CASE("Winograd's is not worth it for few channels or few pixels") {
  const auto is_winograd = [](const ConvShape& shape, const ComputeSettings& settings) {
    return plan_forward(shape, settings) == ConvAlgorithm::winograd;
  };
  CHECK(is_winograd(shape_of(16, 28, 16, 16, 3), by_avx2));
  CHECK_FALSE(is_winograd(shape_of(16, 28, 8, 16, 3), by_avx2));
  CHECK(is_winograd(shape_of(16, 28, 32, 32, 3), by_avx512));
  CHECK_FALSE(is_winograd(shape_of(16, 28, 16, 32, 3), by_avx512));
  CHECK(is_winograd(shape_of(1, 56, 64, 64, 3), by_avx512));
  CHECK_FALSE(is_winograd(shape_of(1, 28, 64, 64, 3), by_avx512));
  CHECK(is_winograd(shape_of(1, 28, 64, 64, 3), by_avx2));
  CHECK_FALSE(is_winograd(shape_of(1, 14, 64, 64, 3), by_avx2));
}

TEST_CASE("a batch of one image has its weight gradient by floats where pairs would be half empty") {
  CHECK(plan_weight_gradient(shape_of(1, 28, 64, 64, 3), by_vectors) == ConvAlgorithm::in_place);
  CHECK(plan_weight_gradient(shape_of(1, 28, 64, 64, 3), by_amx) == ConvAlgorithm::in_place_bf16);
}

#endif

TEST_CASE("without positions there is nothing to read in place") {
  CHECK(plan_forward(shape_of(0, 28, 64, 64, 3), by_avx512) == ConvAlgorithm::patches);
  CHECK(plan_weight_gradient(shape_of(0, 28, 64, 64, 3), by_avx512) == ConvAlgorithm::patches);
}

TEST_CASE("a plan prints itself, with the shape that it is for") {
  const ConvShape shape = shape_of(16, 56, 64, 128, 3, 2);
  CHECK(plan_of(shape, by_portable_code) == "forward patches, data gradient phases, weight gradient patches");
  CHECK(
      explain_conv2d(shape, by_portable_code) ==
      "conv2d 3x3/2 64->128 56x56: forward patches, data gradient phases, weight gradient patches; portable, highest");
  const ConvShape depthwise = shape_of(16, 56, 64, 64, 3, 1, 64);
  CHECK(plan_of(depthwise, by_portable_code) ==
        "forward depthwise, data gradient depthwise, weight gradient depthwise");
}
