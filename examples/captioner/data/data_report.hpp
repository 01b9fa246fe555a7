#pragma once
// What `describe` says of a data set, for people and for programs.

#include <cstdint>
#include <optional>
#include <string>

#include <pupil/data/captioned_images.hpp>

#include "data_summary.hpp"
#include "image_check.hpp"

namespace captioner {

struct DataReport {
  const pupil::captioning::CaptionedImages& data;
  std::uint64_t split_seed = 0;
  DataSummary captions;
  std::optional<ImageCheck> images;  ///< nothing where the images were not read
};

/// Lines for people.
std::string report_text(const DataReport& report);

/// An object of JSON, with every broken image and every duplicate.
std::string report_json(const DataReport& report);

}  // namespace captioner
