#pragma once
// Folders of data for tests of forms: images that nobody looks into, and what comes of reading them.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/data/data_forms.hpp>

#include "support/files.hpp"

namespace pupil::testing {

class DataFolder : public TemporaryFolder {
 public:
  void put_images(const std::string& images, const std::vector<std::string>& names) const {
    for (const std::string& name : names) write(images + "/" + name, "not looked into");
  }
};

/// The samples of all splits, sorted.
inline std::vector<captioning::Sample> all_samples(const captioning::CaptionedImages& data) {
  std::vector<captioning::Sample> samples;
  for (const auto& of_split : data.samples) samples.insert(samples.end(), of_split.begin(), of_split.end());
  std::ranges::sort(samples, {}, &captioning::Sample::image);
  return samples;
}

inline std::vector<std::string> image_names_in(const std::vector<captioning::Sample>& samples) {
  std::vector<std::string> names;
  for (const captioning::Sample& sample : samples) names.push_back(sample.image);
  return names;
}

/// What reading says of a folder that is wrong, or of options that do not fit it.
inline std::string data_error_of(const DataFolder& folder, const captioning::FormOptions& options = {}) {
  return error_of<Error>([&] { read_captioned_images(folder.path(), options); });
}

}  // namespace pupil::testing
