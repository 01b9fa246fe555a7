#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/augment.hpp>
#include <pupil/io/image_write.hpp>

#include "support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::TemporaryFolder;

namespace {

constexpr Normalization plain{{0, 0, 0}, {1 / 255.f, 1 / 255.f, 1 / 255.f}};  // out = byte

/// Pixel (y, x) of image i holds (10 y + x, 100 + i, 200).
Image numbered_image(Index i, Size2d size) {
  auto image = Image::uninitialized({size.height, size.width, 3});
  for (Index y = 0; y < size.height; ++y) {
    for (Index x = 0; x < size.width; ++x) {
      image(y, x, 0) = static_cast<std::uint8_t>(10 * y + x);
      image(y, x, 1) = static_cast<std::uint8_t>(100 + i);
      image(y, x, 2) = 200;
    }
  }
  return image;
}

struct NumberedImages {
  static constexpr Size2d size{5, 6};
  TemporaryFolder folder;
  ImageCache cache = build();

  ImageCache build() const {
    std::vector<std::string> names;
    for (Index i = 0; i < 4; ++i) {
      names.push_back(std::to_string(i) + ".png");
      write_png(folder / names.back(), numbered_image(i, size));
    }
    return ImageCache(folder / "cache", folder.path(), names, size);
  }
};

/// What channel c of pixel (y, x) of image i says, rounded.
Index value(const Tensor<float, 4>& images, Index i, Index y, Index x, Index c) {
  return static_cast<Index>(std::lround(images(i, y, x, c)));
}

}  // namespace

TEST_CASE("a view shows its window of the image") {
  const NumberedImages numbered;
  Tensor<float, 4> out({2, 3, 2, 3});
  load_images(numbered.cache, std::vector<Index>{3, 1}, std::vector<View>{{1, 4, false}, {0, 2, false}}, plain, out);
  for (Index y = 0; y < 3; ++y) {
    for (Index x = 0; x < 2; ++x) {
      CHECK(value(out, 0, y, x, 0) == 10 * (y + 1) + x + 4);
      CHECK(value(out, 0, y, x, 1) == 103);
      CHECK(value(out, 1, y, x, 0) == 10 * y + x + 2);
      CHECK(value(out, 1, y, x, 1) == 101);
      CHECK(value(out, 1, y, x, 2) == 200);
    }
  }
}

TEST_CASE("a mirrored view shows the same window from right to left") {
  const NumberedImages numbered;
  Tensor<float, 4> out({1, 3, 4, 3});
  load_images(numbered.cache, std::vector<Index>{0}, std::vector<View>{{1, 2, true}}, plain, out);
  for (Index y = 0; y < 3; ++y) {
    for (Index x = 0; x < 4; ++x) CHECK(value(out, 0, y, x, 0) == 10 * (y + 1) + 2 + (3 - x));
  }
}

TEST_CASE("bytes are scaled to [0, 1], shifted by the mean and divided by the standard deviation") {
  const NumberedImages numbered;
  Tensor<float, 4> out({1, 1, 1, 3});
  load_images(numbered.cache, std::vector<Index>{2}, std::vector<View>{{1, 3, false}}, imagenet_normalization, out);
  CHECK(out[0] == doctest::Approx((13 / 255. - .485) / .229));
  CHECK(out[1] == doctest::Approx((102 / 255. - .456) / .224));
  CHECK(out[2] == doctest::Approx((200 / 255. - .406) / .225));
}

TEST_CASE("random views reach every place in the image and never leave it") {
  Rng rng(11);
  std::set<std::pair<Index, Index>> places;
  int mirrored = 0;
  for (int i = 0; i < 2000; ++i) {
    const View view = random_view({5, 7}, {3, 4}, true, rng);
    places.emplace(view.top, view.left);
    mirrored += view.mirrored ? 1 : 0;
  }
  CHECK(places.size() == 3 * 4);
  CHECK(places.begin()->first == 0);
  CHECK(places.rbegin()->first == 2);
  CHECK(mirrored > 900);
  CHECK(mirrored < 1100);
}

TEST_CASE("random views are not mirrored where that is not allowed") {
  Rng rng(12);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(random_view(5, 3, false, rng).mirrored);
}

TEST_CASE("the views of a batch depend on the seed, the epoch and the batch alone") {
  const auto first_views = [](std::uint64_t seed, std::uint64_t epoch, Index batch) {
    Rng rng = view_rng(seed, epoch, batch);
    std::vector<View> views;
    for (int i = 0; i < 8; ++i) views.push_back(random_view(64, 32, true, rng));
    return views;
  };
  CHECK(first_views(1, 2, 3) == first_views(1, 2, 3));
  CHECK(first_views(1, 2, 3) != first_views(1, 2, 4));
  CHECK(first_views(1, 2, 3) != first_views(1, 3, 3));
  CHECK(first_views(1, 2, 3) != first_views(2, 2, 3));
}

TEST_CASE("loading gives the same on any number of threads") {
  const NumberedImages numbered;
  const std::vector<Index> rows{0, 1, 2, 3, 2, 1};
  const std::vector<View> views(6, View{1, 1, true});
  const int threads = num_threads();
  Tensor<float, 4> with_one({6, 4, 5, 3}), with_three({6, 4, 5, 3});
  set_num_threads(1);
  load_images(numbered.cache, rows, views, imagenet_normalization, with_one);
  set_num_threads(3);
  load_images(numbered.cache, rows, views, imagenet_normalization, with_three);
  set_num_threads(threads);
  CHECK(with_one == with_three);
}

TEST_CASE("a single image comes as the cache and the centre view would give it") {
  const NumberedImages numbered;
  const Image image = read_image(numbered.folder / "1.png");
  Tensor<float, 4> expected({1, 3, 3, 3});
  load_images(numbered.cache, std::vector<Index>{1}, std::vector<View>{center_view(NumberedImages::size, 3)},
              symmetric_normalization, expected);
  CHECK(single_image(image, NumberedImages::size, 3, symmetric_normalization) == expected);
  View mirrored = center_view(NumberedImages::size, 3);
  mirrored.mirrored = true;
  load_images(numbered.cache, std::vector<Index>{1}, std::vector<View>{mirrored}, symmetric_normalization, expected);
  CHECK(single_image(image, NumberedImages::size, 3, symmetric_normalization, true) == expected);
  CHECK(single_image(image, NumberedImages::size, 3, symmetric_normalization) != expected);
}

TEST_CASE("windows and counts that do not fit are errors") {
  const NumberedImages numbered;
  Rng rng(1);
  CHECK_THROWS_AS(center_view(4, 5), ShapeError);
  CHECK_THROWS_AS(random_view({4, 9}, {5, 9}, true, rng), ShapeError);
  Tensor<float, 4> out({1, 3, 3, 3});
  const auto load = [&](std::vector<Index> rows, std::vector<View> views) {
    load_images(numbered.cache, rows, views, plain, out);
  };
  CHECK_NOTHROW(load({0}, {View{2, 3, false}}));
  CHECK_THROWS_AS(load({0}, {View{3, 3, false}}), ShapeError);
  CHECK_THROWS_AS(load({0}, {View{0, -1, false}}), ShapeError);
  CHECK_THROWS_AS(load({0, 1}, {View{}, View{}}), ShapeError);
  CHECK_THROWS_AS(load({0}, {}), ShapeError);
  CHECK_THROWS_AS(load({4}, {View{}}), IndexError);
  CHECK_THROWS_AS(load({-1}, {View{}}), IndexError);
}
