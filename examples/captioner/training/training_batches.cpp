#include "training_batches.hpp"

#include <string>
#include <vector>

#include <pupil/data/augment.hpp>
#include <pupil/data/batch_rng.hpp>
#include <pupil/models/scheduled_sampling.hpp>

namespace captioner {

EncoderInput TrainingBatches::input(const pupil::captioning::PlannedBatch& planned, const BatchPlace& place,
                                    const Share& share) const {
  pupil::Rng rng = pupil::captioning::view_rng(settings_.seed, static_cast<std::uint64_t>(place.epoch), place.batch);
  std::vector<pupil::Index> rows;
  for (const pupil::Index image : planned.images) rows.push_back(data_.train_rows[static_cast<std::size_t>(image)]);
  return data_.inputs->varied(rows, share.of(planned), rng);
}

pupil::captioning::InputChanges TrainingBatches::changes(const BatchPlace& place, const Share& share) const {
  const std::string purpose = share.is_whole() ? "words" : pupil::message("words of share ", share.number);
  return {
      .word_dropout = settings_.word_dropout,
      .drawn_share = pupil::captioning::scheduled_share(settings_.scheduled_sampling, place.epoch, settings_.epochs),
      .rng = pupil::batch_rng(purpose, settings_.seed, static_cast<std::uint64_t>(place.epoch), place.batch)};
}

}  // namespace captioner
