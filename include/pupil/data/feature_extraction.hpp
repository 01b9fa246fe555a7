#pragma once
// Makes a feature cache (feature_cache.hpp): reads the images of a data set and gives them to an encoder, a batch at a
// time. Where a program is killed in between, the next one goes on with the rows that were not finished.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/function_ref.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/augment.hpp>
#include <pupil/data/feature_cache.hpp>
#include <pupil/data/feature_cache_output.hpp>
#include <pupil/data/image_files.hpp>
#include <pupil/data/progress.hpp>
#include <pupil/io/file_lock.hpp>

namespace pupil::captioning {

/// Images [n, image_size, image_size, 3], normalised, to a row of features an image, [n, feature size].
using FeatureExtractor = FunctionRef<Tensor<float, 2>(Tensor<float, 4>)>;

/// What became of some images.
struct ExtractedFeatures {
  std::vector<std::string> reasons;  ///< why an image cannot be read, empty for the others
  Tensor<float, 2> features = {};    ///< a row an image; of no meaning, or none at all, where it cannot be read
  Tensor<float, 2> mirrored = {};    ///< of the mirror images, where these are wanted
};

/// Who makes the features of a cache: of these images, numbers of the cache's rows.
using FeatureSource = FunctionRef<ExtractedFeatures(std::span<const Index> rows)>;

struct FeatureExtractionOptions {
  FeatureDescription description;  ///< `images` is filled in
  Normalization normalization = imagenet_normalization;
  Index batch_size = 32;   ///< images that the extractor gets at a time
  bool overwrite = false;  ///< whether caches of other features, and other files, may be replaced
};

namespace detail {

inline FeatureDescription checked_description(const FeatureExtractionOptions& options,
                                              const std::filesystem::path& image_folder,
                                              std::span<const std::string> names) {
  FeatureDescription description = options.description;
  require<OptionError>(options.batch_size >= 1, "features: batch_size is ", options.batch_size);
  require<OptionError>(description.image_size >= 1, "features: image_size is ", description.image_size);
  require<OptionError>(description.dtype == Dtype::F32 || description.dtype == Dtype::BF16, "features: dtype is ",
                       description.dtype, "; it may be F32 or BF16");
  require<OptionError>(is_feature_shape(description.kind, description.shape), "features: kind is \"", description.kind,
                       "\" and the shape ", format_extents(description.shape),
                       "; there are \"pooled\" features [channels] and \"grid\" features [height, width, channels]");
  description.images = message(names.size(), " images, ", hash_image_files(image_folder, names));
  return description;
}

inline FeatureCache open_same_features(const std::filesystem::path& path, const FeatureDescription& expected) {
  FeatureCache cache(path);
  cache.require_description(expected);
  return cache;
}

/// Throws FileError where an earlier program left features of another description to go on with.
inline void require_same_partial(const std::filesystem::path& path, const FeatureDescription& expected) {
  const auto partial = ResumableOutput::partial_file(path);
  std::optional<FeatureDescription> found;
  try {
    const SafetensorsFile file(partial);
    const auto checks = file.read<std::uint64_t, 1>("checks");
    if (std::ranges::all_of(checks, [](std::uint64_t check) { return check == 0; })) return;  // nothing was finished
    found = read_description(file);
  } catch (const FileError&) {
    return;  // absent, or killed before it had a beginning
  }
  require_same_description(partial, *found, expected);
}

/// Puts features into their rows, which are finished with that.
inline void put_features(FeatureCacheOutput& output, std::span<const Index> rows, const ExtractedFeatures& extracted) {
  parallel_for(static_cast<Index>(rows.size()), [&](Index i) {
    const auto at = static_cast<std::size_t>(i);
    if (extracted.reasons[at].empty()) {
      output.put({rows[at], false}, extracted.features.row(i));
      if (!extracted.mirrored.empty()) output.put({rows[at], true}, extracted.mirrored.row(i));
    }
    output.finish(rows[at], extracted.reasons[at]);
  });
  output.release_pages();
}

}  // namespace detail

/// Reads images and gives them to an encoder, all that it is asked for at once. What it is made of must outlive it.
class FeatureReader {
 public:
  FeatureReader(const std::filesystem::path& image_folder, std::span<const std::string> names,
                const FeatureExtractionOptions& options, FeatureExtractor extract)
      : folder_(image_folder),
        names_(names),
        options_(options),
        extract_(extract),
        table_(detail::normalized_bytes(options.normalization)) {
    for (const Index extent : options.description.shape) feature_size_ *= extent;
  }

