#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/isa/portable/channel_groups.hpp>

using namespace pupil;
using namespace pupil::kernels;

TEST_CASE("groups cover all channels once and in order, larger ones first") {
  for (Index channels = 0; channels <= 70; ++channels) {
    CAPTURE(channels);
    Index covered = 0;
    int last = largest_group;
    for_each_channel_group(channels, [&](Index c, auto count) {
      CHECK(c == covered);
      CHECK(count() <= last);
      covered += count();
      last = count();
    });
    CHECK(covered == channels);
  }
}

TEST_CASE("a group is read and written where it lies") {
  std::vector<float> row{0, 1, 2, 3, 4, 5, 6, 7};
  group_at<4>(row.data() + 1) = 10 * group_at<4>(static_cast<const float*>(row.data()) + 3);
  CHECK(row == std::vector<float>{0, 30, 40, 50, 60, 5, 6, 7});
}

TEST_CASE("the sum of a row has every channel in it") {
  for (Index channels = 0; channels <= 70; ++channels) {
    CAPTURE(channels);
    std::vector<double> row;
    for (Index c = 0; c < channels; ++c) row.push_back(static_cast<double>(c + 1));
    RowSum<double> sum;
    for_each_channel_group(channels, [&](Index c, auto count) { sum.add(group_at<count()>(row.data() + c)); });
    CHECK(sum.total() == static_cast<double>(channels * (channels + 1) / 2));
  }
}
