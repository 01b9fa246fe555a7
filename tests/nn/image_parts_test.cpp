#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/nn/image_parts.hpp>

#include "../support/random_tensor.hpp"
#include "../support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE("images are run a few at a time, and come out in their order, whatever the threads") {
  Rng rng(1);
  const auto x = random_tensor<float>(Shape{11, 2, 3, 4}, rng);
  check_thread_counts([&] {
    std::mutex mutex;
    std::vector<Index> sizes;
    const auto y = pupil::detail::run_in_parts(x, Shape{11, 2, 3, 1}, 4, [&](const Tensor<float, 4>& part) {
      Tensor<float, 4> sums({part.dim(0), 2, 3, 1});
      for (Index i = 0; i < part.size(); ++i) sums[i / 4] += part[i];
      const std::lock_guard lock(mutex);
      sizes.push_back(part.dim(0));
      return sums;
    });
    Index images = 0;
    for (const Index size : sizes) {
      CHECK(size <= 4);
      images += size;
    }
    CHECK(images == 11);
    for (Index i = 0; i < y.size(); ++i) CHECK(y[i] == x[4 * i] + x[4 * i + 1] + x[4 * i + 2] + x[4 * i + 3]);
    return y;
  });
}

TEST_CASE("a few images, or fewer than threads, are run together") {
  const Tensor<float, 4> x({3, 2, 2, 1});
  const auto check_size = [&](Index images_at_once) {
    pupil::detail::run_in_parts(x, x.shape(), images_at_once, [](const Tensor<float, 4>& part) {
      CHECK(part.dim(0) == 3);
      return part;
    });
  };
  check_size(3);
  const int before = num_threads();
  set_num_threads(7);
  check_size(1);
  set_num_threads(before);
  CHECK(pupil::detail::run_in_parts(Tensor<float, 4>({0, 2, 2, 1}), Shape{0, 2, 2, 1}, 1, [](const auto& part) {
          return part;
        }).empty());
}
