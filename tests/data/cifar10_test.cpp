#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pupil/data/cifar10.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// An image whose planes of red, green and blue count on from different numbers.
std::string cifar10_image(char label) {
  std::string image(1, label);
  for (int c = 0; c < 3; ++c) {
    for (int i = 0; i < 1024; ++i) image += static_cast<char>((i + 100 * c) % 256);
  }
  return image;
}

std::string cifar10_error(const std::string& text) {
  const TemporaryFolder folder;
  folder.write("batch.bin", text);
  const std::string error = error_of<FileError>([&] { read_cifar10(folder / "batch.bin"); });
  REQUIRE(error.starts_with(folder.path().string()));
  return error.substr(folder.path().string().size() + 1);
}

}  // namespace

TEST_CASE("CIFAR-10's images are read with their channels last, from 0 to 1") {
  const TemporaryFolder folder;
  folder.write("batch.bin", cifar10_image(9) + cifar10_image(0));
  const LabelledImages data = read_cifar10(folder / "batch.bin");
  CHECK(data.images.shape() == Shape{2, 32, 32, 3});
  CHECK(data.labels == Tensor<std::int32_t, 1>({2}, {9, 0}));
  for (Index c = 0; c < 3; ++c) {
    CHECK(data.images(1, 0, 0, c) == static_cast<float>(100 * c) / 255);
    CHECK(data.images(0, 1, 2, c) == static_cast<float>((34 + 100 * c) % 256) / 255);
    CHECK(data.images(1, 31, 31, c) == static_cast<float>((1023 + 100 * c) % 256) / 255);
  }
}

TEST_CASE("files that are not CIFAR-10's binary version are named") {
  CHECK(cifar10_error("") == "batch.bin: not a file of CIFAR-10's binary version, its 0 bytes are not images of 3073");
  CHECK(cifar10_error(cifar10_image(1).substr(1)) ==
        "batch.bin: not a file of CIFAR-10's binary version, its 3072 bytes are not images of 3073");
  CHECK(cifar10_error(cifar10_image(1) + "x") ==
        "batch.bin: not a file of CIFAR-10's binary version, its 3074 bytes are not images of 3073");
  CHECK(cifar10_error(cifar10_image(1) + cifar10_image(10)) == "batch.bin: label 1 is 10, not from 0 to 9");
  CHECK(cifar10_error("\x1f\x8b and so on").starts_with("batch.bin: compressed by gzip; unpack it first: gunzip "));
}
