#pragma once
// How images must be prepared for a network, which travels in the metadata of its weights' file.

#include <cmath>
#include <string>
#include <string_view>

#include <pupil/io/normalization.hpp>
#include <pupil/io/safetensors.hpp>
#include <pupil/models/metadata.hpp>

namespace pupil {

/// What a network's images must look like.
struct Preprocessing {
  Normalization normalization = imagenet_normalization;
  bool same_padding = false;  ///< whether its convolutions pad as TensorFlow does
  Index image_size = 224;
};

namespace detail {

/// Reads texts for people, as in files that were converted from TensorFlow's.
inline void read_described_preprocessing(const SafetensorsFile& file, Preprocessing& result) {
  const auto& metadata = file.metadata();
  if (const auto padding = metadata.find("padding"); padding != metadata.end()) {
    result.same_padding = padding->second.find("SAME") != std::string::npos;
  }
  if (const auto input = metadata.find("input"); input != metadata.end()) {
    const bool symmetric = input->second.find("[-1, 1]") != std::string::npos;
    require<FileError>(symmetric, file.path().string(), ": the metadata say of the input \"", input->second,
                       "\", which is not understood");
    result.normalization = symmetric_normalization;
  }
}

/// Reads this library's own keys, which tools/export_torchvision.py writes.
inline void read_keyed_preprocessing(const SafetensorsFile& file, Preprocessing& result) {
  const auto read = [&](std::string_view key, auto& value) {
    if (const auto found = file.metadata().find(key); found != file.metadata().end()) {
      from_text(file, key, found->second, value);
    }
  };
  read("same_padding", result.same_padding);
  read("image_size", result.image_size);
  visit_normalization(result.normalization, read);
}

inline void check_preprocessing(const SafetensorsFile& file, const Preprocessing& preprocessing) {
  const std::string path = file.path().string();
  require<FileError>(preprocessing.image_size >= 1, path, ": image_size is ", preprocessing.image_size,
                     " in the metadata");
  visit_normalization(preprocessing.normalization, [&](std::string_view key, float value) {
    const bool sound = std::isfinite(value) && (key.starts_with("mean") || value > 0);
    require<FileError>(sound, path, ": ", key, " is ", value, " in the metadata");
  });
}

}  // namespace detail

/// What the file's metadata say: `mean_red` to `deviation_blue`, `same_padding` and `image_size`; or, for people,
/// `padding` with the word SAME and `input` with [-1, 1]. What they leave out is as `result` has it. Throws FileError
/// where they make no sense.
inline Preprocessing read_preprocessing(const SafetensorsFile& file, Preprocessing result = {}) {
  detail::read_described_preprocessing(file, result);
  detail::read_keyed_preprocessing(file, result);
  detail::check_preprocessing(file, result);
  return result;
}

}  // namespace pupil
