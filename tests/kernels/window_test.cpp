#include <doctest/doctest.h>

#include <pupil/kernels/window.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

/// Calls `use(extent, kernel, stride, padding)` for all small windows.
template <class Use>
void for_each_small_window(const Use& use) {
  for (Index extent = 1; extent <= 6; ++extent) {
    for (Index kernel = 1; kernel <= 4; ++kernel) {
      for (Index stride = 1; stride <= 5; ++stride) {
        for (Index padding = 0; padding <= 3; ++padding) {
          CAPTURE(extent);
          CAPTURE(kernel);
          CAPTURE(stride);
          CAPTURE(padding);
          use(extent, kernel, stride, padding);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("a window has as many places as a walk along the padded extent finds") {
  for_each_small_window([](Index extent, Index kernel, Index stride, Index padding) {
    for (Index dilation = 1; dilation <= 3; ++dilation) {
      CAPTURE(dilation);
      Index places = 0;
      for (Index start = -padding; start + (kernel - 1) * dilation < extent + 1; start += stride) ++places;
      CHECK(output_extent(extent, kernel, stride, padding, 1, dilation) == places);
    }
  });
}

TEST_CASE("a stride that does not divide drops the last elements") {
  CHECK(output_extent(7, 3, 3, 0, 0) == 2);
  CHECK(output_extent(224, 7, 2, 3, 3) == 112);
}

TEST_CASE("no window fits into less than it spans") {
  CHECK(output_extent(2, 3, 1, 0, 0) == 0);
  CHECK(output_extent(4, 3, 9, 0, 0, 2) == 0);
  CHECK(output_extent(5, 3, 9, 0, 0, 2) == 1);
}

TEST_CASE("the taps of a window lie inside, and the windows over an element are those that have it as a tap") {
  for_each_small_window([](Index extent, Index kernel, Index stride, Index padding) {
    const Index outputs = output_extent(extent, kernel, stride, padding, padding);
    for (Index output = 0; output < outputs; ++output) {
      const auto [first, last] = taps_inside(output, extent, kernel, stride, padding);
      for (Index tap = 0; tap < kernel; ++tap) {
        const Index input = output * stride - padding + tap;
        const bool inside = input >= 0 && input < extent;
        CHECK((first <= tap && tap < last) == inside);
      }
    }
    for (Index input = 0; input < extent; ++input) {
      const auto [first, last] = windows_over(input, outputs, kernel, stride, padding);
      for (Index output = 0; output < outputs; ++output) {
        const Index tap = input + padding - output * stride;
        const bool covers = tap >= 0 && tap < kernel;
        CHECK((first <= output && output < last) == covers);
      }
    }
  });
}
