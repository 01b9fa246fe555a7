#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/captioner_training.hpp>
#include <pupil/nn/side_by_side.hpp>

#include "../support/files.hpp"
#include "../support/thread_counts.hpp"
#include "parameter_gradients.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

CaptionerOptions with_word_loss(double weight, CaptionerOptions options = tiny_captioner_options()) {
  options.word_loss = weight;
  return options;
}

/// Checks the gradients of the whole loss with respect to every parameter. Returns how many tensors there were.
int check_loss_gradients(const std::string& encoder, Index image_size, std::uint64_t seed, Index most_elements) {
  CAPTURE(encoder);
  CAPTURE(seed);
  Rng rng(seed);
  const Captioner<double> captioner(with_word_loss(0.7, tiny_captioner_options(encoder, image_size)), tiny_vocabulary(),
                                    rng);
  const auto images = tiny_images<double>(image_size, rng);
  const Batch batch = tiny_batch();
  const auto loss = [&](Captioner<double>& subject) {
    CaptionerContext<double> context;
    const CaptionerLoss parts = captioner_gradients(subject, images, batch.blocks(), {}, context);
    return parts.captions + parts.regularization;
  };
  return check_parameter_gradients(captioner, loss, loss,
                                   {.step = 1e-6, .tolerance = 2e-6, .most_elements = most_elements});
}

/// Training of a tiny captioner with dropout, always on the same batch.
struct TinyTraining {
  explicit TinyTraining(std::uint64_t seed, CaptionerOptions options = with_word_loss(1)) : rng(seed) {
    options.dropout = 0.3;
    captioner.emplace(options, tiny_vocabulary(), rng);
    images = tiny_images<float>(options.image_size, rng);
  }

  double step(const CaptionerTrainingOptions& options = {}) {
    return train_captioner(*captioner, adam, images, batch.blocks(), options, context).loss.captions;
  }

  Rng rng;
  std::optional<Captioner<float>> captioner;
  Adam<float> adam{{.learning_rate = 0.01}};
  Tensor<float, 4> images;
  Batch batch = tiny_batch();
  CaptionerContext<float> context;
};

/// All that a step may change: weights, gradients, averages and where the generators are.
std::vector<double> all_numbers(Captioner<float>& captioner) {
  std::vector<double> all;
  const auto take = [&](const auto& numbers) {
    for (const auto number : numbers) all.push_back(static_cast<double>(number));
  };
  for_each_parameter(captioner, [&](const Name&, auto& parameter) {
    take(parameter.value);
    take(parameter.gradient);
  });
  for_each_buffer(captioner, [&](const Name&, auto& buffer) { take(buffer); });
  for_each_generator(captioner,
                     [&](const Name&, Rng& rng) { all.push_back(static_cast<double>(rng.state().position)); });
  return all;
}

}  // namespace

TEST_CASE("the gradients of the whole loss agree with differences, from the words back to the pixels' filters") {
  CHECK(check_loss_gradients("small", 16, 1, 60) == 23);
  CHECK(check_loss_gradients("small", 9, 2, 60) == 23);
}

TEST_CASE("so they do through a residual encoder") { CHECK(check_loss_gradients("resnet18", 32, 3, 12) == 71); }

TEST_CASE("the gradients from features agree with differences, and the encoder gets none") {
  Rng rng(10);
  const Captioner<double> captioner(with_word_loss(0.7), tiny_vocabulary(), rng);
  const ImageFeatures<double> features{.pooled =
                                           random_tensor<double>(Shape{3, captioner.encoder().pooled_size()}, rng)};
  const auto loss = [&](Captioner<double>& subject) {
    CaptionerContext<double> context;
    const auto parts = captioner_gradients(subject, features, tiny_batch().blocks(), {}, context);
    return parts.captions + parts.regularization;
  };
  CHECK(check_parameter_gradients(captioner, loss, loss, {.step = 1e-6, .tolerance = 2e-6, .most_elements = 20}) == 23);
}

TEST_CASE("features of the same images train as the images do where no block of the encoder is trained") {
  const auto options = tiny_captioner_options("resnet18", 32);
  TinyTraining from_images(11, options);
  TinyTraining from_features(11, options);
  const auto& network = from_images.captioner->encoder();
  const Index none = network.block_count();
  const auto features = network.features(from_images.images, {.pooled = true});
  for (int i = 0; i < 3; ++i) {
    from_images.step({.first_trained = none});
    train_captioner(*from_features.captioner, from_features.adam, features, from_features.batch.blocks(), {},
                    from_features.context);
  }
  CHECK(all_values<float>(*from_images.captioner) == all_values<float>(*from_features.captioner));
}

