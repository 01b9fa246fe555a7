#pragma once
// Whole workloads by which captioners are compared, whatever they are written with. Weights and images are random: only
// speed is measured.
//
//   extract-NETWORK   pooled features of images, by inference: VGG16's fc2 (4096), ResNet-50's (2048), MobileNetV2's
//                     (1280)
//   train-end-to-end  a step of training from pixels to words: ResNet-18 from scratch, its features are the first input
//                     of an LSTM; one caption of 16 steps an image, every step a target; no dropout, no clipping, Adam
//   train-decoder     a step of training a decoder with soft attention, without gate, on grids of 7 x 7 x 1280
//                     features; 64 captions of 16 steps, each of an image of its own; no dropout, no clipping, Adam
//   caption-latency   one image, ResNet-18 and an LSTM, a beam of 3 that says 16 words

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <pupil/data/batches.hpp>
#include <pupil/models/attention_decoder.hpp>
#include <pupil/models/captioner_training.hpp>
#include <pupil/models/image_network.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/nn/prepare.hpp>

#include "../ranks/ranks.hpp"
#include "workload_sizes.hpp"

namespace captioner {

using pupil::Index;

/// As many words as the timed captioner knows.
inline pupil::captioning::Vocabulary numbered_words() {
  std::vector<std::string> words = pupil::captioning::Vocabulary().words();
  while (static_cast<Index>(words.size()) < sizes::vocabulary) words.push_back(std::to_string(words.size()));
  return pupil::captioning::Vocabulary::from_words(std::move(words));
}

inline pupil::captioning::Captioner<float> make_timed_captioner(Index image_size, pupil::Rng& rng) {
  return {{.encoder = "resnet18",
           .image_size = image_size,
           .resize_to = image_size,
           .embedding_size = sizes::embedding,
           .hidden_size = sizes::hidden,
           .dropout = 0},
          numbered_words(),
          rng};
}

inline pupil::Tensor<float, 4> random_images(Index count, Index image_size, pupil::Rng& rng) {
  auto images = pupil::Tensor<float, 4>::uninitialized({count, image_size, image_size, 3});
  pupil::fill_uniform(images, 1.0F, rng);
  return images;
}

/// One caption an image of random words: with the start before them or the end after them, 16 steps.
inline pupil::captioning::EncodedCaptions random_captions(Index images, pupil::Rng& rng) {
  const auto special = static_cast<Index>(pupil::captioning::Vocabulary().words().size());
  pupil::captioning::EncodedCaptions captions;
  for (Index i = 0; i < images; ++i) {
    std::vector<std::int32_t> caption;
    for (Index w = 1; w < sizes::words; ++w) {
      caption.push_back(static_cast<std::int32_t>(special + rng.below(sizes::vocabulary - special)));
    }
    captions.push_back({std::move(caption)});
  }
  return captions;
}

inline pupil::captioning::Batch random_batch(Index images, pupil::Rng& rng) {
  const pupil::captioning::EncodedCaptions captions = random_captions(images, rng);
  pupil::captioning::Batch batch;
  batch.fill(
      captions,
      pupil::captioning::plan_epoch(captions, {.batch_size = images, .captions_per_image = 1}, 0).batches.front());
  return batch;
}

inline pupil::ImageFeatures<float> random_grids(Index images, pupil::Rng& rng) {
  constexpr Index positions = sizes::grid_side * sizes::grid_side;
  pupil::ImageFeatures<float> features;
  features.grid = pupil::Tensor<float, 3>::uninitialized({images, positions, sizes::grid_channels});
  pupil::fill_uniform(features.grid, 1.0F, rng);
  return features;
}

/// Makes the end improbable, so that every caption is as long as captions may be.
inline void never_end(pupil::captioning::Captioner<float>& captioner) {
  pupil::for_each_parameter(captioner, [](const pupil::Name& name, auto& parameter) {
    if (name.str() == "decoder.out.bias") parameter.value[pupil::captioning::Vocabulary::end] = -1e4F;
  });
}

/// extract-vgg16 and the like.
class ExtractFeatures {
 public:
  ExtractFeatures(const std::string& architecture, Index images, Index image_size = sizes::image)
      : rng_(1),
        network_({.architecture = architecture, .image_size = image_size}, rng_),
        images_(random_images(images, image_size, rng_)) {}

