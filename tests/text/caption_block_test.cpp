#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/text/caption_block.hpp>
#include <pupil/text/vocabulary.hpp>

#include "../support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// "red circle", "blue circle", and "square", which has no third step; then "red" alone.
std::vector<CaptionBlock> two_blocks() {
  const std::int32_t none = CaptionBlock::ignored_target;
  return {{.inputs = Tensor<std::int32_t, 2>({3, 3}, {1, 1, 1, 5, 6, 8, 7, 7, 0}),
           .targets = Tensor<std::int32_t, 2>({3, 3}, {5, 6, 8, 7, 7, 2, 2, 2, none}),
           .lengths = {3, 3, 2},
           .image_rows = {1, 0, 1}},
          {.inputs = Tensor<std::int32_t, 2>({2, 1}, {1, 5}),
           .targets = Tensor<std::int32_t, 2>({2, 1}, {5, 2}),
           .lengths = {2},
           .image_rows = {2}}};
}

}  // namespace

TEST_CASE("target words are the targets without padding, block after block and step after step") {
  const auto blocks = two_blocks();
  CHECK(count_targets(blocks) == 10);
  CHECK(target_words(blocks) == Tensor<std::int32_t, 1>({10}, {5, 6, 8, 7, 7, Vocabulary::end, Vocabulary::end,
                                                               Vocabulary::end, 5, Vocabulary::end}));
}

TEST_CASE("a caption of an image that there is not is named") {
  const auto blocks = two_blocks();
  CHECK_NOTHROW(check_image_rows(blocks, 3));
  CHECK(error_of<IndexError>([&] { check_image_rows(blocks, 2); }) == "captions: caption 0 is of image 2, there are 2");
}
