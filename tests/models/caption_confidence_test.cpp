#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/random.hpp>
#include <pupil/models/beam_search.hpp>
#include <pupil/models/caption_confidence.hpp>
#include <pupil/models/caption_confidence_file.hpp>
#include <pupil/models/decoder.hpp>
#include <pupil/models/decoding_settings.hpp>

#include "../support/files.hpp"
#include "../support/random_tensor.hpp"
#include "decoder_of_kind.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Decoder<float> small_float_decoder(std::string_view kind) {
  Rng rng(21);
  return Decoder<float>(options_of_kind(kind), rng);
}

ImageFeatures<float> some_features(Index images, const FeatureKinds& kinds, std::uint64_t seed = 22) {
  Rng rng(seed);
  ImageFeatures<float> features;
  if (kinds.pooled) features.pooled = random_tensor<float>(Shape{images, 7}, rng);
  if (kinds.grid) features.grid = random_tensor<float>(Shape{images, 6, 7}, rng);
  return features;
}

TypicalImage typical_of(const ImageFeatures<float>& features) {
  TypicalImageSum sum;
  for (Index i = 0; i < features.images(); ++i) sum.add(features, i);
  return sum.mean();
}

/// Captions that are acceptable where they are probable, of images at distances from 0 to 1.
std::vector<JudgedCaption> judged_captions(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<JudgedCaption> captions;
  for (std::size_t i = 0; i < count; ++i) {
    const double quality = rng.uniform(-1.0, 1.0);
    captions.push_back(
        {.signals = {.log_probability = quality, .entropy = rng.uniform(0.0, 1.0), .gain = quality / 2, .words = 10},
         .distance = rng.uniform(0.0, 1.0),
         .cider_d = rng.uniform(-1.0, 1.0) < quality ? 1.0 : 0.0});
  }
  return captions;
}

CaptionConfidence some_confidence() {
  const TypicalImage typical = typical_of(some_features(3, {.pooled = true, .grid = true}));
  return fit_caption_confidence(judged_captions(200, 1), typical, .7);
}

}  // namespace

TEST_CASE("the log probability among a caption's signals is what beam search found for it, a word") {
  for (const std::string_view kind : decoder_names) {
    CAPTURE(kind);
    const auto decoder = small_float_decoder(kind);
    const auto features = some_features(4, decoder.reads());
    const auto captions = beam_search(decoder, features, {.width = 3, .max_length = 5});
    const auto signals = caption_signals(decoder, features, captions, typical_of(features));
    REQUIRE(signals.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      const auto steps = static_cast<double>(captions[i].steps());
      CHECK(signals[i].log_probability == doctest::Approx(captions[i].log_probability / steps).epsilon(1e-4));
      CHECK(signals[i].entropy > 0);
      CHECK(signals[i].entropy <= std::log(9.0) + 1e-6);
    }
  }
}

TEST_CASE("the words among a caption's signals are counted with its end") {
  const auto decoder = small_float_decoder(decoder_names.front());
  const auto features = some_features(2, decoder.reads());
  const std::vector<FoundCaption> captions{{.words = {4, 6}, .log_probability = 0, .ended = true},
                                           {.words = {4, 6, 5}, .log_probability = 0, .ended = false}};
  const auto signals = caption_signals(decoder, features, captions, typical_of(features));
  CHECK(signals[0].words == 3);
  CHECK(signals[1].words == 3);
}

TEST_CASE("signals do not depend on the other images of the batch") {
  for (const std::string_view kind : decoder_names) {
    CAPTURE(kind);
    const auto decoder = small_float_decoder(kind);
    const auto features = some_features(3, decoder.reads());
    const TypicalImage typical = typical_of(features);
    const std::vector<FoundCaption> captions{{.words = {4, 6}, .log_probability = 0, .ended = true},
                                             {.words = {5, 4, 6, 4}, .log_probability = 0, .ended = true},
                                             {.words = {}, .log_probability = 0, .ended = true}};
    const auto signals = caption_signals(decoder, features, captions, typical);
    const auto twice = caption_signals(
        decoder, joined_images(features, features),
        std::vector{captions[0], captions[1], captions[2], captions[2], captions[1], captions[0]}, typical);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      CHECK(twice[i].log_probability == doctest::Approx(signals[i].log_probability).epsilon(1e-5));
      CHECK(twice[i].entropy == doctest::Approx(signals[i].entropy).epsilon(1e-5));
      CHECK(twice[i].gain == doctest::Approx(signals[i].gain).epsilon(1e-4));
    }
  }
}