  pupil::Tensor<float, 2> features() const { return network_.pooled(images_); }

 private:
  pupil::Rng rng_;
  pupil::ImageNetwork<float> network_;
  pupil::Tensor<float, 4> images_;
};

/// train-end-to-end, of at least two images, which batch norm needs.
class TrainEndToEnd {
 public:
  explicit TrainEndToEnd(Index images, Index image_size = sizes::image)
      : rng_(1),
        batch_(random_batch(images, rng_)),
        captioner_(make_timed_captioner(image_size, rng_)),
        images_(random_images(images, image_size, rng_)) {}

  /// One step; the encoder works in the memory of the images.
  void step(pupil::Tensor<float, 4> images) {
    add_gradients(std::move(images), pupil::ignore_finished);
    adam_.step(captioner_);
  }

  /// One step of several ranks, each with its own images. Gradients are sent while others are computed, or where they
  /// are not `overlapped`, after all are.
  void step(pupil::Tensor<float, 4> images, ShardedGradients& gradients, bool overlapped) {
    gradients.sum([&](Index, pupil::FinishedPart finished) {
      add_gradients(std::move(images), overlapped ? finished : pupil::ignore_finished);
    });
    adam_.step(captioner_);
  }

  const pupil::Tensor<float, 4>& images() const { return images_; }
  const pupil::captioning::Batch& batch() const { return batch_; }
  pupil::captioning::TrainedPart<float> trained_part() { return {captioner_, 0}; }

 private:
  void add_gradients(pupil::Tensor<float, 4> images, pupil::FinishedPart finished) {
    pupil::captioning::captioner_gradients(captioner_, std::move(images), batch_.blocks(), {}, context_, finished);
  }

  pupil::Rng rng_;
  pupil::captioning::Batch batch_;
  pupil::captioning::Captioner<float> captioner_;
  pupil::Tensor<float, 4> images_;
  pupil::Adam<float> adam_{{.learning_rate = 4e-4}};
  pupil::captioning::CaptionerContext<float> context_;
};

/// train-decoder.
class TrainDecoder {
 public:
  explicit TrainDecoder(Index captions = sizes::decoder_batch)
      : rng_(1),
        batch_(random_batch(captions, rng_)),
        decoder_({.vocabulary_size = sizes::vocabulary,
                  .grid_channels = sizes::grid_channels,
                  .embedding_size = sizes::embedding,
                  .hidden_size = sizes::hidden,
                  .attention_size = sizes::attention,
                  .dropout = 0,
                  .gated = false},
                 rng_),
        features_(random_grids(captions, rng_)) {
    context_.features_need_gradient = false;
  }

  /// One step; returns its loss.
  float step() {
    auto logits = decoder_.forward(features_, batch_.blocks(), context_);
    const auto loss = pupil::softmax_cross_entropy(std::move(logits), pupil::captioning::target_words(batch_.blocks()));
    decoder_.backward(loss.gradient, context_);
    adam_.step(decoder_);
    return loss.value;
  }

 private:
  pupil::Rng rng_;
  pupil::captioning::Batch batch_;
  pupil::captioning::AttentionDecoder<float> decoder_;
  pupil::ImageFeatures<float> features_;
  pupil::Adam<float> adam_{{.learning_rate = 4e-4}};
  pupil::captioning::AttentionDecoder<float>::Context context_;
};

/// caption-latency.
class CaptionLatency {
 public:
  explicit CaptionLatency(Index image_size = sizes::image)
      : rng_(1), captioner_(prepared_captioner(image_size, rng_)), image_(random_images(1, image_size, rng_)) {}

  /// The caption, of 16 words.
  pupil::captioning::Sentence caption() const {
    return captioner_->caption(image_, {.width = sizes::beam, .max_length = sizes::words}).front();
  }

 private:
  static pupil::Prepared<pupil::captioning::Captioner<float>> prepared_captioner(Index image_size, pupil::Rng& rng) {
    pupil::captioning::Captioner<float> captioner = make_timed_captioner(image_size, rng);
    never_end(captioner);
    return pupil::prepare(std::move(captioner));
  }

  pupil::Rng rng_;
  pupil::Prepared<pupil::captioning::Captioner<float>> captioner_;
  pupil::Tensor<float, 4> image_;
};

}  // namespace captioner
