#pragma once
// train-on-metric, a workload of captioner bench: a step of the decoder of train-decoder on CIDEr-D. 5 captions of 16
// words are sampled of each of 50 images, whose grids are at hand, and rewarded by how much better than one another
// they are; Adam.

#include <numeric>
#include <vector>

#include <pupil/metrics/cider_d_reward.hpp>
#include <pupil/models/self_critical.hpp>
#include <pupil/optim/adam.hpp>

#include "workloads.hpp"

namespace captioner {

/// The encoder is only there: its features are at hand.
class TrainOnMetric {
 public:
  explicit TrainOnMetric(Index images = sizes::metric_images)
      : rng_(1),
        captioner_({.encoder = "mobilenet_v2",
                    .decoder = "attention",
                    .embedding_size = sizes::embedding,
                    .hidden_size = sizes::hidden,
                    .attention_size = sizes::attention,
                    .gated = false,
                    .dropout = 0,
                    .max_caption_length = sizes::words},
                   numbered_words(), rng_),
        features_(random_grids(images, rng_)),
        reward_(random_captions(images, rng_)),
        rows_(static_cast<std::size_t>(images)) {
    never_end(captioner_);
    std::iota(rows_.begin(), rows_.end(), Index{0});
  }

  /// One step; returns how many captions it sampled.
  Index step() {
    return pupil::captioning::train_on_cider_d(captioner_, adam_, features_, rows_, reward_,
                                               {.samples = sizes::metric_samples}, rng_.next64(), context_)
        .captions;
  }

 private:
  pupil::Rng rng_;
  pupil::captioning::Captioner<float> captioner_;
  pupil::ImageFeatures<float> features_;
  pupil::captioning::CiderDReward reward_;
  std::vector<Index> rows_;
  pupil::Adam<float> adam_{{.learning_rate = 5e-5}};
  pupil::captioning::CaptionerContext<float> context_;
};

}  // namespace captioner
