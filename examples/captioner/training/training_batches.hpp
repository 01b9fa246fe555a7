#pragma once
// What a run shows its captioner of a planned batch: all of it, or the share that is computed by itself.
//
// All that happens by chance depends on the seed, the epoch and the batch. Views of images, and captions that are drawn
// for the metric, have their chance by the image's place in the whole batch, so they do not depend on how it is shared
// out. Which words are hidden or drawn depends on the share, and so does dropout (ShardedGradients): they are others
// for another number of shares, which is that of the ranks unless --shards says otherwise.

#include <pupil/data/batch_share.hpp>
#include <pupil/models/input_changes.hpp>

#include "encoder_inputs.hpp"
#include "training_data.hpp"
#include "training_settings.hpp"

namespace captioner {

/// Which share of every batch is meant.
struct Share {
  pupil::Index number = 0;
  pupil::Index count = 1;

  bool is_whole() const { return count == 1; }
  /// The images of a planned batch that are in it.
  pupil::captioning::BatchRange of(const pupil::captioning::PlannedBatch& planned) const {
    return pupil::captioning::batch_share(planned, number, count);
  }
};

/// A batch's place in the training.
struct BatchPlace {
  pupil::Index epoch = 0;
  pupil::Index batch = 0;  ///< of the epoch
};

/// Both must outlive it.
class TrainingBatches {
 public:
  TrainingBatches(const TrainingSettings& settings, const TrainingData& data) : settings_(settings), data_(data) {}

  /// Images or features of the share.
  EncoderInput input(const pupil::captioning::PlannedBatch& planned, const BatchPlace& place, const Share& share) const;

  /// What is changed of the words that are read in the share.
  pupil::captioning::InputChanges changes(const BatchPlace& place, const Share& share) const;

 private:
  const TrainingSettings& settings_;
  const TrainingData& data_;
};

}  // namespace captioner