TEST_CASE("captions of more images than there are, or a typical image of other features, have no signals") {
  const auto decoder = small_float_decoder(decoder_names.front());
  const auto features = some_features(2, decoder.reads());
  const std::vector<FoundCaption> captions(2, {.words = {4}, .log_probability = 0, .ended = true});
  const TypicalImage typical = typical_of(features);
  CHECK_THROWS_AS(caption_signals(decoder, features, std::vector(3, captions.front()), typical), ShapeError);
  TypicalImage other = typical;
  other.pooled = Tensor<float, 1>({typical.pooled.size() + 1});
  CHECK_THROWS_AS(caption_signals(decoder, features, captions, other), ShapeError);
}

TEST_CASE("a picture that is the typical one gains nothing for its caption") {
  for (const std::string_view kind : decoder_names) {
    CAPTURE(kind);
    const auto decoder = small_float_decoder(kind);
    const TypicalImage typical = typical_of(some_features(5, decoder.reads()));
    const auto features = repeat_typical(typical, 2, 6);
    const std::vector<FoundCaption> captions(2, {.words = {4, 6}, .log_probability = 0, .ended = true});
    for (const CaptionSignals& signals : caption_signals(decoder, features, captions, typical)) {
      CHECK(std::abs(signals.gain) < 1e-6);
    }
    CHECK(distance_from_typical(typical, features, 1) < 1e-6);
    const auto others = caption_signals(decoder, some_features(2, decoder.reads(), 5), captions, typical);
    CHECK(std::abs(others[0].gain) > 1e-4);
  }
}

TEST_CASE("the typical image is the mean of images, and distances from it are by angles") {
  ImageFeatures<float> features{Tensor<float, 2>({Index{2}, Index{2}}), {}};
  features.pooled(0, 0) = 2;
  features.pooled(1, 1) = 2;
  const TypicalImage typical = typical_of(features);
  CHECK(typical.pooled[0] == 1);
  CHECK(typical.pooled[1] == 1);
  CHECK(distance_from_typical(typical, features, 0) == doctest::Approx(1 - std::sqrt(.5)));
  features.pooled(0, 0) = 20;
  CHECK(distance_from_typical(typical, features, 0) == doctest::Approx(1 - std::sqrt(.5)));
  features.pooled(0, 0) = 0;
  CHECK(distance_from_typical(typical, features, 0) == 1);
  CHECK_THROWS_AS(TypicalImageSum().mean(), Error);
  CHECK_THROWS_AS(distance_from_typical(TypicalImage{}, features, 0), ShapeError);
}

