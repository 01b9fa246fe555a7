#pragma once
// A feature cache (feature_cache.hpp) while it is filled, by as many runs of a program as it takes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/hash.hpp>
#include <pupil/core/parallel.hpp>
#include <pupil/data/feature_cache.hpp>
#include <pupil/io/resumable_output.hpp>

namespace pupil::captioning::detail {

/// Rows are put and finished in any order and by many threads, each by one; commit() makes the cache. What was finished
/// before the program was killed is there in the next one.
class FeatureCacheOutput {
 public:
  /// Throws FileError as ResumableOutput.
  FeatureCacheOutput(const std::filesystem::path& path, const FeatureDescription& description,
                     std::span<const std::string> names)
      : count_(static_cast<Index>(names.size())),
        description_(description),
        header_(make_header(description, names)),
        data_size_(assign_offsets(header_)),
        text_(format_safetensors_header(header_)),
        file_(path, text_, text_.size() + data_size_) {
    auto place = raw("names").begin();
    for (const std::string& name : names) {  // behind each a zero is left
      place = std::ranges::copy(std::as_bytes(std::span(name)), place).out + 1;
    }
  }

  /// The rows that are still to come. After a power cut a row may be there in part: it is to come, too.
  std::vector<Index> unfinished_rows() {
    std::vector<std::uint8_t> finished(static_cast<std::size_t>(count_));
    parallel_for(count_, [&](Index row) {
      const std::uint64_t check = values<std::uint64_t>("checks")[static_cast<std::size_t>(row)];
      finished[static_cast<std::size_t>(row)] = check != 0 && check == check_of(row) ? 1 : 0;
    });
    std::vector<Index> rows;
    for (Index row = 0; row < count_; ++row) {
      if (finished[static_cast<std::size_t>(row)] == 0) rows.push_back(row);
    }
    file_.release_pages();
    return rows;
  }

  /// Stores the features of an image or its mirror image.
  void put(const FeatureView& view, const float* features) {
    const std::span<std::byte> row = row_of("features", view.row);
    const std::size_t bytes = description_.flips ? row.size() / 2 : row.size();
    std::byte* const place = row.data() + (view.mirrored ? bytes : 0);
    if (description_.dtype == Dtype::F32) {
      std::memcpy(place, features, bytes);
    } else {
      auto* const values = reinterpret_cast<std::uint16_t*>(place);
      std::transform(features, features + bytes / sizeof(std::uint16_t), values, float_to_bfloat16);
    }
  }

  /// Ends a row. Where the image was skipped there is a reason, and the features are zeros.
  void finish(Index row, std::string_view reason) {
    const std::span<std::byte> stored = row_of("reasons", row);
    std::ranges::fill(stored, std::byte{0});
    std::ranges::copy(std::as_bytes(std::span(reason)), stored.begin());
    if (!reason.empty()) std::ranges::fill(row_of("features", row), std::byte{0});
    values<std::uint64_t>("checks")[static_cast<std::size_t>(row)] = check_of(row);
  }

  std::span<const std::uint8_t> reasons() { return values<std::uint8_t>("reasons"); }

  /// Gives back the memory of what was written so far.
  void release_pages() noexcept { file_.release_pages(); }

  /// Puts the cache in its place.
  void commit() { file_.commit(); }

  /// Gives up, and leaves nothing to go on with.
  void remove() noexcept { file_.remove(); }

 private:
  static SafetensorsHeader make_header(const FeatureDescription& description, std::span<const std::string> names) {
    const auto count = static_cast<Index>(names.size());
    Index name_bytes = 0;
    for (const std::string& name : names) name_bytes += static_cast<Index>(name.size()) + 1;
    std::vector<Index> features{count};
    if (description.flips) features.push_back(2);
    features.insert(features.end(), description.shape.begin(), description.shape.end());

    SafetensorsHeader header;
    header.tensors["features"] = {.dtype = description.dtype, .shape = features};
    header.tensors["names"] = {.dtype = Dtype::U8, .shape = {name_bytes}};
    header.tensors["reasons"] = {.dtype = Dtype::U8, .shape = {count, static_cast<Index>(reason_length)}};
    header.tensors["checks"] = {.dtype = Dtype::U64, .shape = {count}};
    header.metadata["format"] = feature_cache_format;
    visit_description(description,
                      [&](const std::string& key, const std::string& value) { header.metadata[key] = value; });
    return header;
  }

  std::span<std::byte> raw(std::string_view name) {
    const TensorInfo& info = header_.tensors.find(name)->second;
    return file_.bytes().subspan(text_.size() + info.offset, info.bytes);
  }

  template <class T>
  std::span<T> values(std::string_view name) {
    const std::span<std::byte> bytes = raw(name);
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  std::span<std::byte> row_of(std::string_view name, Index row) {
    const std::span<std::byte> all = raw(name);
    const std::size_t bytes = all.size() / static_cast<std::size_t>(count_);
    return all.subspan(static_cast<std::size_t>(row) * bytes, bytes);
  }

  /// A hash of what the row has, never 0.
  std::uint64_t check_of(Index row) {
    std::uint64_t hash = empty_hash;
    for (const std::string_view name : {"features", "reasons"}) {
      const std::span<const std::byte> bytes = row_of(name, row);
      hash = hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, hash);
    }
    return hash == 0 ? 1 : hash;
  }

  Index count_;
  FeatureDescription description_;
  SafetensorsHeader header_;
  std::size_t data_size_;
  std::string text_;
  ResumableOutput file_;
};

}  // namespace pupil::captioning::detail
