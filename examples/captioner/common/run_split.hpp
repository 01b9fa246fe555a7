#pragma once
// Which images a trained captioner may be scored on: how its run cut the data into splits, and what it has learned
// from.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pupil/data/captioned_images.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/models/training_record.hpp>

#include "progress_line.hpp"
#include "run_folder.hpp"

namespace captioner {

/// The seed of the split that a run was trained on: its model's file says it; those of earlier versions leave it to the
/// settings beside them. Nothing where neither does.
std::optional<std::uint64_t> split_seed_of(const RunFolder& run,
                                           const std::optional<pupil::captioning::TrainingRecord>& training);

/// How a run read its data, as its settings say; nothing where they are not there.
std::optional<pupil::captioning::FormOptions> form_of(const RunFolder& run);

/// Looks for these images of a split among those that a captioner was trained on, and throws FileError, with how many
/// there are, unless `allowed`: then it is a warning, as it is where only the names or only the bytes are the same, or
/// where the model's file does not say what it was trained on.
void check_untrained(const std::optional<pupil::captioning::TrainingRecord>& training, const std::string& model,
                     const pupil::captioning::CaptionedImages& data, pupil::captioning::Split split, bool allowed,
                     ProgressLine& line);

/// The first names of the images at these places, and how many there are.
pupil::captioning::LeftOut names_at(const std::vector<std::size_t>& places,
                                    const std::vector<pupil::captioning::Sample>& samples);

}  // namespace captioner