TEST_CASE("the tail of distances is known where they are exponential, and falls off beyond all that were seen") {
  Rng rng(3);
  std::vector<double> distances;
  for (int i = 0; i < 20'000; ++i) distances.push_back(2 - .5 * std::log(1 - rng.uniform(0.0, 1.0)));
  const DistanceTail tail = fit_distance_tail(distances);
  for (const double p : {.1, .03, .003})
    CHECK(tail.probability(2 - .5 * std::log(p)) == doctest::Approx(p).epsilon(.15));
  CHECK(tail.probability(0) == doctest::Approx(.1));
  CHECK(tail.probability(20) < 1e-12);
  CHECK_THROWS_AS(fit_distance_tail(std::vector<double>(9, 1.0)), Error);
  CHECK_THROWS_AS(fit_distance_tail(std::vector<double>(50, 1.0)), Error);
}

TEST_CASE("a confidence is higher for what speaks for a caption, and goes to 0 the farther an image is") {
  const auto captions = judged_captions(400, 7);
  const CaptionConfidence confidence = fit_caption_confidence(captions, {}, .7);
  const CaptionSignals good{.log_probability = .9, .entropy = .5, .gain = .45, .words = 10};
  const CaptionSignals bad{.log_probability = -.9, .entropy = .5, .gain = -.45, .words = 10};
  CHECK(confidence(good, .5) > .8);
  CHECK(confidence(bad, .5) < .2);
  double before = 1;
  for (const double distance : {.5, 1.0, 1.2, 1.5, 3.0}) {
    CAPTURE(distance);
    const double now = confidence(good, distance);
    CHECK(now <= before);
    before = now;
  }
  CHECK(before < 1e-6);
  double mean = 0;
  double acceptable = 0;
  for (const JudgedCaption& caption : captions) {
    mean += confidence(caption.signals, caption.distance) / 400;
    acceptable += caption.cider_d / 400;
  }
  CHECK(mean == doctest::Approx(acceptable).epsilon(.03));
}

TEST_CASE("captions that are nearly all of a kind teach no confidence") {
  auto captions = judged_captions(100, 7);
  for (JudgedCaption& caption : captions) caption.cider_d = 0;
  for (std::size_t i = 0; i < least_captions_of_a_kind - 1; ++i) captions[i].cider_d = 1;
  CHECK_THROWS_AS(fit_caption_confidence(captions, {}, .7), Error);
  captions[least_captions_of_a_kind - 1].cider_d = 1;
  CHECK_NOTHROW(fit_caption_confidence(captions, {}, .7));
}

TEST_CASE("a confidence is kept in a file as it is, and goes when other settings for decoding are kept") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  const Tensor<float, 1> weights({Index{3}});
  SafetensorsWriter writer;
  writer.add("weights", weights);
  writer.set_metadata("other", "text");
  writer.write(path);
  CHECK_FALSE(read_caption_confidence(SafetensorsFile(path)).has_value());
  keep_decoding_settings(path, {.beam = 3});
  const CaptionConfidence confidence = some_confidence();
  keep_caption_confidence(path, confidence);
  CHECK(read_caption_confidence(SafetensorsFile(path)) == confidence);
  CHECK(read_decoding_settings(SafetensorsFile(path)) == DecodingSettings{.beam = 3});
  CHECK(SafetensorsFile(path).metadata("other") == "text");
  CHECK(SafetensorsFile(path).contains("weights"));
  keep_decoding_settings(path, {.beam = 4});
  CHECK_FALSE(read_caption_confidence(SafetensorsFile(path)).has_value());
  CHECK(SafetensorsFile(path).metadata().size() == 4);
}

TEST_CASE("a damaged confidence is refused, naming file and place") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& key, const std::string& text) {
    const auto path = folder / "model.safetensors";
    SafetensorsWriter().write(path);
    keep_caption_confidence(path, some_confidence());
    rewrite_metadata(path, {{key, text}});
    const std::string said = error_of<FileError>([&] { read_caption_confidence(SafetensorsFile(path)); });
    CHECK(said.starts_with(path.string() + ": "));
    return said.substr(path.string().size() + 2);
  };
  CHECK(error("confidence_bias", "much") == "confidence_bias is \"much\" in the metadata");
  CHECK(error("confidence_mean_excess", "-1") == "confidence_mean_excess is -1 in the metadata");
  CHECK(error("confidence_weight_gain", "") == "confidence_weight_gain is \"\" in the metadata");
  CHECK(error("confidence_typical_grid", "1 2 x 4") == "number 3 of confidence_typical_grid is none in the metadata");
}

TEST_CASE("a confidence that knows fewer signals, of an earlier version, is none") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  SafetensorsWriter().write(path);
  keep_caption_confidence(path, some_confidence());
  rewrite_metadata(path, {}, "confidence_weight_words");
  CHECK_FALSE(read_caption_confidence(SafetensorsFile(path)).has_value());
}
