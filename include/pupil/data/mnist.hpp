#pragma once
// read_mnist: handwritten digits, and what else is in files of the same form (Fashion-MNIST, KMNIST). LeCun, Cortes and
// Burges, http://yann.lecun.com/exdb/mnist, which describes the form, IDX: whole numbers of four bytes, the highest
// first, and then a byte each.
//
//   images  2051, count, rows, columns, pixels row by row        labels  2049, count, labels

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/labelled_images.hpp>
#include <pupil/io/byte_numbers.hpp>
#include <pupil/io/mapped_file.hpp>

namespace pupil {

namespace detail {

inline constexpr std::uint32_t idx_images = 2051;
inline constexpr std::uint32_t idx_labels = 2049;

/// Whole number i of a file's head.
inline std::uint32_t idx_number(std::span<const std::byte> bytes, std::size_t i) {
  return ByteNumbers{bytes}.read(4 * i, 4);
}

/// What comes behind the head, checked: `count` items of as many bytes as the product of the sizes. Throws FileError
/// where the file is none of this kind, or has not as many bytes as it says.
template <std::size_t Sizes>
std::span<const std::byte> idx_body(const std::filesystem::path& path, std::span<const std::byte> bytes,
                                    std::uint32_t magic, const char* items) {
  require_not_gzip(path, bytes);
  constexpr std::size_t head = 4 * (2 + Sizes);
  const std::string name = path.string();
  require<FileError>(bytes.size() >= head, name, ": too short, it has ", bytes.size(), " bytes, and the head alone ",
                     head);
  const std::uint32_t stated = idx_number(bytes, 0);
  const bool is_other = stated == idx_images || stated == idx_labels;
  require<FileError>(stated == magic, name, ": not a file of MNIST's ", items, ", it begins with the number ", stated,
                     is_other ? (stated == idx_labels ? " (of labels)" : " (of images)") : "", ", not ", magic);
  std::uint64_t item = 1;
  for (std::size_t i = 0; i < Sizes; ++i) item *= idx_number(bytes, 2 + i);
  const std::uint64_t count = idx_number(bytes, 1);
  const std::uint64_t body = bytes.size() - head;
  require<FileError>(item > 0, name, ": images of no pixel");
  require<FileError>(body / item >= count, name, ": too short, ", count, ' ', items, " of ", item,
                     " bytes each do not fit into its ", bytes.size(), " bytes");
  require<FileError>(body == count * item, name, ": too long, it says that it has ", count, ' ', items, " of ", item,
                     " bytes each, and has ", bytes.size() - head - count * item, " bytes more");
  return bytes.subspan(head);
}

}  // namespace detail

/// The images [count, rows, columns, 1] and their labels from 0 to 9. Throws FileError, naming the file, where one
/// cannot be read, is compressed, is not of this form, is too short or too long, has a label above 9, or where there
/// are more of the one than of the other.
inline LabelledImages read_mnist(const std::filesystem::path& images_file, const std::filesystem::path& labels_file) {
  const MappedFile images(images_file), labels(labels_file);
  const auto pixels = detail::idx_body<2>(images_file, images.bytes(), detail::idx_images, "images");
  const auto classes = detail::idx_body<0>(labels_file, labels.bytes(), detail::idx_labels, "labels");
  const Index count = detail::idx_number(images.bytes(), 1);
  require<FileError>(count == static_cast<Index>(classes.size()), images_file.string(), ": ", count, " images, but ",
                     labels_file.string(), " has ", classes.size(), " labels");
  LabelledImages data;
  data.images = Tensor<float, 4>::uninitialized(
      {count, detail::idx_number(images.bytes(), 2), detail::idx_number(images.bytes(), 3), 1});
  std::ranges::transform(pixels, data.images.begin(), detail::from_byte);
  data.labels = Tensor<std::int32_t, 1>::uninitialized({count});
  for (std::size_t i = 0; i < classes.size(); ++i) {
    data.labels[static_cast<Index>(i)] = detail::label_of_ten(labels_file, classes[i], i);
  }
  return data;
}

}  // namespace pupil
