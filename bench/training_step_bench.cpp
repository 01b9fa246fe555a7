// Whole training steps of captioners, from pixels to changed weights:
//
//   train-end-to-end  as `captioner bench` has it
//   train-scenes      the small network on generated scenes of 64 x 64 pixels, their five captions each
//
// `MiB` is the most memory that was resident, `allocations` what a third and later steps asked of the system.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <pupil/data/scene_captions.hpp>
#include <pupil/models/captioner_training.hpp>

#include "../examples/captioner/bench/workloads.hpp"
#include "benchmarks.hpp"
#include "captioner_sizes.hpp"
#include "operations.hpp"
#include "peak_memory.hpp"
#include "support.hpp"

namespace bench {

namespace {

using Captioner = pupil::captioning::Captioner<float>;

/// The captions of one batch of images, and the words in them.
struct Captions {
  pupil::captioning::Vocabulary vocabulary;
  pupil::captioning::EncodedCaptions encoded;
};

pupil::captioning::Batch make_batch(const Captions& captions, Index captions_per_image) {
  const pupil::captioning::BatchOptions options{.batch_size = static_cast<Index>(captions.encoded.size()),
                                                .captions_per_image = captions_per_image};
  pupil::captioning::Batch batch;
  batch.fill(captions.encoded, pupil::captioning::plan_epoch(captions.encoded, options, 0).batches.front());
  return batch;
}

Captions scene_captions(Index images) {
  constexpr std::uint64_t seed = 1;
  std::vector<pupil::captioning::Sentence> sentences;
  for (Index i = 0; i < images; ++i) {
    for (const std::string& caption : pupil::captioning::captions_of(pupil::captioning::make_scene(seed, i))) {
      sentences.push_back(pupil::captioning::tokenize(caption));
    }
  }
  Captions captions{pupil::captioning::Vocabulary::from_captions(sentences, 1), {}};
  const std::size_t captions_a_scene = sentences.size() / static_cast<std::size_t>(images);
  for (std::size_t s = 0; s < sentences.size(); ++s) {
    if (s % captions_a_scene == 0) captions.encoded.emplace_back();
    captions.encoded.back().push_back(captions.vocabulary.encode(sentences[s]));
  }
  return captions;
}

/// The decoder's part of a forward pass: the LSTM reads an image and words, and predicts as many words.
double decoder_operations(const pupil::captioning::DecoderOptions& sizes, const pupil::captioning::Batch& batch) {
  const Index steps = batch.target_count() + batch.caption_count();
  return lstm_operations(steps, sizes.embedding_size, sizes.hidden_size) +
         product_operations(batch.target_count(), sizes.vocabulary_size, sizes.hidden_size);
}

/// Times `step(images)`, which is a whole training step.
template <class Step>
void time_steps(benchmark::State& state, double operations, const pupil::captioning::Batch& batch,
                const Tensor<float, 4>& images, const Step& step) {
  const auto copy_of_images = [&] { return images; };
  step(copy_of_images());  // the first step; time_passes makes the second before it begins to time

  const auto& pool = pupil::StoragePool::instance();
  std::size_t steps = 1;
  std::size_t allocated_before = 0;
  const Work work{.operations = operations,
                  .images = static_cast<double>(images.dim(0)),
                  .captions = static_cast<double>(batch.caption_count())};
  time_passes(state, work, copy_of_images, [&](Tensor<float, 4> input) {
    if (++steps == 3) allocated_before = pool.statistics().system_allocations;
    step(std::move(input));
  });
  state.counters["allocations"] = static_cast<double>(pool.statistics().system_allocations - allocated_before);
  state.counters["MiB"] = peak_memory();
}

void time_end_to_end(benchmark::State& state, Index images) {
  forget_peak_memory();
  captioner::TrainEndToEnd workload(images);

  // Forward and two gradients for every product, but the images of the first convolution are given none.
  const double encoder_image = 3 * convolution_operations(resnet18_convolutions) -
                               resnet18_convolutions.front().operations() +
                               3 * product_operations(1, sizes::embedding, 512);
  const pupil::captioning::DecoderOptions decoder{
      .vocabulary_size = sizes::vocabulary, .embedding_size = sizes::embedding, .hidden_size = sizes::hidden};
  const double operations =
      static_cast<double>(images) * encoder_image + 3 * decoder_operations(decoder, workload.batch());
  time_steps(state, operations, workload.batch(), workload.images(),
             [&](Tensor<float, 4> input) { workload.step(std::move(input)); });
}

void time_scenes(benchmark::State& state, Index images) {
  forget_peak_memory();
  constexpr Index image_size = 64;
  constexpr Index embedding_size = 128;
  constexpr Index captions_an_image = 5;
  Rng rng(1);
  const Captions captions = scene_captions(images);
  Captioner captioner({.encoder = "small",
                       .image_size = image_size,
                       .resize_to = image_size,
                       .embedding_size = embedding_size,
                       .hidden_size = 256,
                       .word_loss = 1},
                      captions.vocabulary, rng);
  pupil::Adam<float> adam({.learning_rate = 1e-3});
  pupil::captioning::CaptionerContext<float> context;
  const pupil::captioning::Batch batch = make_batch(captions, captions_an_image);

  constexpr Convolution last = small_cnn_convolutions.back();
  const double encoder_image =
      3 * convolution_operations(small_cnn_convolutions) +
      3 * product_operations(1, embedding_size, last.out_size() * last.out_size() * last.out_channels);
  const double operations =
      static_cast<double>(images) * encoder_image + 3 * decoder_operations(captioner.decoder().options(), batch);
  const auto pictures = random_tensor(Shape{images, image_size, image_size, Index{3}}, rng);
  time_steps(state, operations, batch, pictures, [&](Tensor<float, 4> input) {
    benchmark::DoNotOptimize(
        pupil::captioning::train_captioner(captioner, adam, std::move(input), batch.blocks(), {}, context));
  });
}

}  // namespace

void add_training_steps(Index batch) {
  batch = std::max<Index>(batch, 2);  // the encoder's batch norm needs two images
  add("train-end-to-end", [=](auto& state) { time_end_to_end(state, batch); });
  add("train-scenes", [=](auto& state) { time_scenes(state, batch); });
}

}  // namespace bench
