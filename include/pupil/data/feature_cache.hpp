#pragma once
// What an encoder makes of every image of a data set, computed once (feature_extraction.hpp) and then read a batch at a
// time: training a decoder on it needs no encoder, and memory for a batch only.
//
// The cache is a safetensors file:
//   features  F32 or BF16 [N, ...] or [N, 2, ...]   row i is of the i-th image, with flips also of its mirror image;
//                                                   ... is [channels], or [height, width, channels] of a grid; zeros
//                                                   where the image was skipped
//   names     U8 [bytes]      the names of the images, each ended by a zero
//   reasons   U8 [N, 200]     why an image was skipped, as text that zeros end; all zeros for a good one
//   checks    U64 [N]         a hash of the row's features and reason; 0 where they are still to come
//   metadata  format, and what the features were made by

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/feature_description.hpp>
#include <pupil/data/image_files.hpp>
#include <pupil/io/safetensors.hpp>

namespace pupil::captioning {

/// An image of a cache: the row, and whether its mirror image is meant.
struct FeatureView {
  Index row = 0;
  bool mirrored = false;
};

/// The features of a list of images. Reading is thread-safe.
class FeatureCache {
 public:
  /// Throws FileError where the file is no finished cache, or damaged in any way.
  explicit FeatureCache(const std::filesystem::path& path);

  const FeatureDescription& description() const { return description_; }

  /// Throws FileError `path: holds features of weights "1234", not "5678"` where the features are of another
  /// description.
  void require_description(const FeatureDescription& expected) const;

  /// 16 digits that depend on the description and on all features, and not on where the file lies.
  std::string fingerprint() const;

  /// How many rows there are: as many as the list has names.
  Index size() const { return static_cast<Index>(names_.size()); }

  /// How many numbers one image has.
  Index feature_size() const { return feature_size_; }

  /// The images' names, one a row.
  const std::vector<std::string>& names() const { return names_; }

  /// The row of an image; nothing where it was skipped or is not in the list.
  std::optional<Index> find(std::string_view name) const {
    const auto found = rows_.find(std::string(name));
    if (found == rows_.end()) return std::nullopt;
    return found->second;
  }

  /// The images that could not be read, in the order of the list.
  const std::vector<SkippedImage>& skipped() const { return skipped_; }

  /// The features of these images, [views, ...]: pooled ones as a Tensor<float, 2>, a grid's as a Tensor<float, 4>.
  /// Throws ShapeError where they have another rank, IndexError for a row that there is not, OptionError for a mirror
  /// image in a cache without flips.
  template <std::size_t Rank>
  Tensor<float, Rank> read(std::span<const FeatureView> views) const;

 private:
  void check_tensors();
  void index();

  SafetensorsFile file_;
  FeatureDescription description_;
  Index feature_size_ = 0;
  std::vector<std::string> names_;
  std::unordered_map<std::string, Index> rows_;
  std::vector<SkippedImage> skipped_;
};

inline FeatureCache::FeatureCache(const std::filesystem::path& path)
    : file_(path), description_(detail::read_description(file_)) {
  feature_size_ = 1;
  for (const Index extent : description_.shape) feature_size_ *= extent;
  check_tensors();
  index();
  file_.release_pages();
}

inline void FeatureCache::require_description(const FeatureDescription& expected) const {
  detail::require_same_description(file_.path(), description_, expected);
}

/// The rows' checks stand for the features.
inline std::string FeatureCache::fingerprint() const {
  std::uint64_t hash = empty_hash;
  detail::visit_description(description_, [&](const char*, const std::string& value) {
    hash = hash_bytes(value, hash_number(value.size(), hash));
  });
  for (const std::uint64_t check : file_.read<std::uint64_t, 1>("checks")) hash = hash_number(check, hash);
  return hash_digits(hash);
}

/// Checks what goes with the features, and takes the names.
inline void FeatureCache::check_tensors() {
  const Index count = file_.info("features").shape.front();
  const auto text = file_.values<std::uint8_t>("names");
  for (auto name = text.begin(); name != text.end();) {
    const auto end = std::find(name, text.end(), std::uint8_t{0});
    file_.require_tensor(end != text.end(), "names", "ends within a name");
    names_.emplace_back(name, end);
    name = end + 1;
  }
  file_.require_tensor(size() == count, "names", "has ", size(), " names, and there are features of ", count,
                       " images");

  const auto require_shape = [&](std::string_view name, const std::vector<Index>& expected) {
    const auto& shape = file_.info(name).shape;
    file_.require_tensor(shape == expected, name, "has the shape ", format_extents(shape), ", expected ",
                         format_extents(expected));
  };
  require_shape("reasons", {count, static_cast<Index>(detail::reason_length)});
  require_shape("checks", {count});
  const auto checks = file_.read<std::uint64_t, 1>("checks");
  const auto left = std::count(checks.begin(), checks.end(), std::uint64_t{0});
  require<FileError>(left == 0, file_.path().string(), ": not finished, the features of ", left, " of ", count,
                     " images are still to come");
}

/// Sorts the list into images and skipped ones.
inline void FeatureCache::index() {
  const auto reasons = file_.values<std::uint8_t>("reasons");
  for (std::size_t row = 0; row < names_.size(); ++row) {
    const std::string reason = detail::reason_of(reasons, row);
    if (reason.empty()) {
      rows_.emplace(names_[row], static_cast<Index>(row));
    } else {
      skipped_.push_back({names_[row], reason});
    }
  }
}

template <std::size_t Rank>
Tensor<float, Rank> FeatureCache::read(std::span<const FeatureView> views) const {
  require<ShapeError>(Rank == description_.shape.size() + 1, "feature cache: an image's features are ",
                      format_extents(description_.shape), ", which a tensor of rank ", Rank, " does not take");
  for (const FeatureView& view : views) {
    require<IndexError>(view.row >= 0 && view.row < size(), "feature cache: row ", view.row, " of ", size());
    require<OptionError>(description_.flips || !view.mirrored, "feature cache: row ", view.row,
                         " is wanted mirrored, but ", file_.path().string(), " has no flips");
  }
  Shape<Rank> shape;
  shape[0] = static_cast<Index>(views.size());
  std::copy(description_.shape.begin(), description_.shape.end(), shape.dims.begin() + 1);
  auto features = Tensor<float, Rank>::uninitialized(shape);

  const std::span<const std::byte> stored = file_.raw("features");
  const Index views_a_row = description_.flips ? 2 : 1;
  const auto bytes_a_view = static_cast<std::size_t>(feature_size_) * dtype_size(description_.dtype);
  parallel_for(shape[0], [&](Index i) {
    const FeatureView& view = views[static_cast<std::size_t>(i)];
    const Index at = view.row * views_a_row + (view.mirrored ? 1 : 0);
    convert_from(description_.dtype, stored.data() + static_cast<std::size_t>(at) * bytes_a_view, feature_size_,
                 features.data() + i * feature_size_);
  });
  file_.release_pages();  // an epoch reads all of the cache: left mapped, it would fill the memory
  return features;
}

}  // namespace pupil::captioning
