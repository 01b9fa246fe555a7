// What a user's own training program may look like: a small CNN and an LSTM, trained together, and weights that go
// through a file. How long it takes to compile, in how much memory, and that no warning is given, is what the tests
// consumer/compile_budget and consumer/warnings hold.

#include <cstdio>
#include <filesystem>

#include <pupil/captioning.hpp>

using namespace pupil;
using namespace pupil::captioning;

namespace {

/// Whether another network says the same once it has this one's weights from a file.
bool says_the_same_from_a_file() {
  Rng rng(2);
  Lstm<float> lstm({.input_size = 3, .hidden_size = 4, .num_layers = 2}, rng);
  Lstm<float> other({.input_size = 3, .hidden_size = 4, .num_layers = 2}, rng);
  const std::filesystem::path path = "captioner_step.safetensors";
  save_state_dict(path, lstm);
  load_state_dict(path, other);
  std::filesystem::remove(path);
  Tensor<float, 3> x({5, 2, 3});
  fill_normal(x, 1.0F, rng);
  return lstm.forward(x).output == other.forward(x).output;
}

}  // namespace

int main() {
  Rng rng(1);
  Sequential encoder{
      Conv2d<float>({.in_channels = 3, .out_channels = 8, .kernel_size = 3, .stride = 2, .padding = 1}, rng),
      BatchNorm2d<float>({.num_features = 8}),
      Relu<float>(),
      MaxPool2d<float>({.kernel_size = 2}),
      Flatten<float>(),
      Dense<float>({.in_features = 8 * 4 * 4, .out_features = 16}, rng)};
  ShowAndTell<float> decoder({.vocabulary_size = 20, .pooled_size = 16, .embedding_size = 16, .hidden_size = 16}, rng);
  Adam<float> adam_of_encoder({.learning_rate = 1e-2});
  Adam<float> adam_of_decoder({.learning_rate = 1e-2});

  Tensor<float, 4> images({4, 16, 16, 3});
  fill_normal(images, 1.0F, rng);
  EncodedCaptions captions(4);
  for (auto& of_image : captions) of_image = {{4, 5, 6}, {7, 8}};
  const EpochPlan plan = plan_epoch(captions, {.batch_size = 4}, 0);
  Batch batch;
  batch.fill(captions, plan.batches.front());

  double first = 0;
  double last = 0;
  for (int step = 0; step < 30; ++step) {
    decltype(encoder)::Context encoder_context;
    ShowAndTell<float>::Context decoder_context;
    const ImageFeatures<float> features{.pooled = encoder.forward(images, encoder_context)};
    auto loss =
        softmax_cross_entropy(decoder.forward(features, batch.blocks(), decoder_context), target_words(batch.blocks()));
    last = loss.value;
    encoder.backward(decoder.backward(loss.gradient, decoder_context).pooled, encoder_context);
    adam_of_encoder.step(encoder);
    adam_of_decoder.step(decoder);
    if (step == 0) first = last;
  }
  std::printf("loss %g -> %g\n", first, last);
  return last < first && says_the_same_from_a_file() ? 0 : 1;
}
