#pragma once
// Learns, from half of the dev images, how far a captioner's captions can be trusted.

#include <pupil/models/caption_confidence.hpp>
#include <pupil/models/decoding_settings.hpp>

#include "dev_features.hpp"

namespace captioner {

/// For captions by these settings. Throws Error where the captions teach nothing, as fit_caption_confidence does.
pupil::captioning::CaptionConfidence fit_confidence(const Model& model, const DevFeatures& dev,
                                                    const pupil::captioning::DecodingSettings& settings);

}  // namespace captioner
