#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/show_and_tell.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

ShowAndTell<double> tiny_decoder(Rng& rng, double dropout = 0) {
  return ShowAndTell<double>({.vocabulary_size = 9, .embedding_size = 5, .hidden_size = 6, .dropout = dropout}, rng);
}

}  // namespace

TEST_CASE("target words are the targets without padding, step by step") {
  const Batch batch = tiny_batch();
  REQUIRE(batch.blocks().size() == 2);
  // "red circle", "blue circle", and "square", which has no third step
  const CaptionBlock& block = batch.blocks()[1];
  CHECK(block.lengths == std::vector<Index>{3, 3, 2});
  CHECK(target_words(block) ==
        Tensor<std::int32_t, 1>({8}, {5, 6, 8, 7, 7, Vocabulary::end, Vocabulary::end, Vocabulary::end}));
}

TEST_CASE("teacher forcing gives the logits that reading the same words step by step gives") {
  Rng rng(1);
  auto decoder = tiny_decoder(rng);
  const auto features = random_tensor<double>(Shape{3, 5}, rng);
  const Batch batch = tiny_batch();
  for (const CaptionBlock& block : batch.blocks()) {
    ShowAndTell<double>::Context context;
    const auto logits = decoder.forward(features, block, context);
    const auto captions = static_cast<Index>(block.lengths.size());
    auto begin = Tensor<double, 2>::uninitialized({captions, 5});
    for (Index c = 0; c < captions; ++c) {
      std::copy_n(features.row(block.image_rows[static_cast<std::size_t>(c)]), 5, begin.row(c));
    }
    auto state = decoder.start(begin);
    Index row = 0;
    for (Index t = 0; t < block.inputs.dim(0); ++t) {
      auto words = Tensor<std::int32_t, 1>::uninitialized({captions});
      for (Index c = 0; c < captions; ++c) words[c] = block.inputs(t, c);
      const auto next = decoder.step(words, state);
      for (Index c = 0; c < captions; ++c) {
        if (block.targets(t, c) == CaptionBlock::ignored_target) continue;
        for (Index w = 0; w < 9; ++w) CHECK(logits(row, w) == doctest::Approx(next(c, w)).epsilon(1e-12));
        ++row;
      }
    }
    CHECK(row == logits.rows());
    CHECK(row == target_words(block).size());
  }
}

TEST_CASE("the gradient of the features agrees with differences, an image's captions together") {
  Rng rng(2);
  const auto decoder = tiny_decoder(rng);
  auto features = random_tensor<double>(Shape{3, 5}, rng);
  const Batch batch = tiny_batch();
  const CaptionBlock& block = batch.blocks()[0];
  ShowAndTell<double>::Context context;
  auto subject = decoder;
  const auto logits = subject.forward(features, block, context);
  const auto cotangent = random_tensor<double>(logits.shape(), rng);
  const auto d_features = subject.backward(cotangent, context);
  REQUIRE(d_features.shape() == features.shape());
  const auto value = [&] {
    auto copy = decoder;
    ShowAndTell<double>::Context unused;
    const auto output = copy.forward(features, block, unused);
    double sum = 0;
    for (Index i = 0; i < output.size(); ++i) sum += output[i] * cotangent[i];
    return sum;
  };
  for (Index i = 0; i < features.size(); ++i) {
    const double saved = features[i];
    features[i] = saved + 1e-5;
    const double above = value();
    features[i] = saved - 1e-5;
    const double below = value();
    features[i] = saved;
    CHECK(d_features[i] == doctest::Approx((above - below) / 2e-5).epsilon(1e-6));
  }
}

TEST_CASE("an image without a caption in the block gets no gradient") {
  Rng rng(3);
  auto decoder = tiny_decoder(rng);
  const Batch batch = tiny_batch();
  const CaptionBlock& block = batch.blocks()[0];  // of image rows 0 and 1 alone
  ShowAndTell<double>::Context context;
  const auto logits = decoder.forward(random_tensor<double>(Shape{3, 5}, rng), block, context);
  const auto d_features = decoder.backward(random_tensor<double>(logits.shape(), rng), context);
  for (Index i = 0; i < 5; ++i) {
    CHECK(d_features(2, i) == 0);
    CHECK(d_features(0, i) != 0);
  }
}

TEST_CASE("dropout acts in training, and not where captions are made") {
  Rng rng(4);
  auto decoder = tiny_decoder(rng, 0.5);
  const auto features = random_tensor<double>(Shape{3, 5}, rng);
  const Batch batch = tiny_batch();
  ShowAndTell<double>::Context context;
  const auto first = decoder.forward(features, batch.blocks()[0], context);
  ShowAndTell<double>::Context second_context;
  CHECK_FALSE(decoder.forward(features, batch.blocks()[0], second_context) == first);
  CHECK(decoder.start(features).hidden == decoder.start(features).hidden);
}

TEST_CASE("features and image rows that do not fit are named") {
  Rng rng(5);
  auto decoder = tiny_decoder(rng);
  ShowAndTell<double>::Context context;
  const Batch batch = tiny_batch();
  CHECK(error_of<ShapeError>([&] {
          decoder.start(Tensor<double, 2>({2, 4}));
        }) == "show_and_tell: features have 4 numbers, the decoder was made for 5 (features [2, 4])");
  CHECK(error_of<IndexError>([&] {
          decoder.forward(Tensor<double, 2>({1, 5}), batch.blocks()[0], context);
        }) == "show_and_tell: caption 0 is of image 1, there are 1");
}
