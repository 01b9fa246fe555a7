#pragma once
// Which captions are acceptable, and of which images it was learned how to tell.

#include <string>

#include <pupil/core/hash.hpp>

namespace captioner {

/// The CIDEr-D of the worst caption that is acceptable. Chosen by reading captions of dev beside what people wrote,
/// ordered by their CIDEr-D: up to .3 most are about something else; around .5 about half have the right subject and
/// the right activity; from .7 on nearly all have, though details may be wrong.
inline constexpr double acceptable_cider_d = .7;

/// Whether a caption is acceptable by its own CIDEr-D, as pupil::captioning::CaptionScores::cider_d_of_image has it.
inline bool is_acceptable(double cider_d) { return cider_d >= acceptable_cider_d; }

/// Whether a dev image is of the half to which the confidence is fitted; it is measured on the others. The name alone
/// says so, whatever form the data have and in whatever order they come.
inline bool is_calibration_image(const std::string& name) { return (pupil::hash_bytes(name) >> 32 & 1) == 0; }

}  // namespace captioner
