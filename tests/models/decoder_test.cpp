#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/decoder.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "caption_blocks.hpp"
#include "decoder_of_kind.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

ImageFeatures<double> features_for(const Decoder<double>& decoder, Rng& rng) {
  ImageFeatures<double> features;
  if (decoder.reads().pooled) features.pooled = random_tensor<double>(Shape{4, 7}, rng);
  if (decoder.reads().grid) features.grid = random_tensor<double>(Shape{4, 5, 7}, rng);
  return features;
}

}  // namespace

TEST_CASE("every name has a decoder, which reads what is said of the name") {
  for (const std::string_view name : decoder_names) {
    CAPTURE(name);
    Rng rng(1);
    Decoder<double> decoder(options_of_kind(name), rng);
    CHECK(decoder.reads() == features_read_by(name));
    CHECK(decoder.embedding().options().num_embeddings == 9);
    const auto features = features_for(decoder, rng);
    auto state = decoder.start(features);
    const auto logits = decoder.step(Tensor<std::int32_t, 1>({4}, {1, 1, 1, 1}), state);
    CHECK(logits.shape() == Shape<2>{4, 9});
    CHECK(state.attention().empty() == !decoder.reads().grid);
    state.select(std::vector<Index>{2, 2});
    CHECK(state.rows() == 2);
  }
}

TEST_CASE("a decoder refuses the context of no forward, and context and state of another kind") {
  Rng rng(3);
  Decoder<double> tells(options_of_kind("show_and_tell"), rng), attends(options_of_kind("attention"), rng);
  const Tensor<double, 2> d_logits({3, 9});
  Decoder<double>::Context context;
  for (Decoder<double>* const decoder : {&tells, &attends}) {
    CHECK_THROWS_AS(decoder->backward(d_logits, context), ContextError);
  }
  tells.forward(features_for(tells, rng), tiny_blocks(), context);
  CHECK_THROWS_WITH_AS(attends.backward(d_logits, context), "decoder: the context is not of a forward of this decoder",
                       ContextError);
  auto state = tells.start(features_for(tells, rng));
  CHECK_THROWS_WITH_AS(attends.step(Tensor<std::int32_t, 1>({4}), state), "decoder: the state is not of this decoder",
                       ContextError);
}

TEST_CASE("a decoder gives features their gradient, or leaves that out where it is not needed") {
  for (const std::string_view name : decoder_names) {
    CAPTURE(name);
    Rng rng(2);
    Decoder<double> decoder(options_of_kind(name), rng);
    const auto features = features_for(decoder, rng);
    const auto blocks = tiny_blocks();
    Decoder<double>::Context context;
    const auto logits = decoder.forward(features, blocks, context);
    CHECK(logits.shape() == Shape<2>{target_words(blocks).size(), 9});
    const auto d_features = decoder.backward(logits, context);
    CHECK(d_features.pooled.shape() == features.pooled.shape());
    CHECK(d_features.grid.shape() == features.grid.shape());
    context.features_need_gradient = false;
    decoder.forward(features, blocks, context);
    CHECK(decoder.backward(logits, context).grid.empty());
  }
}

TEST_CASE("decoders that look at a grid are told of gates, coverage and tied weights") {
  Rng rng(3);
  auto options = options_of_kind("attention");
  const auto names_of = [&] {
    Decoder<double> decoder(options, rng);
    std::string names;
    for_each_parameter(decoder, [&](const Name& name, auto&) { names += name.str() + " "; });
    return names;
  };
  CHECK(contains(names_of(), "gate.weight "));
  CHECK(contains(names_of(), "out.weight "));
  options.gated = false;
  options.projected = options.tied = true;
  CHECK_FALSE(contains(names_of(), "gate.weight "));
  CHECK_FALSE(contains(names_of(), "out.weight "));
  CHECK(contains(names_of(), "out.projection.weight "));

  options.doubly_stochastic = 1;
  Decoder<double> decoder(options, rng);
  Decoder<double>::Context context;
  decoder.forward(features_for(decoder, rng), tiny_blocks(), context);
  CHECK(context.regularization > 0);
}

TEST_CASE("an option that the decoder does not have is refused") {
  Rng rng(5);
  auto options = options_of_kind("adaptive");
  options.doubly_stochastic = 0.5;
  CHECK(error_of<OptionError>([&] { Decoder<float>(options, rng); }) ==
        "decoder: adaptive has no doubly stochastic attention (its weight is 0.5)");
  options = options_of_kind("show_and_tell");
  options.tied = true;
  CHECK(error_of<OptionError>([&] { Decoder<float>(options, rng); }) ==
        "decoder: show_and_tell has no projected output, and none of tied weights");
}

TEST_CASE("a decoder that there is not is named, with those that there are") {
  Rng rng(4);
  CHECK(error_of<OptionError>([&] { Decoder<float>(options_of_kind("transformer"), rng); }) ==
        "decoder: none is called \"transformer\"; there are show_and_tell, attention, adaptive, top_down");
}
