#pragma once
// What the file of a run's captioner says besides its weights.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/data/captioned_images.hpp>
#include <pupil/data/data_form.hpp>
#include <pupil/models/decoding_settings.hpp>
#include <pupil/models/training_record.hpp>
#include <pupil/text/word_forms.hpp>

namespace captioner {

struct RunInfo {
  std::string run;   ///< as it was given
  std::string file;  ///< of the model
  std::optional<pupil::captioning::TrainingRecord> training = {};
  std::optional<pupil::captioning::DecodingSettings> decoding = {};
  pupil::captioning::WordForms word_forms = {};
};

/// Adds --run, which may come several times: an ensemble. Where none is given, it is the captioner in the box
/// (box_model.hpp).
void add_run_option(CLI::App& command, std::vector<std::string>& runs);

/// The data, cut into splits as they were for these runs; by `asked`, or 0, where none says how that was. They are read
/// as `form` says; where that says nothing, as the first of the runs read its own that these can be read so. Throws
/// OptionError where the splits of two of them, or what is asked for, differ.
pupil::captioning::CaptionedImages read_data_of_runs(std::span<const RunInfo> runs, const std::string& data,
                                                     const std::optional<std::uint64_t>& asked,
                                                     const pupil::captioning::FormOptions& form = {});

}  // namespace captioner
