#include <doctest/doctest.h>

#include <pupil/models/attention_decoder.hpp>

#include "attention_decoders.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// With the gate alone, without it, and with all that there is.
std::vector<AttentionDecoderOptions> attention_variants() {
  auto gated = tiny_decoder_options<AttentionDecoderOptions>();
  auto plain = gated;
  plain.gated = false;
  auto all = gated;
  all.doubly_stochastic = 3;
  all.projected = all.tied = true;
  return {gated, plain, all};
}

}  // namespace

TEST_CASE("attention: teacher forcing gives the logits that reading the same words step by step gives") {
  Rng rng(1);
  for (const auto& options : attention_variants()) check_step_by_step(AttentionDecoder<double>(options, rng), rng);
}

TEST_CASE("attention: all gradients agree with differences") {
  Rng rng(2);
  for (const auto& options : attention_variants()) check_decoder_gradients(AttentionDecoder<double>(options, rng), rng);
}

TEST_CASE("attention: captions that share an image are captions of copies of it") {
  Rng rng(3);
  for (const auto& options : attention_variants()) check_shared_images(AttentionDecoder<double>(options, rng), rng);
}

TEST_CASE("attention: blocks read together give what they give one by one") {
  Rng rng(4);
  check_several_blocks(AttentionDecoder<double>(attention_variants()[0], rng), rng);
}

TEST_CASE("attention: the same bits for any number of threads") {
  Rng rng(5);
  for (const auto& options : attention_variants()) check_same_bits<AttentionDecoder>(options, rng);
}

TEST_CASE("attention: features that are not trained cost the parameters nothing") {
  Rng rng(6);
  check_frozen_features(AttentionDecoder<double>(attention_variants()[0], rng), rng);
}

TEST_CASE("attention: states can be selected") {
  Rng rng(7);
  check_selected_states(AttentionDecoder<double>(attention_variants()[0], rng), rng);
}

TEST_CASE("attention: dropout acts in training, and not where captions are made") {
  Rng rng(8);
  auto options = attention_variants()[0];
  options.dropout = 0.5;
  check_dropout(AttentionDecoder<double>(options, rng), rng);
}

TEST_CASE("attention: what does not fit is named") {
  Rng rng(9);
  check_bad_features(AttentionDecoder<double>(attention_variants()[0], rng), "attention");
}

TEST_CASE("attention: no captions give no logits") {
  Rng rng(10);
  for (const auto& options : attention_variants()) check_no_captions(AttentionDecoder<double>(options, rng), rng);
}

TEST_CASE("doubly stochastic attention asks for what every place of the image still lacks") {
  Rng rng(11);
  auto options = attention_variants()[0];
  options.doubly_stochastic = 0.5;
  AttentionDecoder<double> decoder(options, rng);
  const auto features = tiny_grid<double>(rng);
  const std::vector<CaptionBlock> blocks{caption_block({{2, {4, 5}}, {0, {7}}})};
  AttentionDecoder<double>::Context context;
  decoder.forward(features, blocks, context);

  double expected = 0;
  for (const auto& [image, words] : {TestCaption{2, {1, 4, 5}}, TestCaption{0, {1, 7}}}) {
    auto state = decoder.start(features);
    state.select(std::vector<Index>{image});
    std::vector<double> missing(tiny_positions, 1);
    for (const std::int32_t word : words) {
      decoder.step(Tensor<std::int32_t, 1>({1}, {word}), state);
      for (Index p = 0; p < tiny_positions; ++p) missing[static_cast<std::size_t>(p)] -= state.attention()(0, p);
    }
    for (const double m : missing) expected += 0.5 * m * m / 5;  // five targets
  }
  CHECK(context.regularization == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("a weight below 0 of doubly stochastic attention is refused") {
  Rng rng(12);
  auto options = attention_variants()[0];
  options.doubly_stochastic = -1;
  CHECK(error_of<OptionError>([&] { AttentionDecoder<float>(options, rng); }) ==
        "attention: the weight -1 of doubly stochastic attention is not a number from 0 on");
}
