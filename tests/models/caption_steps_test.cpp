#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/caption_steps.hpp>

#include "../support/files.hpp"
#include "caption_blocks.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("captions of all blocks go on together, the longest first") {
  const std::vector<CaptionBlock> blocks{caption_block({{1, {7, 8}}, {0, {9}}}),
                                         caption_block({{2, {4, 5, 6}}, {1, {}}})};
  const CaptionSteps steps(blocks, 3);
  // by rank: 4 5 6 of image 2, 7 8 of image 1, 9 of image 0, and nothing of image 1
  CHECK(steps.image_of_rank() == Tensor<Index, 1>({4}, {2, 1, 0, 1}));
  CHECK(steps.words() == Tensor<std::int32_t, 1>({10}, {1, 1, 1, 1, 4, 7, 9, 5, 8, 6}));
  CHECK(steps.image_of_row() == Tensor<Index, 1>({10}, {2, 1, 0, 1, 2, 1, 0, 2, 1, 2}));
  CHECK(steps.ranks_of_images().rows(1).size() == 2);
  CHECK(steps.rows_of_images().rows(2).size() == 4);
}

TEST_CASE("packed rows are put into the order of the targets, and back") {
  const auto blocks = tiny_blocks();
  const CaptionSteps steps(blocks, 4);
  const Index rows = steps.sequences().rows();
  Tensor<double, 2> words({rows, 1});  // that are read: those of the targets are a step later
  for (Index r = 0; r < rows; ++r) words[r] = steps.words()[r];
  const auto ordered = steps.in_target_order(words);
  Index next = 0;
  for (const CaptionBlock& block : blocks) {
    for (Index t = 0; t < block.inputs.dim(0); ++t) {
      for (Index c = 0; c < block.inputs.dim(1); ++c) {
        if (block.targets(t, c) != CaptionBlock::ignored_target) CHECK(ordered[next++] == block.inputs(t, c));
      }
    }
  }
  CHECK(next == rows);
  CHECK(steps.in_packed_order(ordered) == words);
}

TEST_CASE("a caption of an image that there is not is named") {
  CHECK(error_of<IndexError>([] { CaptionSteps(tiny_blocks(), 2); }) ==
        "captions: caption 1 is of image 3, there are 2");
}
