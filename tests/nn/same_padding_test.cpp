#include <doctest/doctest.h>

#include <pupil/nn/same_padding.hpp>

using namespace pupil;

TEST_CASE("SAME padding gives as many outputs as strides fit, the larger half behind the image") {
  for (Index size = 1; size <= 20; ++size) {
    for (const Index kernel : {1, 2, 3, 7}) {
      for (const Index stride : {1, 2, 3}) {
        CAPTURE(size);
        CAPTURE(kernel);
        CAPTURE(stride);
        const Padding2d padding = same_padding(size, kernel, stride);
        const Index outputs = kernels::output_extent(size, kernel, stride, padding.top, padding.bottom);
        CHECK(outputs == (size + stride - 1) / stride);
        CHECK((padding.bottom == padding.top || padding.bottom == padding.top + 1));
        CHECK((padding.left == padding.top && padding.right == padding.bottom));
      }
    }
  }
}

TEST_CASE("a stride of two pads an even image below and to the right only") {
  CHECK(same_padding({224, 225}, 3, 2) == Padding2d(0, 1, 1, 1));
  CHECK(same_padding(224, 7, 2) == Padding2d(2, 3, 2, 3));
  CHECK(same_padding(56, 1, 2) == Padding2d(0));
}

TEST_CASE("a padding plan follows the image through the network") {
  PaddingPlan same(10, true);
  CHECK(same.next(3, 2) == Padding2d(0, 1, 0, 1));  // 10 to 5
  CHECK(same.next(3, 2) == Padding2d(1));           // 5 to 3
  CHECK(same.next(3, 1) == Padding2d(1));
  PaddingPlan plain(10, false);
  CHECK(plain.next(7, 2) == Padding2d(3));
  CHECK(plain.next(3, 2) == Padding2d(1));
}
