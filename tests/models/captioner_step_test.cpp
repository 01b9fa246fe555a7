// Steps of several batches, and what regularizes them.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/captioner_training.hpp>
#include <pupil/optim/adamw.hpp>
#include <pupil/optim/decay_groups.hpp>

#include "../support/files.hpp"
#include "../support/thread_counts.hpp"
#include "parameter_gradients.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

CaptionerOptions options_with_word_loss() {
  auto options = tiny_captioner_options();
  options.word_loss = 0.7;
  return options;
}

/// A tiny captioner, features of three images for it, and all that a step needs.
struct FeatureTraining {
  explicit FeatureTraining(std::uint64_t seed, double weight_decay = 0)
      : rng(seed),
        captioner(options_with_word_loss(), tiny_vocabulary(), rng),
        adam({.learning_rate = 0.01, .weight_decay = weight_decay}) {
    features.pooled = random_tensor<double>(Shape{3, captioner.encoder().pooled_size()}, rng);
  }

  double step(const CaptionerTrainingOptions& options = {}) {
    return train_captioner(captioner, adam, features, batch.blocks(), options, context).loss.captions;
  }

  Rng rng;
  Captioner<double> captioner;
  AdamW<double> adam;
  ImageFeatures<double> features;
  Batch batch = tiny_batch();
  CaptionerContext<double> context;
};

std::vector<double> all_gradients(Captioner<double>& captioner) {
  std::vector<double> gradients;
  for_each_parameter(captioner, [&](const Name&, auto& parameter) {
    gradients.insert(gradients.end(), parameter.gradient.begin(), parameter.gradient.end());
  });
  return gradients;
}

void put_gradients(Captioner<double>& captioner, const std::vector<double>& gradients) {
  auto next = gradients.begin();
  for_each_parameter(captioner, [&](const Name&, auto& parameter) {
    std::copy_n(next, parameter.gradient.size(), parameter.gradient.begin());
    next += parameter.gradient.size();
  });
}

}  // namespace

TEST_CASE("a step of several batches is that of all their captions together") {
  FeatureTraining together(1), apart(1);
  const auto blocks = together.batch.blocks();
  REQUIRE(count_targets(blocks.first(1)) != count_targets(blocks.subspan(1)));
  const double loss = together.step();

  CaptionerStep step(apart.captioner, apart.adam, apart.context);
  step.add(apart.features, blocks.first(1), {});
  step.add(apart.features, blocks.subspan(1), {});
  const StepResult result = step.finish(5);
  CHECK(result.loss.captions == doctest::Approx(loss).epsilon(1e-12));
  const auto expected = all_values<double>(together.captioner), found = all_values<double>(apart.captioner);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  CHECK(apart.adam.step_count() == 1);
}

TEST_CASE("a step of parts whose sums and gradients were added is that of all their captions together") {
  FeatureTraining together(1), apart(1);
  const auto blocks = together.batch.blocks();
  const double loss = together.step();

  std::vector<double> gradients(all_gradients(apart.captioner).size());
  CaptionerSums sums;
  CaptionerStep step(apart.captioner, apart.adam, apart.context, StepScope::parts);
  const auto add_part = [&](std::span<const CaptionBlock> captions) {
    if (!captions.empty()) step.add(apart.features, captions, {});
    sums += step.end_part();
    const std::vector<double> of_part = all_gradients(apart.captioner);
    for (std::size_t i = 0; i < gradients.size(); ++i) gradients[i] += of_part[i];
    zero_gradients(apart.captioner);
  };
  add_part(blocks.first(1));
  add_part({});
  add_part(blocks.subspan(1));
  put_gradients(apart.captioner, gradients);
  const StepResult result = step.finish(sums, apart.captioner.encoder().block_count(), 5);
  CHECK(sums.targets == static_cast<double>(count_targets(blocks)));
  CHECK(result.loss.captions == doctest::Approx(loss).epsilon(1e-12));
  const auto expected = all_values<double>(together.captioner), found = all_values<double>(apart.captioner);
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("a part whose loss is not finite is an error of the whole step, for all who have parts") {
  FeatureTraining training(2);
  auto bad = training.features;
  bad.pooled[0] = std::numeric_limits<double>::quiet_NaN();
  const auto before = all_values<double>(training.captioner);
  {
    CaptionerStep step(training.captioner, training.adam, training.context, StepScope::parts);
    step.add(bad, training.batch.blocks(), {});
    const CaptionerSums sums = step.end_part();
    const std::string error = error_of<NumericError>([&] { step.finish(sums, 0, 5); });
    CHECK(contains(error, "the loss is "));
    CHECK(contains(error, "nan"));  // of either sign
  }
  CHECK(all_values<double>(training.captioner) == before);
  CHECK(all_gradients(training.captioner) == std::vector<double>(all_gradients(training.captioner).size()));
}

TEST_CASE("a step that was given up, or one of whose batches throws, leaves all as it was") {
  FeatureTraining training(2), undisturbed(2);
  const auto before = all_values<double>(training.captioner);
  {
    CaptionerStep step(training.captioner, training.adam, training.context);
    step.add(training.features, training.batch.blocks(), {});
  }
  auto bad = training.features;
  bad.pooled[0] = std::numeric_limits<double>::infinity();
  const auto fail = [&] {
    CaptionerStep step(training.captioner, training.adam, training.context);
    step.add(training.features, training.batch.blocks(), {});
    step.add(bad, training.batch.blocks(), {});
  };
  CHECK_THROWS_AS(fail(), NumericError);
  CHECK(all_values<double>(training.captioner) == before);
  for (int i = 0; i < 2; ++i) CHECK(training.step() == undisturbed.step());
  CHECK(all_values<double>(training.captioner) == all_values<double>(undisturbed.captioner));
}

TEST_CASE("the last batch of a part says of each trained part when its gradients are the part's sums") {
  Rng rng(9);
  Captioner<double> captioner(options_with_word_loss(), tiny_vocabulary(), rng);
  AdamW<double> adam;
  CaptionerContext<double> context;
  const auto images = tiny_images<double>(captioner.options().image_size, rng);
  const Batch batch = tiny_batch();
  const auto sums_of = [&](bool says, std::vector<const void*>& finished) {
    CaptionerStep step(captioner, adam, context, StepScope::parts);
    step.add(images, batch.blocks(), {});
    std::vector<double> at_once;  // as they were when they were said to be finished
    if (says) {
      step.add(images, batch.blocks(), {}, [&](const ModelRef& part) {
        part.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& parameter) {
          finished.push_back(parameter.address());
          const auto gradient = parameter.gradient<double>();
          at_once.insert(at_once.end(), gradient.begin(), gradient.end());
        });
      });
    } else {
      step.add(images, batch.blocks(), {});
    }
    step.end_part();
    auto sums = all_gradients(captioner);
    if (says) {
      std::vector<double> sorted = sums;
      std::ranges::sort(sorted);
      std::ranges::sort(at_once);
      CHECK(at_once == sorted);
    }
    return sums;
  };
  std::vector<const void*> finished;
  const auto said = sums_of(true, finished);
  CHECK(said == sums_of(false, finished));
  std::vector<const void*> parameters;
  for_each_parameter(captioner, [&](const Name&, auto& parameter) { parameters.push_back(&parameter); });
  CHECK(finished.size() == parameters.size());
  CHECK(std::ranges::is_permutation(finished, parameters));
  CHECK(finished.front() != parameters.front());  // the decoder's come first
}

