#pragma once
// From the options of a command to how certain captioners are to make captions.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <pupil/models/beam_search.hpp>
#include <pupil/models/decoding_settings.hpp>
#include <pupil/models/sampling.hpp>
#include <pupil/text/vocabulary.hpp>

#include "search_options.hpp"

namespace captioner {

/// Searched for, or drawn.
using CaptionSettings = std::variant<pupil::captioning::BeamSearchOptions, pupil::captioning::SamplingOptions>;

/// What the options leave to the captioner.
struct CaptionDefaults {
  std::string model;  ///< as errors name it
  const pupil::captioning::Vocabulary& vocabulary;
  Index max_length = 30;                              ///< what it was made for
  pupil::captioning::DecodingSettings decoding = {};  ///< chosen by `captioner tune`, or greedy search
};

/// Reads the words of --never and --begin; says on standard error which of those not to be said the captioner never
/// says. Throws OptionError or FileError, naming the value, where words are unknown or none is left to be said.
CaptionSettings caption_settings(const SearchOptions& options, const CaptionDefaults& defaults);

}  // namespace captioner
