#pragma once
// read_cifar10: small photographs of ten classes, in the binary version. Krizhevsky, "Learning multiple layers of
// features from tiny images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html describes the form: for each image one
// byte, its label, and then 32 rows of 32 pixels of red, as many of green, and of blue.

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <pupil/core/errors.hpp>
#include <pupil/core/tensor.hpp>
#include <pupil/data/labelled_images.hpp>
#include <pupil/io/mapped_file.hpp>

namespace pupil {

/// The images [count, 32, 32, 3] and their labels from 0 to 9: airplane, automobile, bird, cat, deer, dog, frog, horse,
/// ship, truck. Throws FileError, naming the file, where it cannot be read, is compressed, is not a whole number of
/// images, or has a label above 9.
inline LabelledImages read_cifar10(const std::filesystem::path& file) {
  constexpr Index pixels = Index{32} * 32;
  constexpr std::size_t image_bytes = 1 + 3 * pixels;
  const MappedFile mapped(file);
  const auto bytes = mapped.bytes();
  detail::require_not_gzip(file, bytes);
  require<FileError>(!bytes.empty() && bytes.size() % image_bytes == 0, file.string(),
                     ": not a file of CIFAR-10's binary version, its ", bytes.size(), " bytes are not images of ",
                     image_bytes);
  LabelledImages data;
  const auto count = static_cast<Index>(bytes.size() / image_bytes);
  data.images = Tensor<float, 4>::uninitialized({count, 32, 32, 3});
  data.labels = Tensor<std::int32_t, 1>::uninitialized({count});
  for (Index n = 0; n < count; ++n) {
    const auto image = bytes.subspan(static_cast<std::size_t>(n) * image_bytes, image_bytes);
    data.labels[n] = detail::label_of_ten(file, image[0], static_cast<std::size_t>(n));
    float* const target = data.images.data() + n * pixels * 3;
    for (Index c = 0; c < 3; ++c) {
      for (Index i = 0; i < pixels; ++i) {
        target[i * 3 + c] = detail::from_byte(image[static_cast<std::size_t>(1 + c * pixels + i)]);
      }
    }
  }
  return data;
}

}  // namespace pupil
