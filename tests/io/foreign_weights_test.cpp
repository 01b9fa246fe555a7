#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/io/foreign_weights.hpp>
#include <pupil/io/safetensors.hpp>

#include "../support/files.hpp"

using namespace pupil;
using namespace pupil::testing;
using namespace std::string_literals;

namespace {

/// A file of a zip archive, as far as names go.
std::string zip_with(const std::string& name) { return "PK\x03\x04"s + std::string(26, '\0') + name + "PK\x05\x06"; }

}  // namespace

TEST_CASE("a file that is something else is called by its name, with the way out") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", {"a Git LFS pointer", "git lfs pull"}},
      {"<!DOCTYPE html><html></html>", {"a web page", "downloaded again"}},
      {"\n  <html><head>", {"a web page"}},
      {"\xEF\xBB\xBF<HTML>", {"a web page"}},
      {"<?xml version=\"1.0\"?><Error>", {"XML, not the file itself", "downloaded again"}},
      {"Entry not found", {"a text that begins with \"Entry not found\""}},
      {"Zugriff verweigert f\xFCr", {"a text that begins with \"Zugriff verweigert f\\xFCr\""}},
      {"Invalid username\nor password.", {"a text that begins with \"Invalid username\""}},
      {"{\"metadata\":{},\"weight_map\":{}}", {"an index of shards", "join"}},
      {"{\n  \"architectures\": [\"ResNet\"]\n}", {"a JSON text", "model.safetensors"}},
      {"PK\x03\x04"s + std::string(60, '\0'), {"PyTorch checkpoint", "tools/export_torchvision.py"}},
      {zip_with("resnet/data.pkl"), {"a PyTorch checkpoint", "tools/export_torchvision.py"}},
      {zip_with("net/constants.pkl"), {"a TorchScript program", "tools/export_torchvision.py"}},
      {zip_with("w.npy"), {"a NumPy archive"}},
      {zip_with("model.weights.h5"), {"a Keras model"}},
      {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9 j\xa8P\x19.",
       {"an older PyTorch checkpoint", "tools/export_torchvision.py"}},
      {"\x80\x04\x95\x01\0\0\0\0\0\0\0"s, {"a pickle", "tools/export_torchvision.py"}},
      {"storages" + std::string(249, '\0') + "ustar  ", {"a tar archive", "tools/export_torchvision.py"}},
      {"\x1f\x8b\x08\0\0\0\0\0\0"s, {"compressed by gzip", "unpack"}},
      {"Rar!\x1a\x07\0"s, {"a RAR archive", "unpack it first"}},
      {"PK\x05\x06"s + std::string(18, '\0'), {"an empty zip archive"}},
      {"RIFF\x24\0\0\0WEBPVP8 "s, {"WebP"}},
      {"\x89HDF\r\n\x1a\n\0\0\0"s, {"an HDF5 file", "Keras"}},
      {"\x93NUMPY\x01\0v\0"s, {"a NumPy array"}},
      {"GGUF\x03\0\0\0\0\0"s, {"a GGUF file"}},
      {"\x1c\0\0\0TFL3\0\0"s, {"a TensorFlow Lite model"}},
      {"\x08\x07\x12\x07pytorch", {"an ONNX model"}},
      {"\x08\x01\x12\xff\x01\n", {"a TensorFlow model"}},
      {std::string(100, '\0'), {"zeros"}},
      {"\xff\xd8\xff\xe0\0\x10JFIF"s, {"a JPEG image"}},
  };
  const TemporaryFolder folder;
  for (const auto& entry : cases) {
    const auto& [bytes, expected] = entry;
    CAPTURE(entry.first);
    put_file(folder / "file", bytes);
    const std::string error = error_of<FileError>([&] { SafetensorsFile file(folder / "file"); });
    CAPTURE(error);
    CHECK(error.starts_with((folder / "file").string() + ": not a safetensors file but "));
    for (const std::string& part : expected) CHECK(contains(error, part));
  }
}

TEST_CASE("bytes that are nothing in particular have no name") {
  CHECK(kind_of_foreign_weights(bytes_of("\x01\x02\x03\xfe\xff\x01\x02\x03\x04\x05")).empty());
  CHECK(kind_of_foreign_weights({}).empty());
}

TEST_CASE("a sound file whose length looks like something else is read") {
  const TemporaryFolder folder;
  const Tensor<float, 1> x({1});
  SafetensorsWriter writer;
  writer.add("x", x);
  writer.set_metadata("filling", "");
  writer.write(folder / "file");
  const std::size_t header = file_text(folder / "file").size() - 8 - 4;
  REQUIRE(header < 0x280);
  writer.set_metadata("filling", std::string(0x280 - header, 'x'));  // 0x280 in little-endian bytes is a pickle's magic
  writer.write(folder / "file");
  REQUIRE(file_text(folder / "file").starts_with("\x80\x02"));
  CHECK(SafetensorsFile(folder / "file").contains("x"));
}

TEST_CASE("an empty file and a folder are called so") {
  const TemporaryFolder folder;
  put_file(folder / "empty", "");
  CHECK(error_of<FileError>([&] { SafetensorsFile file(folder / "empty"); }) ==
        (folder / "empty").string() + ": the file is empty");
  std::filesystem::create_directory(folder / "model");
  const std::string path = (folder / "model").string();
  const auto error = [&] { return error_of<FileError>([&] { SafetensorsFile file(path); }); };
  CHECK(error() == path + ": a folder, not a safetensors file");
  put_file(folder / "model" / "model.safetensors", "");
  CHECK(error() == path + ": a folder, not a safetensors file; there is " + path + "/model.safetensors in it");
}

TEST_CASE("a file that was cut short says how much of it there is") {
  const TemporaryFolder folder;
  const Tensor<float, 1> x({100});
  SafetensorsWriter writer;
  writer.add("x", x);
  writer.write(folder / "file");
  const std::string whole = file_text(folder / "file");
  put_file(folder / "file", whole.substr(0, whole.size() - 10));
  const std::string error = error_of<FileError>([&] { SafetensorsFile file(folder / "file"); });
  CHECK(contains(
      error, "has " + std::to_string(whole.size() - 10) + " bytes, its header says " + std::to_string(whole.size())));
  CHECK(contains(error, "cut short"));
}
