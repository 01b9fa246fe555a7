// The whole captioner against PyTorch: tools/fixtures/captioner.py is its twin.

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <pupil/models/captioner_training.hpp>

#include "../support/golden.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

constexpr double word_loss_weight = 0.7;
constexpr double max_gradient_norm = 1;

template <class T>
Captioner<T> golden_captioner(const SafetensorsFile& file) {
  Rng rng(1);
  Captioner<T> captioner(tiny_captioner_options(), tiny_vocabulary(), rng);
  load_state_dict(file, captioner, "tiny/state/");
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
  const auto features = captioner.encoder().forward(file.read<T, 4>("tiny/images"), context.encoder);
  const Batch batch = golden_batch();
  int number = 0;
  for (const CaptionBlock& block : batch.blocks()) {
    typename ShowAndTell<T>::Context decoder_context;
    const auto logits = captioner.decoder().forward(features, block, decoder_context);
    check_golden_tensor(file, "tiny/logits/" + std::to_string(number++), logits);
  }
  CHECK(number == 2);
}

TEST_CASE_TEMPLATE("the captioner's losses and all of its gradients are PyTorch's", T, float, double) {
  const SafetensorsFile file = fixture("captioner");
  Captioner<T> captioner = golden_captioner<T>(file);
  CaptionerContext<T> context;
  const CaptionerLoss loss = captioner_gradients(captioner, file.read<T, 4>("tiny/images"), golden_batch(),
                                                 {.word_loss_weight = word_loss_weight}, context);
  CHECK(std::abs(loss.captions - file.read<double, 1>("tiny/loss/captions")[0]) <= golden_tolerance<T> * loss.captions);
  CHECK(std::abs(loss.words - file.read<double, 1>("tiny/loss/words")[0]) <= golden_tolerance<T> * loss.words);

  for_each_parameter(captioner, [&](const Name& name, auto& parameter) {
    if (!is_zero_but_for_rounding(name)) return;
    CAPTURE(name.str());
    for (const T value : parameter.gradient) CHECK(std::abs(static_cast<double>(value)) <= golden_tolerance<T>);
    read_parameter(file, ParameterLayout::channels_first, "tiny/grad/" + name.str(), parameter.gradient);
  });
  check_golden_gradients(file, "tiny", captioner);
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
    const CaptionerTrainingOptions options{.max_gradient_norm = max_gradient_norm,
                                           .word_loss_weight = word_loss_weight};
    const CaptionerLoss loss = train_captioner(captioner, adam, images, batch, options, context).loss;
    total = static_cast<T>(loss.captions + loss.words);
  }
  check_golden_tensor(file, "tiny/curve", curve);
  CHECK(curve[19] < 0.9 * curve[0]);
}
