#pragma once
// The dev images as a decoder sees them.

#include <string>
#include <vector>

#include <pupil/text/tokenizer.hpp>

#include "../captions/run_models.hpp"

namespace captioner {

/// A batch after another, and what people wrote of the images that can be read.
struct DevFeatures {
  std::vector<Features> batches;
  std::vector<bool> can_be_read;
  std::vector<std::string> images;                                   ///< names of those that can be read
  std::vector<std::vector<pupil::captioning::Sentence>> references;  ///< of those that can be read
};

}  // namespace captioner
