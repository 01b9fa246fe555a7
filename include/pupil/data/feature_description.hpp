#pragma once
// What the features in a cache (feature_cache.hpp) are and were made by: what a cache must say before it is used.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil::captioning {

/// What features are, and were made by: those of different descriptions are not mixed.
struct FeatureDescription {
  std::string encoder = {};           ///< the architecture, such as "mobilenet_v2"
  std::string weights = {};           ///< a fingerprint of its weights
  std::string kind = "pooled";        ///< "pooled": a row of numbers an image; "grid": one for each place of a grid
  std::string precision = "highest";  ///< of the encoder's products
  Index image_size = 224;             ///< the pixels a side that whole images are squashed to
  std::string images = {};            ///< how many, and their hash_image_files; extract_features fills it in
  bool flips = false;                 ///< whether the features of the mirror images are there too
  Dtype dtype = Dtype::F32;           ///< how they are stored: F32 or BF16
  std::vector<Index> shape = {};      ///< of one image's: [channels] or [height, width, channels]
};

namespace detail {

inline constexpr std::string_view feature_cache_format = "pupil features 1";

/// All that two caches must agree in, as texts by name.
template <class Visitor>
void visit_description(const FeatureDescription& description, Visitor&& visitor) {
  visitor("encoder", description.encoder);
  visitor("weights", description.weights);
  visitor("kind", description.kind);
  visitor("precision", description.precision);
  visitor("image_size", std::to_string(description.image_size));
  visitor("images", description.images);
  visitor("flips", std::string(description.flips ? "yes" : "no"));
  visitor("dtype", std::string(dtype_name(description.dtype)));
  visitor("shape", format_extents(description.shape));
}

inline bool is_feature_shape(std::string_view kind, std::span<const Index> shape) {
  const bool has_rank = (kind == "pooled" && shape.size() == 1) || (kind == "grid" && shape.size() == 3);
  return has_rank && std::ranges::all_of(shape, [](Index extent) { return extent >= 1; });
}

/// The description that the metadata and the tensor `features` of a file give.
inline FeatureDescription read_description(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const auto format = metadata.find("format");
  require<FileError>(format != metadata.end() && format->second == feature_cache_format, file.path().string(),
                     ": not a cache of features");
  FeatureDescription description{.encoder = file.metadata("encoder"),
                                 .weights = file.metadata("weights"),
                                 .kind = file.metadata("kind"),
                                 .precision = file.metadata("precision"),
                                 .images = file.metadata("images"),
                                 .flips = file.metadata("flips") == "yes"};
  const std::string& size = file.metadata("image_size");
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), description.image_size);
  require<FileError>(error == std::errc() && end == size.data() + size.size() && description.image_size >= 1,
                     file.path().string(), ": image_size is ", json_quoted(size), " in the metadata");

  const TensorInfo& features = file.info("features");
  description.dtype = features.dtype;
  file.require_tensor(features.dtype == Dtype::F32 || features.dtype == Dtype::BF16, "features", "is ", features.dtype,
                      ", expected F32 or BF16");
  const std::size_t leading = description.flips ? 2 : 1;
  const bool has_views =
      features.shape.size() > leading && features.shape[0] >= 1 && (!description.flips || features.shape[1] == 2);
  if (has_views) {
    description.shape.assign(features.shape.begin() + static_cast<std::ptrdiff_t>(leading), features.shape.end());
  }
  file.require_tensor(has_views && is_feature_shape(description.kind, description.shape), "features", "has the shape ",
                      format_extents(features.shape), ", which is not that of ", json_quoted(description.kind),
                      " features", description.flips ? " with flips" : "");
  return description;
}

inline void require_same_description(const std::filesystem::path& path, const FeatureDescription& found,
                                     const FeatureDescription& expected) {
  std::vector<std::string> values;
  visit_description(expected, [&](const char*, const std::string& value) { values.push_back(value); });
  std::size_t next = 0;
  visit_description(found, [&](const char* key, const std::string& value) {
    const std::string& wanted = values[next++];
    require<FileError>(value == wanted, path.string(), ": holds features of ", key, " ", json_quoted(value), ", not ",
                       json_quoted(wanted));
  });
}

}  // namespace detail

}  // namespace pupil::captioning
