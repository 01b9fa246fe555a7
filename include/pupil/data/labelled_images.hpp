#pragma once
// LabelledImages: images in memory, each of one class, as DataLoader takes them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/io/byte_numbers.hpp>

namespace pupil {

struct LabelledImages {
  Tensor<float, 4> images;         ///< [count, height, width, channels], from 0 to 1
  Tensor<std::int32_t, 1> labels;  ///< [count]

  Index size() const { return labels.size(); }
  /// Image i, [height, width, channels], and its label.
  std::pair<Tensor<float, 3>, std::int32_t> operator[](Index i) const {
    auto image = Tensor<float, 3>::uninitialized({images.dim(1), images.dim(2), images.dim(3)});
    std::copy_n(images.data() + i * image.size(), image.size(), image.begin());
    return {std::move(image), labels[i]};
  }
};

namespace detail {

/// A byte of an image as a number from 0 to 1.
inline float from_byte(std::byte value) { return static_cast<float>(std::to_integer<int>(value)) / 255.0F; }

/// Throws FileError for a file that gzip has compressed.
inline void require_not_gzip(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  require<FileError>(!begins_with(bytes, "\x1F\x8B"), path.string(), ": compressed by gzip; unpack it first: gunzip ",
                     path.string());
}

/// The label in a byte. Throws FileError where it is not one of ten classes.
inline std::int32_t label_of_ten(const std::filesystem::path& path, std::byte value, std::size_t i) {
  const int label = std::to_integer<int>(value);
  require<FileError>(label <= 9, path.string(), ": label ", i, " is ", label, ", not from 0 to 9");
  return label;
}

}  // namespace detail

}  // namespace pupil
