#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/self_critical.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/files.hpp"
#include "../support/thread_counts.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// A tiny captioner, features of four images, and what people wrote of each.
struct MetricTraining {
  explicit MetricTraining(std::uint64_t seed) : rng(seed), captioner(options(), tiny_vocabulary(), rng) {
    features.pooled = random_tensor<float>(Shape{4, captioner.encoder().pooled_size()}, rng);
  }

  static CaptionerOptions options() {
    CaptionerOptions options = tiny_captioner_options();
    options.hidden_size = 16;
    return options;
  }

  SelfCriticalResult step(std::uint64_t seed, const SelfCriticalOptions& options = {}) {
    return train_on_cider_d(captioner, adam, features, images, reward, options, seed, context);
  }

  double mean_reward(std::uint64_t seed) {
    const auto said = pupil::captioning::detail::draw_captions(std::as_const(captioner.decoder()), features,
                                                               {.samples = 50, .seed = seed});
    const auto rewards = pupil::captioning::detail::rewards_of(reward, said, images);
    double sum = 0;
    for (const double each : rewards) sum += each;
    return sum / static_cast<double>(rewards.size());
  }

  Rng rng;
  Captioner<float> captioner;
  Adam<float> adam{{.learning_rate = 0.02}};
  ImageFeatures<float> features;
  std::vector<Index> images{2, 0, 1, 3};  // row r is image images[r] of the reward
  CiderDReward reward{std::vector<std::vector<std::vector<std::int32_t>>>{
      {{4, 5, 7}, {5, 7}}, {{4, 6, 8}, {6, 8}}, {{7, 4, 5}}, {{8, 6}, {4, 8, 6}}}};
  CaptionerContext<float> context;
};

FoundCaption said(std::vector<std::int32_t> words, bool ended = true) {
  return {.words = std::move(words), .log_probability = -1, .ended = ended};
}

}  // namespace

TEST_CASE("captions that were said become a block, the longest first; one that was cut has no end") {
  const std::vector<FoundCaption> captions{said({5}), said({4, 6, 7}, false), said({}), said({8, 7})};
  std::vector<std::size_t> order;
  const CaptionBlock block = block_of_captions(captions, std::vector<Index>{0, 0, 1, 1}, order);
  CHECK(order == std::vector<std::size_t>{1, 3, 0, 2});
  CHECK(block.lengths == std::vector<Index>{3, 3, 2, 1});
  CHECK(block.image_rows == std::vector<Index>{0, 1, 0, 1});
  CHECK(block.inputs == Tensor<std::int32_t, 2>({3, 4}, {1, 1, 1, 1, 4, 8, 5, 0, 6, 7, 0, 0}));
  CHECK(block.targets == Tensor<std::int32_t, 2>({3, 4}, {4, 8, 5, 2, 6, 7, 2, -1, 7, 2, -1, -1}));
  const auto advantages =
      pupil::captioning::detail::advantages_of_targets(block, order, std::vector<double>{0.5, 1.5, 2.5, 3.5});
  CHECK(advantages == std::vector<double>{1.5, 3.5, 0.5, 2.5, 1.5, 3.5, 0.5, 1.5, 3.5});
  CHECK(static_cast<Index>(advantages.size()) == count_targets(std::span(&block, 1)));
}

TEST_CASE("a sample's advantage is its reward above the mean of the image's other samples") {
  const auto advantages = pupil::captioning::detail::above_others(std::vector<double>{1, 4, 7, 2, 2, 2}, 3);
  CHECK(advantages == std::vector<double>{1 - 5.5, 0, 7 - 2.5, 0, 0, 0});
}

TEST_CASE("training on the metric makes the captions that are drawn better, by either baseline") {
  for (const RewardBaseline baseline : {RewardBaseline::other_samples, RewardBaseline::greedy}) {
    CAPTURE(static_cast<int>(baseline));
    MetricTraining training(1);
    const double before = training.mean_reward(99);
    SelfCriticalResult last;
    for (std::uint64_t i = 0; i < 150; ++i) last = training.step(i, {.baseline = baseline});
    const double after = training.mean_reward(99);
    CAPTURE(before);
    CHECK(after > 3 * before);
    CHECK(last.reward > 0);
    CHECK(last.captions == 20);
    CHECK(last.distinct >= 1);
    CHECK(last.distinct <= 20);
    CHECK(last.length > 1);
  }
}

