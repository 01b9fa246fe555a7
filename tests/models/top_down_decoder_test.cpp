#include <doctest/doctest.h>

#include <pupil/models/top_down_decoder.hpp>

#include "attention_decoders.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// Plain, and with tied weights.
std::vector<TopDownDecoderOptions> top_down_variants() {
  auto options = tiny_decoder_options<TopDownDecoderOptions>();
  auto tied = options;
  tied.projected = tied.tied = true;
  return {options, tied};
}

}  // namespace

TEST_CASE("top_down: teacher forcing gives the logits that reading the same words step by step gives") {
  Rng rng(1);
  for (const auto& options : top_down_variants()) check_step_by_step(TopDownDecoder<double>(options, rng), rng);
}

TEST_CASE("top_down: all gradients agree with differences") {
  Rng rng(2);
  for (const auto& options : top_down_variants()) check_decoder_gradients(TopDownDecoder<double>(options, rng), rng);
}

TEST_CASE("top_down: captions that share an image are captions of copies of it") {
  Rng rng(3);
  for (const auto& options : top_down_variants()) check_shared_images(TopDownDecoder<double>(options, rng), rng);
}

TEST_CASE("top_down: blocks read together give what they give one by one") {
  Rng rng(4);
  check_several_blocks(TopDownDecoder<double>(top_down_variants()[0], rng), rng);
}

TEST_CASE("top_down: the same bits for any number of threads") {
  Rng rng(5);
  for (const auto& options : top_down_variants()) check_same_bits<TopDownDecoder>(options, rng);
}

TEST_CASE("top_down: features that are not trained cost the parameters nothing") {
  Rng rng(6);
  check_frozen_features(TopDownDecoder<double>(top_down_variants()[0], rng), rng);
}

TEST_CASE("top_down: states can be selected") {
  Rng rng(7);
  check_selected_states(TopDownDecoder<double>(top_down_variants()[0], rng), rng);
}

TEST_CASE("top_down: dropout acts in training, and not where captions are made") {
  Rng rng(8);
  auto options = top_down_variants()[0];
  options.dropout = 0.5;
  check_dropout(TopDownDecoder<double>(options, rng), rng);
}

TEST_CASE("top_down: what does not fit is named") {
  Rng rng(9);
  check_bad_features(TopDownDecoder<double>(top_down_variants()[0], rng), "top_down");
}

TEST_CASE("top_down: no captions give no logits") {
  Rng rng(10);
  for (const auto& options : top_down_variants()) check_no_captions(TopDownDecoder<double>(options, rng), rng);
}
