#include <doctest/doctest.h>

#include <pupil/kernels/conv/shape.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

ConvShape shape_with(Index in_channels, Index out_channels, Index groups) {
  return {.batch = 1,
          .height = 5,
          .width = 6,
          .in_channels = in_channels,
          .out_height = 4,
          .out_width = 4,
          .out_channels = out_channels,
          .kernel = {2, 3},
          .stride = 1,
          .dilation = 1,
          .padding = 0,
          .groups = groups};
}

}  // namespace

TEST_CASE("the channels of a convolution are shared out to its groups") {
  const ConvShape shape = shape_with(4, 6, 2);
  CHECK(shape.in_channels_a_group() == 2);
  CHECK(shape.out_channels_a_group() == 3);
  CHECK(shape.patch_size() == 2 * 3 * 2);
}

TEST_CASE("a convolution is depthwise where each of several input channels is a group") {
  CHECK(shape_with(4, 4, 4).is_depthwise());
  CHECK(shape_with(4, 12, 4).is_depthwise());
  CHECK_FALSE(shape_with(4, 4, 2).is_depthwise());
  CHECK_FALSE(shape_with(4, 4, 1).is_depthwise());
  CHECK_FALSE(shape_with(1, 4, 1).is_depthwise());
}