TEST_CASE("fine-tuning from a block changes no parameter and no statistic before it, and keeps no state of them") {
  TinyTraining training(12, tiny_captioner_options("resnet18", 32));
  auto before = *training.captioner;
  const Index layer4 = before.encoder().block_index("layer4");
  training.step({.first_trained = layer4});

  std::set<std::string> changed;
  SideBySide().visit(before, *training.captioner, [&](const Name& name, const ModelItem& old, const ModelItem& now) {
    if (old.kind() != ItemKind::generator && !std::ranges::equal(old.bytes(), now.bytes())) changed.insert(name.str());
  });
  CHECK(changed.contains("encoder.layer4.0.conv1.weight"));
  CHECK(changed.contains("encoder.layer4.0.bn1.running_mean"));
  CHECK(changed.contains("decoder.image.fc.weight"));
  CHECK(changed.contains("decoder.out.weight"));
  for (const std::string& name : changed) {
    CAPTURE(name);
    CHECK((name.starts_with("encoder.layer4") || !name.starts_with("encoder.layer")));
    CHECK_FALSE(name.starts_with("encoder.conv1"));
    CHECK_FALSE(name.starts_with("encoder.bn1"));
  }
  int states = 0;
  training.adam.visit([&](const Name& name, auto&) {
    ++states;
    CHECK_FALSE(name.str().starts_with("exp_avg.encoder.layer3"));
  });
  CHECK(states == 1 + 2 * (2 * 6 + 3 + 2 + 2 + 1 + 4 + 2));  // step; blocks, shortcut, fc, norm, embed, lstm, out
}

TEST_CASE("the loss is the mean cross entropy of all targets, however they are cut into blocks") {
  Rng rng(4);
  const Captioner<double> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  const auto images = tiny_images<double>(16, rng);
  Batch one_block;
  one_block.fill(tiny_captions(), {.images = {1, 0, 2},
                                   .captions = {{1, 0, 6}, {0, 0, 6}, {1, 1, 5}, {0, 1, 3}, {2, 0, 3}, {1, 2, 2}},
                                   .block_ends = {6}});
  const auto loss_of = [&](const Batch& batch) {
    Captioner<double> subject = captioner;
    CaptionerContext<double> context;
    return captioner_gradients(subject, images, batch.blocks(), {}, context).captions;
  };
  CHECK(loss_of(tiny_batch()) == doctest::Approx(loss_of(one_block)).epsilon(1e-12));
}

TEST_CASE("training on a few pictures makes the loss fall to what nobody could foretell") {
  Rng rng(5);
  Captioner<double> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  const auto images = tiny_images<double>(16, rng);
  const Batch batch = tiny_batch();
  Adam<double> adam({.learning_rate = 0.03});
  CaptionerContext<double> context;
  const auto step = [&] { return train_captioner(captioner, adam, images, batch.blocks(), {}, context).loss.captions; };
  const double first = step();
  double last = first;
  for (int i = 0; i < 300; ++i) last = step();
  CAPTURE(first);
  // Where captions of one image part: "a ...", "a ...", "square"; "a red", "a blue"; "a ...", "red ...".
  const double entropy = (2 * std::log(1.5) + std::log(3.0) + 4 * std::log(2.0)) / 25;
  CHECK(first > 1.5);
  CHECK(last > entropy);
  CHECK(last < entropy + 0.05);
}

TEST_CASE("training steps give the same bits for any number of threads") {
  check_thread_counts([] {
    TinyTraining training(6, [] {
      auto options = tiny_captioner_options("resnet18", 64);  // large enough for several ranges of work
      options.encoder_width = 8;
      return options;
    }());
    for (int i = 0; i < 3; ++i) training.step();
    return all_values<float>(*training.captioner);
  });
}

