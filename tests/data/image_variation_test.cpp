#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/image_variation.hpp>
#include <pupil/io/image_write.hpp>

#include "support/temporary_folder.hpp"
#include "support/thread_counts.hpp"

using namespace pupil;
using namespace pupil::captioning;
using pupil::testing::TemporaryFolder;

namespace {

/// Pictures of random pixels.
struct SpeckledImages {
  static constexpr Size2d size{20, 24};
  TemporaryFolder folder;
  ImageCache cache = build();

  ImageCache build() const {
    Rng rng(1);
    std::vector<std::string> names;
    for (Index i = 0; i < 3; ++i) {
      auto image = Image::uninitialized({size.height, size.width, 3});
      for (std::uint8_t& byte : image) byte = static_cast<std::uint8_t>(rng.below(256));
      names.push_back(std::to_string(i) + ".png");
      write_png(folder / names.back(), image);
    }
    return ImageCache(folder / "cache", folder.path(), names, size);
  }
};

const std::vector<Index> all_rows{2, 0, 1};
constexpr Size2d window{16, 16};
const ImageVariationOptions all_on{.color_jitter = {.brightness = 0.4, .contrast = 0.4, .saturation = 0.4},
                                   .random_erasing = {.probability = 1}};

std::vector<ImageVariation> draw_variations(const ImageVariationOptions& options, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<ImageVariation> variations;
  for (std::size_t i = 0; i < all_rows.size(); ++i) {
    variations.push_back(random_variation(SpeckledImages::size, window, options, rng));
  }
  return variations;
}

Tensor<float, 4> load(const ImageCache& cache, const std::vector<ImageVariation>& variations) {
  Tensor<float, 4> out({3, window.height, window.width, 3});
  load_images(cache, all_rows, variations, imagenet_normalization, out);
  return out;
}

}  // namespace

TEST_CASE("without jitter and erasing the draws and the images are those of views") {
  const SpeckledImages speckled;
  const auto variations = draw_variations({}, 7);
  Rng rng(7);
  std::vector<View> views;
  for (std::size_t i = 0; i < all_rows.size(); ++i)
    views.push_back(random_view(SpeckledImages::size, window, true, rng));
  for (std::size_t i = 0; i < all_rows.size(); ++i) CHECK(variations[i].view == views[i]);
  Tensor<float, 4> expected({3, window.height, window.width, 3});
  load_images(speckled.cache, all_rows, views, imagenet_normalization, expected);
  CHECK(load(speckled.cache, variations) == expected);
}

TEST_CASE("a change of colours that changes nothing gives the image of the view") {
  const SpeckledImages speckled;
  auto variations = draw_variations({}, 8);
  const auto expected = load(speckled.cache, variations);
  for (ImageVariation& variation : variations) variation.colors = ColorChange{};
  const auto found = load(speckled.cache, variations);
  for (Index i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-4));
}

TEST_CASE("colours are changed before they are normalised, and erased parts stay what they were filled with") {
  const SpeckledImages speckled;
  auto variations = draw_variations({}, 9);
  variations[0].colors = ColorChange{.brightness = 0};
  variations[1].colors = ColorChange{.brightness = 0};
  variations[1].erased = ErasedArea{0, 0, 16, 16, Rng(5)};
  const auto images = load(speckled.cache, variations);
  for (Index i = 0; i < 16 * 16; ++i) {
    const float black = (0 - imagenet_normalization.mean[0]) / imagenet_normalization.standard_deviation[0];
    CHECK(images[i * 3] == doctest::Approx(black));
    CHECK(images[(16 * 16 + i) * 3] >= black);
  }
  CHECK(images[16 * 16 * 3] != images[16 * 16 * 3 + 3]);
}

TEST_CASE("variations give the same bits on any number of threads, and others for another seed") {
  const SpeckledImages speckled;
  const auto images = [&] { return load(speckled.cache, draw_variations(all_on, 3)); };
  pupil::testing::check_thread_counts(images);
  CHECK_FALSE(load(speckled.cache, draw_variations(all_on, 4)) == images());
  CHECK_FALSE(load(speckled.cache, draw_variations({}, 3)) == images());
}

TEST_CASE("variations that are fewer than the images are an error") {
  const SpeckledImages speckled;
  Tensor<float, 4> out({3, window.height, window.width, 3});
  const std::vector<ImageVariation> two(2);
  CHECK_THROWS_AS(load_images(speckled.cache, all_rows, two, imagenet_normalization, out), ShapeError);
}
