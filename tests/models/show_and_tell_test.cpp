#include <algorithm>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/show_and_tell.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "parameter_gradients.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr Index pooled_size = 4;

ShowAndTell<double> tiny_decoder(Rng& rng, double dropout = 0, double word_loss = 0) {
  return ShowAndTell<double>({.vocabulary_size = 9,
                              .pooled_size = pooled_size,
                              .embedding_size = 5,
                              .hidden_size = 6,
                              .dropout = dropout,
                              .word_loss = word_loss},
                             rng);
}

ImageFeatures<double> random_features(Index images, Rng& rng) {
  return {.pooled = random_tensor<double>(Shape{images, pooled_size}, rng)};
}

/// Makes the batch norm's running statistics those of these features, so that training and inference see the same.
void learn_statistics(ShowAndTell<double>& decoder, const ImageFeatures<double>& features) {
  const Batch batch = tiny_batch();
  for (int i = 0; i < 400; ++i) {
    ShowAndTell<double>::Context context;
    decoder.forward(features, batch.blocks(), context);
  }
  const auto images = static_cast<double>(features.images());
  for_each_buffer(decoder, [&](const Name& name, auto& buffer) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(buffer)>, Tensor<double, 1>>) {
      if (name == "image.norm.running_var") {
        for (double& variance : buffer) variance *= (images - 1) / images;  // running ones are unbiased
      }
    }
  });
}

}  // namespace

TEST_CASE("teacher forcing gives the logits that reading the same words step by step gives, block after block") {
  Rng rng(1);
  auto decoder = tiny_decoder(rng);
  const auto features = random_features(3, rng);
  learn_statistics(decoder, features);
  const Batch batch = tiny_batch();
  ShowAndTell<double>::Context context;
  auto trained = decoder;  // as a forward pass moves the statistics
  const auto logits = trained.forward(features, batch.blocks(), context);
  Index row = 0;
  for (const CaptionBlock& block : batch.blocks()) {
    const auto captions = static_cast<Index>(block.lengths.size());
    auto state = decoder.start(features);
    state.select(block.image_rows);
    CHECK(state.rows() == captions);
    for (Index t = 0; t < block.inputs.dim(0); ++t) {
      auto words = Tensor<std::int32_t, 1>::uninitialized({captions});
      for (Index c = 0; c < captions; ++c) words[c] = block.inputs(t, c);
      const auto next = decoder.step(words, state);
      for (Index c = 0; c < captions; ++c) {
        if (block.targets(t, c) == CaptionBlock::ignored_target) continue;
        for (Index w = 0; w < 9; ++w) CHECK(logits(row, w) == doctest::Approx(next(c, w)).epsilon(1e-9));
        ++row;
      }
    }
  }
  CHECK(row == logits.rows());
  CHECK(row == target_words(batch.blocks()).size());
}

TEST_CASE("the gradient of the features agrees with differences, an image's captions together") {
  Rng rng(2);
  for (const double weight : {0.0, 0.7}) {
    const auto decoder = tiny_decoder(rng, 0, weight);
    auto features = random_features(3, rng);
    const Batch batch = tiny_batch();
    ShowAndTell<double>::Context context;
    auto subject = decoder;
    const auto logits = subject.forward(features, batch.blocks(), context);
    const auto cotangent = random_tensor<double>(logits.shape(), rng);
    const auto d_features = subject.backward(cotangent, context);
    CHECK((context.regularization > 0) == (weight > 0));
    CHECK(d_features.grid.empty());
    const auto value = [&] {
      auto copy = decoder;
      ShowAndTell<double>::Context unused;
      const auto output = copy.forward(features, batch.blocks(), unused);
      double sum = unused.regularization;
      for (Index i = 0; i < output.size(); ++i) sum += output[i] * cotangent[i];
      return sum;
    };
    pupil::testing::detail::compare_with_differences("features", features.pooled, d_features.pooled, value, {});
  }
}

TEST_CASE("dropout acts in training, and not where captions are made") {
  Rng rng(4);
  auto decoder = tiny_decoder(rng, 0.5);
  const auto features = random_features(3, rng);
  const Batch batch = tiny_batch();
  ShowAndTell<double>::Context context;
  const auto first = decoder.forward(features, batch.blocks(), context);
  ShowAndTell<double>::Context second_context;
  CHECK_FALSE(decoder.forward(features, batch.blocks(), second_context) == first);
  CHECK(decoder.start(features).lstm.hidden == decoder.start(features).lstm.hidden);
}

TEST_CASE("a state keeps the rows that are selected, in their order, some of them twice") {
  Rng rng(6);
  const auto decoder = tiny_decoder(rng);
  auto state = decoder.start(random_features(3, rng));
  const auto before = state.lstm.hidden;
  state.select(std::vector<Index>{2, 0, 2, 1});
  REQUIRE(state.rows() == 4);
  CHECK(std::equal(before.row(2), before.row(2) + 6, state.lstm.hidden.row(0)));
  CHECK(std::equal(before.row(0), before.row(0) + 6, state.lstm.hidden.row(1)));
  CHECK(std::equal(before.row(2), before.row(2) + 6, state.lstm.hidden.row(2)));
  CHECK(std::equal(before.row(1), before.row(1) + 6, state.lstm.hidden.row(3)));
  CHECK(state.attention().empty());
}

TEST_CASE("features and image rows that do not fit are named") {
  Rng rng(5);
  auto decoder = tiny_decoder(rng);
  ShowAndTell<double>::Context context;
  const Batch batch = tiny_batch();
  CHECK(error_of<ShapeError>([&] {
          decoder.start({.pooled = Tensor<double, 2>({2, 5})});
        }) == "show_and_tell: pooled features have 5 numbers, the decoder was made for 4 (features [2, 5])");
  CHECK(error_of<ShapeError>([&] {
          decoder.start({.grid = Tensor<double, 3>({2, 3, 4})});
        }) == "show_and_tell: pooled features have 0 numbers, the decoder was made for 4 (features [0, 0])");
  CHECK(error_of<IndexError>([&] {
          decoder.forward({.pooled = Tensor<double, 2>({1, 4})}, batch.blocks(), context);
        }) == "captions: caption 0 is of image 1, there are 1");
}