TEST_CASE("a step that throws leaves all as it was, and the next is as if it had not been") {
  for (const std::string encoder : {"small", "resnet18"}) {
    CAPTURE(encoder);
    TinyTraining training(7, tiny_captioner_options(encoder, 32));
    TinyTraining undisturbed(7, tiny_captioner_options(encoder, 32));
    training.step();
    undisturbed.step();
    const auto before = all_numbers(*training.captioner);

    const float pixel = std::exchange(training.images[5], std::numeric_limits<float>::quiet_NaN());
    CHECK(contains(error_of<NumericError>([&] { training.step(); }), "the loss is"));
    CHECK(all_numbers(*training.captioner) == before);
    training.images[5] = pixel;

    const auto images = std::exchange(training.images, Tensor<float, 4>({3, 32, 31, 3}));
    CHECK_THROWS_AS(training.step(), ShapeError);
    training.images = Tensor<float, 4>({2, 32, 32, 3});  // one less than the captions are of: the decoder's error
    CHECK_THROWS_AS(training.step(), IndexError);
    CHECK(all_numbers(*training.captioner) == before);
    training.images = images;

    CHECK_THROWS_AS(training.step({.max_gradient_norm = -1}), OptionError);
    CHECK(all_numbers(*training.captioner) == before);
    CHECK(training.adam.step_count() == 1);

    for (int i = 0; i < 2; ++i) CHECK(training.step() == undisturbed.step());
    CHECK(all_numbers(*training.captioner) == all_numbers(*undisturbed.captioner));
    CHECK(std::ranges::none_of(all_numbers(*training.captioner), [](double x) { return std::isnan(x); }));
  }
}

TEST_CASE("a step from features that throws leaves all as it was") {
  TinyTraining training(13);
  const Index size = training.captioner->encoder().pooled_size();
  const ImageFeatures<float> good{.pooled = random_tensor<float>(Shape{3, size}, training.rng)};
  auto bad = good;
  bad.pooled[0] = std::numeric_limits<float>::infinity();
  const auto step = [&](const ImageFeatures<float>& input) {
    return train_captioner(*training.captioner, training.adam, input, training.batch.blocks(), {}, training.context);
  };
  const auto before = all_numbers(*training.captioner);
  CHECK_THROWS_AS(step(bad), NumericError);
  CHECK(all_numbers(*training.captioner) == before);
  CHECK_NOTHROW(step(good));
}

TEST_CASE("gradients that overflow are an error, the weights stay as they were, and the gradients begin anew") {
  TinyTraining training(8);
  for_each_parameter(*training.captioner, [](const Name& name, auto& parameter) {
    if (name.str() == "decoder.out.weight") parameter.gradient.fill(std::numeric_limits<float>::infinity());
  });
  const auto before = all_values<float>(*training.captioner);
  CHECK(contains(error_of<NumericError>([&] { training.step(); }), "the gradients' norm is"));
  CHECK(all_values<float>(*training.captioner) == before);
  CHECK_NOTHROW(training.step());
}

TEST_CASE("a captioner that was moved from throws, whatever is done with it") {
  TinyTraining training(14);
  training.step();
  Captioner<float>& captioner = *training.captioner;
  Captioner<float> moved = std::move(captioner);
  CHECK_THROWS_AS(captioner.caption(training.images), ShapeError);
  CHECK_THROWS_AS(captioner.caption(ImageFeatures<float>{.pooled = Tensor<float, 2>({1, 4})}), ShapeError);
  CHECK_THROWS_AS(training.step(), ShapeError);
  CHECK_THROWS_AS(count_parameters(captioner), ShapeError);
  CHECK_THROWS_AS(captioner.encoder().pooled(training.images), ShapeError);
  CHECK_THROWS_AS(captioner.encoder().pooled_size(), ShapeError);
  CHECK_THROWS_AS(captioner.decoder().start({.pooled = Tensor<float, 2>({1, 4})}), ShapeError);
  CHECK(moved.caption(training.images).size() == 3);
  captioner = std::move(moved);
  CHECK_NOTHROW(training.step());

  Adam<float> adam = std::move(training.adam);
  CHECK_THROWS_AS(training.step(), ShapeError);
  CHECK_THROWS_AS(training.adam.step_count(), ShapeError);
  training.adam = adam;
  CHECK_NOTHROW(training.step());
  CHECK(training.adam.step_count() == 3);
}

TEST_CASE("from the third step on no tensor asks memory of the system") {
  for (const std::string encoder : {"small", "resnet18"}) {
    CAPTURE(encoder);
    TinyTraining training(9, tiny_captioner_options(encoder, 32));
    training.step();
    training.step();
    const auto before = StoragePool::instance().statistics();
    for (int i = 0; i < 3; ++i) training.step();
    const auto after = StoragePool::instance().statistics();
    CHECK(after.system_allocations == before.system_allocations);
    CHECK(after.bytes_in_use == before.bytes_in_use);
  }
}
