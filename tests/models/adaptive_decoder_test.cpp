#include <doctest/doctest.h>

#include <pupil/models/adaptive_decoder.hpp>

#include "attention_decoders.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// Plain, and with tied weights.
std::vector<AdaptiveDecoderOptions> adaptive_variants() {
  auto options = tiny_decoder_options<AdaptiveDecoderOptions>();
  auto tied = options;
  tied.projected = tied.tied = true;
  return {options, tied};
}

}  // namespace

TEST_CASE("adaptive: teacher forcing gives the logits that reading the same words step by step gives") {
  Rng rng(1);
  for (const auto& options : adaptive_variants()) check_step_by_step(AdaptiveDecoder<double>(options, rng), rng);
}

TEST_CASE("adaptive: all gradients agree with differences") {
  Rng rng(2);
  for (const auto& options : adaptive_variants()) check_decoder_gradients(AdaptiveDecoder<double>(options, rng), rng);
}

TEST_CASE("adaptive: captions that share an image are captions of copies of it") {
  Rng rng(3);
  for (const auto& options : adaptive_variants()) check_shared_images(AdaptiveDecoder<double>(options, rng), rng);
}

TEST_CASE("adaptive: blocks read together give what they give one by one") {
  Rng rng(4);
  check_several_blocks(AdaptiveDecoder<double>(adaptive_variants()[0], rng), rng);
}

TEST_CASE("adaptive: the same bits for any number of threads") {
  Rng rng(5);
  for (const auto& options : adaptive_variants()) check_same_bits<AdaptiveDecoder>(options, rng);
}

TEST_CASE("adaptive: features that are not trained cost the parameters nothing") {
  Rng rng(6);
  check_frozen_features(AdaptiveDecoder<double>(adaptive_variants()[0], rng), rng);
}

TEST_CASE("adaptive: states can be selected") {
  Rng rng(7);
  check_selected_states(AdaptiveDecoder<double>(adaptive_variants()[0], rng), rng);
}

TEST_CASE("adaptive: dropout acts in training, and not where captions are made") {
  Rng rng(8);
  auto options = adaptive_variants()[0];
  options.dropout = 0.5;
  check_dropout(AdaptiveDecoder<double>(options, rng), rng);
}

TEST_CASE("adaptive: what does not fit is named") {
  Rng rng(9);
  check_bad_features(AdaptiveDecoder<double>(adaptive_variants()[0], rng), "adaptive");
}

TEST_CASE("adaptive: no captions give no logits") {
  Rng rng(10);
  for (const auto& options : adaptive_variants()) check_no_captions(AdaptiveDecoder<double>(options, rng), rng);
}
