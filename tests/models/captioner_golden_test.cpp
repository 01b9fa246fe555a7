// The whole captioner against PyTorch: tools/fixtures/captioner.py is its twin.

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <pupil/models/captioner_file.hpp>
#include <pupil/models/captioner_training.hpp>

#include "../support/golden.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

constexpr double word_loss_weight = 0.7;
constexpr double max_gradient_norm = 1;

/// In the twin the image's projection is the encoder's.
template <class T>
pupil::captioning::detail::FirstFormatNames<Captioner<T>> with_twins_names(Captioner<T>& captioner) {
  return {captioner, "small"};
}

template <class T>
Captioner<T> golden_captioner(const SafetensorsFile& file) {
  Rng rng(1);
  CaptionerOptions options = tiny_captioner_options();
  options.word_loss = word_loss_weight;
  Captioner<T> captioner(options, tiny_vocabulary(), rng);
  auto named = with_twins_names(captioner);
  load_state_dict(file, named, "tiny/state/");
  return captioner;
}

/// The twin's BLOCKS: image r is captions[r].
Batch golden_batch() {
  const EncodedCaptions captions{{{4, 5, 8, 4, 6}, {5, 7}},
                                 {{4, 5, 7, 4, 8}, {4, 6, 7, 3}, {8}},
                                 {{6, 7}},
                                 {{4, 7}},
                                 {{6}},
                                 {{5}},
                                 {{}},
                                 {{4, 8, 7, 6}}};
  Batch batch;
  batch.fill(captions, {.images = {0, 1, 2, 3, 4, 5, 6, 7},
                        .captions = {{1, 0, 6},
                                     {0, 0, 6},
                                     {1, 1, 5},
                                     {7, 0, 5},  //
                                     {3, 0, 3},
                                     {0, 1, 3},
                                     {2, 0, 3},
                                     {1, 2, 2},
                                     {4, 0, 2},
                                     {5, 0, 2},
                                     {6, 0, 1}},
                        .block_ends = {4, 11}});
  return batch;
}

/// Batch norm takes a constant away again, so the gradient of what is added before it is nothing but rounding.
bool is_zero_but_for_rounding(const Name& name) { return name.str() == "encoder.13.bias"; }

}  // namespace

TEST_CASE_TEMPLATE("the captioner's logits are PyTorch's", T, float, double) {
  const SafetensorsFile file = fixture("captioner");
  Captioner<T> captioner = golden_captioner<T>(file);
  CaptionerContext<T> context;
  const auto features = captioner.encoder().forward(file.read<T, 4>("tiny/images"), {.pooled = true}, context.encoder);
  const Batch batch = golden_batch();
  const auto logits = captioner.decoder().forward(features, batch.blocks(), context.decoder);
  Index first = 0;
  for (std::size_t b = 0; b < 2; ++b) {
    const Index targets = count_targets(batch.blocks().subspan(b, 1));
    auto of_block = Tensor<T, 2>::uninitialized({targets, logits.columns()});
    std::copy_n(logits.row(first), of_block.size(), of_block.data());
    check_golden_tensor(file, "tiny/logits/" + std::to_string(b), of_block);
    first += targets;
  }
  CHECK(first == logits.rows());
}

TEST_CASE_TEMPLATE("the captioner's losses and all of its gradients are PyTorch's", T, float, double) {
  const SafetensorsFile file = fixture("captioner");
  Captioner<T> captioner = golden_captioner<T>(file);
  CaptionerContext<T> context;
  const CaptionerLoss loss =
      captioner_gradients(captioner, file.read<T, 4>("tiny/images"), golden_batch().blocks(), {}, context);
  CHECK(std::abs(loss.captions - file.read<double, 1>("tiny/loss/captions")[0]) <= golden_tolerance<T> * loss.captions);
  CHECK(std::abs(loss.regularization - file.read<double, 1>("tiny/loss/words")[0]) <=
        golden_tolerance<T> * loss.regularization);

  auto named = with_twins_names(captioner);
  for_each_parameter(named, [&](const Name& name, auto& parameter) {
    if (!is_zero_but_for_rounding(name)) return;
    CAPTURE(name.str());
    for (const T value : parameter.gradient) CHECK(std::abs(static_cast<double>(value)) <= golden_tolerance<T>);
    read_parameter(file, ParameterLayout::channels_first, "tiny/grad/" + name.str(), parameter.gradient);
  });
  check_golden_gradients(file, "tiny", named);
}

TEST_CASE_TEMPLATE("twenty steps of training have PyTorch's losses", T, float, double) {
  const SafetensorsFile file = fixture("captioner");
  Captioner<T> captioner = golden_captioner<T>(file);
  const auto images = file.read<T, 4>("tiny/images");
  const Batch batch = golden_batch();
  Adam<T> adam({.learning_rate = 0.01});
  CaptionerContext<T> context;
  auto curve = Tensor<T, 1>::uninitialized({20});
  for (T& total : curve) {
    const CaptionerTrainingOptions options{.max_gradient_norm = max_gradient_norm};
    const CaptionerLoss loss = train_captioner(captioner, adam, images, batch.blocks(), options, context).loss;
    total = static_cast<T>(loss.captions + loss.regularization);
  }
  check_golden_tensor(file, "tiny/curve", curve);
  CHECK(curve[19] < 0.9 * curve[0]);
}
