// Decoders with attention against PyTorch: tools/fixtures/decoders.py is their twin.

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pupil/models/adaptive_decoder.hpp>
#include <pupil/models/attention_decoder.hpp>
#include <pupil/models/top_down_decoder.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/optim/adam.hpp>

#include "../support/golden.hpp"
#include "attention_decoders.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// The loss of all captions, and the gradient of its logits.
template <class Decoder, class T>
Loss<T, 2> captions_loss(Decoder& decoder, const ImageFeatures<T>& features, typename Decoder::Context& context) {
  const auto blocks = tiny_blocks();
  return softmax_cross_entropy(decoder.forward(features, blocks, context), target_words(blocks));
}

/// Logits, losses, all gradients, and the losses of ten steps of Adam.
template <class T, class Decoder>
void check_golden_decoder(const std::string& name, Decoder decoder) {
  CAPTURE(name);
  const SafetensorsFile file = fixture("decoders");
  load_state_dict(file, decoder, name + "/state/");
  const ImageFeatures<T> features{.grid = file.read<T, 3>(name + "/grid")};
  typename Decoder::Context context;
  check_golden_tensor(file, name + "/logits", decoder.forward(features, tiny_blocks(), context));

  context = {};
  zero_gradients(decoder);
  const auto loss = captions_loss(decoder, features, context);
  check_golden_tensor(file, name + "/loss", Tensor<T, 1>({1}, {loss.value}));
  check_golden_tensor(file, name + "/regularization", Tensor<T, 1>({1}, {static_cast<T>(context.regularization)}));
  check_golden_tensor(file, name + "/grid.grad", decoder.backward(loss.gradient, context).grid);
  check_golden_gradients(file, name, decoder);

  Adam<T> adam({.learning_rate = 0.01});
  auto curve = Tensor<T, 1>::uninitialized({10});
  for (T& total : curve) {
    zero_gradients(decoder);
    const auto step_loss = captions_loss(decoder, features, context);
    total = step_loss.value + static_cast<T>(context.regularization);
    decoder.backward(step_loss.gradient, context);
    adam.step(decoder);
  }
  check_golden_tensor(file, name + "/curve", curve);
  CHECK(curve[9] < T(0.95) * curve[0]);
}

}  // namespace

TEST_CASE_TEMPLATE("the attention decoder computes what PyTorch computes", T, float, double) {
  Rng rng(1);
  auto options = tiny_decoder_options<AttentionDecoderOptions>();
  options.gated = false;
  check_golden_decoder<T>("attention", AttentionDecoder<T>(options, rng));
  options.gated = options.projected = options.tied = true;
  options.doubly_stochastic = 0.7;
  check_golden_decoder<T>("attention_gated", AttentionDecoder<T>(options, rng));
}

TEST_CASE_TEMPLATE("the adaptive decoder computes what PyTorch computes", T, float, double) {
  Rng rng(2);
  auto options = tiny_decoder_options<AdaptiveDecoderOptions>();
  check_golden_decoder<T>("adaptive", AdaptiveDecoder<T>(options, rng));
  options.projected = options.tied = true;
  check_golden_decoder<T>("adaptive_tied", AdaptiveDecoder<T>(options, rng));
}

TEST_CASE_TEMPLATE("the top-down decoder computes what PyTorch computes", T, float, double) {
  Rng rng(3);
  auto options = tiny_decoder_options<TopDownDecoderOptions>();
  check_golden_decoder<T>("top_down", TopDownDecoder<T>(options, rng));
  options.projected = options.tied = true;
  check_golden_decoder<T>("top_down_tied", TopDownDecoder<T>(options, rng));
}