TEST_CASE("words that are never said neither grow nor shrink, however probable they are, and are no obstacle") {
  MetricTraining training(5);
  const auto with_bias = [&](const auto& use) {
    for_each_parameter(training.captioner, [&](const Name& name, auto& parameter) {
      if (name.str() == "decoder.out.bias") use(parameter.value);
    });
  };
  with_bias([](auto& bias) { bias[Vocabulary::unknown] = 3; });
  std::vector<float> before, after;
  const auto read_into = [&](std::vector<float>& values) {
    with_bias([&](auto& bias) {
      for (const std::int32_t word : Vocabulary::never_said) values.push_back(bias[word]);
    });
  };
  read_into(before);
  const double reward_before = training.mean_reward(99);
  for (std::uint64_t i = 0; i < 150; ++i) training.step(i);
  read_into(after);
  CHECK(after == before);
  CHECK(training.mean_reward(99) > 3 * reward_before);
}

TEST_CASE("a step of parts draws what the whole step would, and is rewarded for it") {
  MetricTraining together(6), apart(6);
  const SelfCriticalResult expected = together.step(3);

  std::vector<std::vector<float>> gradients;
  SelfCriticalSums sums;
  SelfCriticalStep step(apart.captioner, apart.adam, apart.reward, SelfCriticalOptions{}, apart.context);
  const std::span<const Index> images(apart.images);
  for (const Index first : {0, 2}) {
    ImageFeatures<float> features;
    features.pooled = Tensor<float, 2>::uninitialized({2, apart.features.pooled.columns()});
    std::copy_n(apart.features.pooled.row(first), features.pooled.size(), features.pooled.data());
    // Each part finds the batch norm's averages as the whole step does, and gradients of zero.
    const StepGuard as_at_the_start(apart.captioner, {.keep_gradients = true});
    sums += step.add_part(features, images.subspan(static_cast<std::size_t>(first), 2), 3, first);
    auto& of_part = gradients.emplace_back();
    for_each_parameter(apart.captioner, [&](const Name&, auto& parameter) {
      of_part.insert(of_part.end(), parameter.gradient.begin(), parameter.gradient.end());
    });
  }
  std::size_t next = 0;
  for_each_parameter(apart.captioner, [&](const Name&, auto& parameter) {
    for (float& gradient : parameter.gradient) {
      gradient = gradients[0][next] + gradients[1][next];
      ++next;
    }
  });
  const SelfCriticalResult result = step.finish(sums, apart.captioner.encoder().block_count());
  CHECK(result.captions == expected.captions);
  CHECK(result.reward == doctest::Approx(expected.reward));
  CHECK(result.length == doctest::Approx(expected.length));
  CHECK(result.gradient_norm > 0);
}

TEST_CASE("training on the metric gives the same bits for any number of threads") {
  check_thread_counts([] {
    MetricTraining training(2);
    for (std::uint64_t i = 0; i < 3; ++i) training.step(i);
    return all_values<float>(training.captioner);
  });
}

TEST_CASE("from images the encoder is trained on the metric too, from the block that is asked for") {
  MetricTraining training(3);
  const auto images = random_tensor<float>(Shape{4, 16, 16, 3}, training.rng);
  const auto encoder_values = [&] { return all_values<float>(training.captioner.encoder()); };
  const auto before = encoder_values();
  const auto step = [&](Index first_trained) {
    Adam<float> adam({.learning_rate = 0.02});
    train_on_cider_d(training.captioner, adam, images, training.images, training.reward,
                     {.first_trained = first_trained}, 1, training.context);
  };
  step(training.captioner.encoder().block_count());
  CHECK(encoder_values() == before);
  step(0);
  CHECK(encoder_values() != before);
}

TEST_CASE("a step on the metric that throws leaves all as it was") {
  MetricTraining training(4);
  const auto before = all_values<float>(training.captioner);
  CHECK(error_of<OptionError>([&] { training.step(1, {.samples = 1}); }) ==
        "train_on_cider_d: samples is 1, two or more are compared with each other");
  CHECK(error_of<OptionError>([&] { training.step(1, {.samples = 0, .baseline = RewardBaseline::greedy}); }) ==
        "train_on_cider_d: samples is 0");
  const float value = std::exchange(training.features.pooled[3], std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS_AS(training.step(1), NumericError);
  training.features.pooled[3] = value;
  CHECK(all_values<float>(training.captioner) == before);
  CHECK(training.adam.step_count() == 0);
  CHECK_NOTHROW(training.step(1));
}
