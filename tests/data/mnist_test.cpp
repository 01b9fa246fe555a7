#include <cstdint>
#include <initializer_list>
#include <string>

#include <doctest/doctest.h>

#include <pupil/data/data_loader.hpp>
#include <pupil/data/mnist.hpp>

#include "../support/files.hpp"
#include "../support/temporary_folder.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Numbers of four bytes, the highest first, and then the bytes.
std::string idx_file(std::initializer_list<std::uint32_t> head, const std::string& body) {
  std::string text;
  for (const std::uint32_t number : head) {
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(number >> shift & 0xFF);
  }
  return text + body;
}

/// Two images of 2 x 3 pixels, and their labels.
const std::string& two_digits() {
  static const std::string file =
      idx_file({2051, 2, 2, 3}, std::string("\x00\x33\x66\x99\xcc\xff", 6) + "\x01\x02\x03\x04\x05\x06");
  return file;
}
const std::string& two_digit_labels() {
  static const std::string file = idx_file({2049, 2}, "\x07\x03");
  return file;
}

/// What read_mnist says of such files, without the folder's name.
std::string mnist_error(const std::string& images, const std::string& labels) {
  const TemporaryFolder folder;
  folder.write("images", images);
  folder.write("labels", labels);
  std::string error = error_of<FileError>([&] { read_mnist(folder / "images", folder / "labels"); });
  const std::string path = folder.path().string() + "/";
  for (auto at = error.find(path); at != std::string::npos; at = error.find(path)) error.erase(at, path.size());
  return error;
}

}  // namespace

TEST_CASE("MNIST's images and labels are read as numbers from 0 to 1, and whole ones") {
  const TemporaryFolder folder;
  folder.write("images", two_digits());
  folder.write("labels", two_digit_labels());
  const LabelledImages data = read_mnist(folder / "images", folder / "labels");
  CHECK(data.images.shape() == Shape{2, 2, 3, 1});
  CHECK(data.labels == Tensor<std::int32_t, 1>({2}, {7, 3}));
  CHECK(data.images[0] == 0);
  CHECK(data.images(0, 0, 1, 0) == 0.2F);
  CHECK(data.images(0, 1, 2, 0) == 1);
  CHECK(data.images(1, 0, 0, 0) == 1.0F / 255);
  CHECK(data.size() == 2);
  const auto [image, label] = data[1];
  CHECK(image.shape() == Shape{2, 3, 1});
  CHECK(image[5] == 6.0F / 255);
  CHECK(label == 3);
  const DataLoader loader(data, {.batch_size = 2});
  CHECK(loader.epoch().next()->first == data.images);
}

TEST_CASE("files that are no images or labels of MNIST's are named") {
  CHECK(mnist_error(two_digit_labels() + "more than enough", two_digit_labels()) ==
        "images: not a file of MNIST's images, it begins with the number 2049 (of labels), not 2051");
  CHECK(mnist_error(two_digits(), two_digits()) ==
        "labels: not a file of MNIST's labels, it begins with the number 2051 (of images), not 2049");
  CHECK(mnist_error(idx_file({7, 2, 2, 3}, ""), two_digit_labels()) ==
        "images: not a file of MNIST's images, it begins with the number 7, not 2051");
  CHECK(mnist_error("\x1f\x8b and so on", two_digit_labels()) ==
        "images: compressed by gzip; unpack it first: gunzip images");
  CHECK(mnist_error(two_digits(), "\x1f\x8b") == "labels: compressed by gzip; unpack it first: gunzip labels");
}

TEST_CASE("files of MNIST's that are too short or too long are named") {
  CHECK(mnist_error("abc", two_digit_labels()) == "images: too short, it has 3 bytes, and the head alone 16");
  CHECK(mnist_error(two_digits().substr(0, 27), two_digit_labels()) ==
        "images: too short, 2 images of 6 bytes each do not fit into its 27 bytes");
  CHECK(mnist_error(two_digits() + "x", two_digit_labels()) ==
        "images: too long, it says that it has 2 images of 6 bytes each, and has 1 bytes more");
  CHECK(mnist_error(two_digits(), two_digit_labels() + "\x01") ==
        "labels: too long, it says that it has 2 labels of 1 bytes each, and has 1 bytes more");
  CHECK(mnist_error(idx_file({2051, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "x"), two_digit_labels()) ==
        "images: too short, 4294967295 images of 18446744065119617025 bytes each do not fit into its 17 bytes");
  CHECK(mnist_error(idx_file({2051, 2, 0, 3}, ""), two_digit_labels()) == "images: images of no pixel");
}

TEST_CASE("labels of MNIST's that are not as many as the images, or no digits, are named") {
  CHECK(mnist_error(two_digits(), idx_file({2049, 1}, "\x07")) == "images: 2 images, but labels has 1 labels");
  CHECK(mnist_error(two_digits(), idx_file({2049, 2}, "\x07\x0a")) == "labels: label 1 is 10, not from 0 to 9");
}

TEST_CASE("a file of MNIST's that is not there is named") {
  const TemporaryFolder folder;
  CHECK(contains(error_of<FileError>([&] { read_mnist(folder / "absent", folder / "labels"); }),
                 (folder / "absent").string()));
}