  /// Of these of the names. Images are squashed whole to the size. Throws ShapeError where the encoder gives rows of
  /// another size, and NumericError for features that are not finite.
  ExtractedFeatures operator()(std::span<const Index> rows) const {
    const auto count = static_cast<Index>(rows.size());
    const Index size = options_.description.image_size;
    Tensor<std::uint8_t, 4> pixels({count, size, size, 3});
    ExtractedFeatures extracted{.reasons = std::vector<std::string>(rows.size())};
    const auto image_bytes = static_cast<std::size_t>(size * size * 3);
    parallel_for(count, [&](Index i) {
      const auto at = static_cast<std::size_t>(i);
      extracted.reasons[at] = detail::load_image_file(folder_ / names_[static_cast<std::size_t>(rows[at])], size,
                                                      {pixels.data() + at * image_bytes, image_bytes});
    });
    if (std::ranges::any_of(extracted.reasons, &std::string::empty)) {
      extracted.features = extract(pixels, rows, extracted.reasons, false);
      if (options_.description.flips) extracted.mirrored = extract(pixels, rows, extracted.reasons, true);
    }
    return extracted;
  }

 private:
  Tensor<float, 2> extract(const Tensor<std::uint8_t, 4>& pixels, std::span<const Index> rows,
                           std::span<const std::string> reasons, bool mirrored) const {
    const Index count = pixels.dim(0), size = pixels.dim(1), image_bytes = size * size * 3;
    auto images = Tensor<float, 4>::uninitialized(pixels.shape());
    parallel_for(count, [&](Index i) {
      detail::copy_view(pixels.data() + i * image_bytes, size, {.mirrored = mirrored}, table_, size,
                        images.data() + i * image_bytes);
    });
    Tensor<float, 2> features = extract_(std::move(images));
    require<ShapeError>(features.shape() == Shape{count, feature_size_}, "features: the extractor gave ",
                        features.shape(), ", expected ", Shape{count, feature_size_});
    for (Index i = 0; i < count; ++i) {  // in order, so that the first image is the one that is named
      const auto at = static_cast<std::size_t>(i);
      const bool finite = std::all_of(features.row(i), features.row(i) + feature_size_,
                                      [](float value) { return std::isfinite(value); });
      require<NumericError>(finite || !reasons[at].empty(), "features: those of ",
                            names_[static_cast<std::size_t>(rows[at])], " are not finite numbers");
    }
    return features;
  }

  const std::filesystem::path& folder_;
  std::span<const std::string> names_;
  const FeatureExtractionOptions& options_;
  FeatureExtractor extract_;
  detail::NormalizedBytes table_;
  Index feature_size_ = 1;
};

/// The features of these images, in the cache at `path`: opened where it is there, made where it is not, with what an
/// earlier program that was killed had finished. Images that cannot be read are skipped. `source` makes the features,
/// of a batch at a time, whose rows need not follow each other; `progress` is told after every batch.
///
/// Throws FileError, and touches nothing, where the path holds features of another description (naming both) or
/// something else, unless they may be overwritten; FileError where no image can be read or the disk is full;
/// FileInUse where another process is making the same file; NumericError for features that are not finite. After an
/// exception, of `progress` too, `path.partial` is left to go on with only where rows were finished.
inline FeatureCache make_feature_cache(const std::filesystem::path& path, const std::filesystem::path& image_folder,
                                       std::span<const std::string> names, const FeatureExtractionOptions& options,
                                       FeatureSource source, const Progress& progress = {}) {
  const FeatureDescription description = detail::checked_description(options, image_folder, names);
  const auto is_there = [&] {
    std::error_code unknown;
    return !options.overwrite && std::filesystem::exists(path, unknown);
  };
  if (is_there()) return detail::open_same_features(path, description);
  const FileLock lock = lock_output(path, "another process is making these features");
  if (is_there()) return detail::open_same_features(path, description);  // another has just finished it
  if (!options.overwrite) detail::require_same_partial(path, description);
  if (names.empty()) detail::require_any_read(image_folder, names, {});
  const auto count = static_cast<Index>(names.size());
  detail::FeatureCacheOutput output(path, description, names);
  const std::vector<Index> rows = output.unfinished_rows();
  Index done = count - static_cast<Index>(rows.size());
  try {
    const auto batch_size = static_cast<std::size_t>(options.batch_size);
    for (std::size_t first = 0; first < rows.size(); first += batch_size) {
      const auto batch = std::span(rows).subspan(first, std::min(batch_size, rows.size() - first));
      detail::put_features(output, batch, source(batch));
      done += static_cast<Index>(batch.size());
      if (progress) progress(done, count);
    }
  } catch (...) {
    if (done == 0) output.remove();
    throw;
  }
  try {
    detail::require_any_read(image_folder, names, output.reasons());
  } catch (const FileError&) {
    output.remove();
    throw;
  }
  output.commit();
  return FeatureCache(path);
}

/// The same, with what the encoder makes of the images.
inline FeatureCache extract_features(const std::filesystem::path& path, const std::filesystem::path& image_folder,
                                     std::span<const std::string> names, const FeatureExtractionOptions& options,
                                     FeatureExtractor extract, const Progress& progress = {}) {
  const FeatureReader reader(image_folder, names, options, extract);
  return make_feature_cache(path, image_folder, names, options, reader, progress);
}

}  // namespace pupil::captioning
