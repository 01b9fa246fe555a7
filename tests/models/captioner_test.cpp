#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/captioner.hpp>
#include <pupil/nn/prepare.hpp>

#include "../support/files.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

TEST_CASE("a caption is what beam search finds for the encoder's features, in words") {
  Rng rng(1);
  const Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  const auto images = tiny_images<float>(16, rng);
  for (const BeamSearchOptions& search : {BeamSearchOptions{.max_length = 4}, BeamSearchOptions{.width = 3}}) {
    const auto captions = captioner.caption(images, search);
    const auto found = beam_search(captioner.decoder(), captioner.encoder().features(images, {.pooled = true}), search);
    REQUIRE(captions.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(captions[i] == captioner.vocabulary().decode(found[i].words));
  }
}

TEST_CASE(
    "a captioner says captions as long as it was made for, by every door, and another length where it is asked for") {
  Rng rng(3);
  CaptionerOptions options = tiny_captioner_options();
  options.max_caption_length = 3;
  const Captioner<float> captioner(options, tiny_vocabulary(), rng);
  const auto images = random_tensor<float>(Shape{20, 16, 16, 3}, rng);
  const auto longest = [](const auto& captions) {
    std::size_t most = 0;
    for (const auto& caption : captions) most = std::max(most, caption.size());
    return most;
  };
  const auto longest_found = [&](const BeamSearchOptions& search) {
    std::size_t most = 0;
    for (const auto& found :
         beam_search(captioner.decoder(), captioner.encoder().features(images, {.pooled = true}), search)) {
      most = std::max(most, found.words.size());
    }
    return most;
  };
  CHECK(longest(captioner.caption(images)) == 3);
  CHECK(longest(captioner.caption(images, {.width = 2, .length_penalty = 5})) == 3);
  CHECK(longest(captioner.caption(captioner.encoder().features(images, {.pooled = true}))) == 3);
  CHECK(longest_found({}) == 3);
  CHECK(longest(captioner.caption(images, {.max_length = 2})) == 2);
  CHECK(longest(captioner.caption(images, {.max_length = 5})) == 5);
  CHECK(longest_found({.max_length = 5}) == 5);
}

TEST_CASE("a prepared captioner says the same, for one image and for several") {
  Rng rng(6);
  Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  const auto images = tiny_images<float>(16, rng);
  auto one = Tensor<float, 4>::uninitialized({1, 16, 16, 3});
  std::copy_n(images.data(), one.size(), one.data());
  const auto features = captioner.encoder().pooled(images);
  const auto captions = captioner.caption(images, {.width = 3});
  const auto caption = captioner.caption(one, {.width = 3});
  const auto prepared = prepare(captioner);
  CHECK(relative_difference(prepared->encoder().pooled(images), features) < 5e-6);
  CHECK(prepared->caption(images, {.width = 3}) == captions);
  CHECK(prepared->caption(one, {.width = 3}) == caption);
}

TEST_CASE("at medium precision, a caption is decoded from the weights that were prepared") {
  const PrecisionScope scope(Precision::medium);
  if (precision_in_use() != Precision::medium || instruction_set() < InstructionSet::avx512_bf16) return;
  Rng rng(7);
  Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  const ImageFeatures<float> features{.pooled = random_tensor<float>(Shape{1, captioner.encoder().pooled_size()}, rng)};
  const auto prepared = prepare(captioner);
  const auto expected = beam_search(prepared->decoder(), features, {.width = 3}).front();
  int cleared = 0;
  for_each_parameter(prepared->decoder(), [&]<class Item>(const Name& name, const Item& parameter) {
    if (!name.begins_with("lstm") && !name.begins_with("out")) return;
    if (parameter.value.shape().dims.size() != 2) return;
    const_cast<Item&>(parameter).value.fill(0);
    ++cleared;
  });
  REQUIRE(cleared == 3);
  const auto found = beam_search(prepared->decoder(), features, {.width = 3}).front();
  CHECK(found.words == expected.words);
  CHECK(found.log_probability == expected.log_probability);
}

TEST_CASE("a captioner's parameters are its encoder's and its decoder's") {
  Rng rng(2);
  Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  CHECK(count_parameters(captioner) == count_parameters(captioner.encoder()) + count_parameters(captioner.decoder()));
  int encoder = 0;
  int decoder = 0;
  for_each_parameter(captioner, [&](const Name& name, auto&) {
    encoder += name.str().starts_with("encoder.") ? 1 : 0;
    decoder += name.str().starts_with("decoder.") ? 1 : 0;
  });
  CHECK(encoder == 12);
  CHECK(decoder == 11);
}

TEST_CASE("the same seed makes the same captioner") {
  const auto values = [](std::uint64_t seed) {
    Rng rng(seed);
    Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
    return all_values<float>(captioner);
  };
  CHECK(values(3) == values(3));
  CHECK(values(3) != values(4));
}

TEST_CASE("pictures of another size are refused, naming both") {
  Rng rng(4);
  const Captioner<float> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  CHECK(error_of<ShapeError>([&] {
          captioner.caption(Tensor<float, 4>({2, 16, 15, 3}));
        }) == "captioner: images are [2, 16, 15, 3], it was made for [2, 16, 16, 3]");
}

TEST_CASE("a vocabulary without words makes no captioner") {
  Rng rng(1);
  CHECK(error_of<OptionError>([&] { Captioner<float>(tiny_captioner_options(), Vocabulary(), rng); }) ==
        "captioner: the vocabulary has no word besides the special ones");
}

TEST_CASE("options that make no captioner are refused") {
  Rng rng(5);
  const auto error = [&](const auto& change) {
    CaptionerOptions options = tiny_captioner_options();
    change(options);
    return error_of<OptionError>([&] { Captioner<float>(options, tiny_vocabulary(), rng); });
  };
  CHECK(error([](auto& options) { options.image_size = 0; }) == "captioner: image_size is 0");
  CHECK(error([](auto& options) { options.resize_to = 15; }) == "captioner: resize_to is 15, less than image_size, 16");
  CHECK(error([](auto& options) { options.max_caption_length = 0; }) == "captioner: max_caption_length is 0");
  CHECK(contains(error([](auto& options) { options.encoder = "vgg"; }), "no network is called \"vgg\""));
  CHECK(error([](auto& options) { options.decoder = "lstm"; }) ==
        "decoder: none is called \"lstm\"; there are show_and_tell, attention, adaptive, top_down");
  CHECK(contains(error([](auto& options) { options.hidden_size = 0; }), "hidden state of 0"));
  CHECK(contains(error([](auto& options) { options.dropout = 1; }), "the probability 1 is not in [0, 1)"));
}
