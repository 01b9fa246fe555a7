#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/direct/cuts.hpp>
#include <pupil/kernels/conv/group_operands.hpp>

#include "kernels/conv/random_shape.hpp"

using namespace pupil;
using namespace pupil::kernels;
using namespace pupil::testing;
using pupil::kernels::detail::DirectTasks;
using pupil::kernels::detail::input_patches;

namespace {

DirectTasks tasks_of(const ConvShape& shape, Index group, Index wanted_groups, Index threads) {
  constexpr const float* no_image = nullptr;
  return {input_patches(shape, no_image, 0), group, wanted_groups, threads};
}

/// Images of 7 x 7 positions, whose lines are a group each.
DirectTasks tasks_of_small_images(Index batch, Index threads) {
  return tasks_of({batch, 7, 7, 64, 7, 7, 64, 3, 1, 1, 1, 1}, 7, 48, threads);
}

}  // namespace

TEST_CASE("tasks of a direct convolution have every line of every image once, and no more groups than is said") {
  const std::uint64_t seed = 83;
  CAPTURE(seed);
  Rng rng(seed);
  for (int i = 0; i < 200; ++i) {
    ConvShape shape = random_conv_shape(rng);
    shape.batch = random_between(1, 40, rng);
    CAPTURE(shape.batch);
    CAPTURE(shape.out_height);
    CAPTURE(shape.out_width);
    const DirectTasks tasks =
        tasks_of(shape, random_between(1, 7, rng), random_between(1, 60, rng), random_between(1, 5, rng));
    std::vector<int> times(static_cast<std::size_t>(shape.batch * shape.out_height));
    for (Index task = 0; task < tasks.count; ++task) {
      const auto [first_image, last_image, first_line, last_line] = tasks.part(task);
      CHECK(last_image - first_image <= tasks.images);
      CHECK(last_line - first_line <= tasks.lines);
      for (Index n = first_image; n < last_image; ++n) {
        for (Index y = first_line; y < last_line; ++y) ++times[static_cast<std::size_t>(n * shape.out_height + y)];
      }
    }
    CHECK(times == std::vector<int>(times.size(), 1));
    CHECK(tasks.groups() == tasks.images * tasks.lines * tasks.groups_a_line);
  }
}

TEST_CASE("small images make tasks of one size, as many for each thread, where the batch allows it") {
  CHECK(tasks_of_small_images(16, 2).count == 4);
  CHECK(tasks_of_small_images(16, 2).images == 4);
  CHECK(tasks_of_small_images(32, 2).count == 8);
  CHECK(tasks_of_small_images(7, 2).count == 2);  // of 3 and 4
  CHECK(tasks_of_small_images(7, 2).images == 4);
  CHECK(tasks_of_small_images(1, 4).count == 1);
  CHECK(tasks_of_small_images(16, 1).count == 4);  // three would be of 5, 5 and 6
}