TEST_CASE("gradients with smoothed labels and changed inputs agree with differences") {
  FeatureTraining training(3);
  const CaptionerTrainingOptions options{.label_smoothing = 0.2, .inputs = {.word_dropout = 0.3, .rng = Rng(4)}};
  const auto loss = [&](Captioner<double>& subject) {
    CaptionerContext<double> context;
    const auto parts = captioner_gradients(subject, training.features, training.batch.blocks(), options, context);
    return parts.captions + parts.regularization;
  };
  CHECK(check_parameter_gradients(training.captioner, loss, loss,
                                  {.step = 1e-6, .tolerance = 2e-6, .most_elements = 20}) > 10);
}

TEST_CASE("smoothing, hidden words and drawn words each change what a step learns") {
  const auto learned = [](const CaptionerTrainingOptions& options) {
    FeatureTraining training(5);
    training.step(options);
    return all_values<double>(training.captioner);
  };
  const auto plain = learned({});
  CHECK(learned({}) == plain);
  CHECK(learned({.label_smoothing = 0.1}) != plain);
  CHECK(learned({.inputs = {.word_dropout = 0.5, .rng = Rng(6)}}) != plain);
  CHECK(learned({.inputs = {.drawn_share = 0.9, .rng = Rng(6)}}) != plain);
  CHECK(learned({.inputs = {.word_dropout = 0.5, .rng = Rng(6)}}) ==
        learned({.inputs = {.word_dropout = 0.5, .rng = Rng(6)}}));
}

TEST_CASE("AdamW without decay steps as Adam does, bit by bit") {
  const auto learned = [](auto adam) {
    FeatureTraining training(7);
    for (int i = 0; i < 3; ++i) {
      train_captioner(training.captioner, adam, training.features, training.batch.blocks(), {}, training.context);
    }
    return all_values<double>(training.captioner);
  };
  CHECK(learned(AdamW<double>({.weight_decay = 0})) == learned(Adam<double>()));
  CHECK(learned(AdamW<double>({.weight_decay = 0.1})) != learned(Adam<double>()));
}

TEST_CASE("regularized steps of several batches give the same bits for any number of threads") {
  check_thread_counts([] {
    Rng rng(8);
    auto tiny = options_with_word_loss();
    tiny.dropout = 0.3;
    Captioner<float> captioner(tiny, tiny_vocabulary(), rng);
    const auto images = tiny_images<float>(16, rng);
    AdamW<float> adam({.learning_rate = 0.01, .weight_decay = 0.1});
    CaptionerContext<float> context;
    const Batch batch = tiny_batch();
    for (int i = 0; i < 3; ++i) {
      CaptionerStep step(captioner, adam, context);
      for (std::uint64_t part = 0; part < 2; ++part) {
        step.add(images, batch.blocks(),
                 {.label_smoothing = 0.1, .inputs = {.word_dropout = 0.3, .drawn_share = 0.5, .rng = Rng(9, part)}});
      }
      step.finish(5);
    }
    return all_values<float>(captioner);
  });
}
