#pragma once
// Which captions are good enough to be used as they are.

namespace captioner::report {

/// The least CIDEr-D, against all references of its image, of a caption that is acceptable.
inline constexpr double acceptable_cider_d = 0.5;

inline bool is_acceptable(double cider_d) { return cider_d >= acceptable_cider_d; }

}  // namespace captioner::report
