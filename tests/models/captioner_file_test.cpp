#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/captioner_file.hpp>

#include "../support/files.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Captioner<float> tiny_captioner(std::uint64_t seed) {
  Rng rng(seed);
  return Captioner<float>(tiny_captioner_options(), tiny_vocabulary(), rng);
}

/// What a captioner's file has at `name`, with one tensor taken away, or its metadata changed, and more such damage.
struct Damage {
  std::string without = "none";     ///< the tensor that is left out
  std::string transposed = "none";  ///< the tensor of two dimensions that gets them the other way round
  std::string additional = "";      ///< a tensor that does not belong there
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

/// Writes a tiny captioner's file with damage, reads it, and returns the error without the path at its beginning.
std::string error_with(const Damage& damage) {
  const TemporaryFolder folder;
  auto captioner = tiny_captioner(1);
  save_captioner(folder / "whole.safetensors", captioner);
  const SafetensorsFile whole(folder / "whole.safetensors");
  SafetensorsWriter writer;
  for (const std::string& name : whole.names()) {
    if (name == damage.without) continue;
    std::vector<Index> shape = whole.info(name).shape;
    if (name == damage.transposed) std::swap(shape.at(0), shape.at(1));
    writer.add(name, whole.info(name).dtype, shape, whole.raw(name).data());
  }
  const Tensor<float, 1> another({3});
  if (!damage.additional.empty()) writer.add(damage.additional, another);
  for (const auto& [key, text] : whole.metadata()) writer.set_metadata(key, text);
  for (const auto& [key, text] : damage.metadata) writer.set_metadata(key, text);
  const auto path = folder / "damaged.safetensors";
  writer.write(path);
  const std::string error = error_of<FileError>([&] { load_captioner<float>(path); });
  REQUIRE(error.starts_with(path.string() + ": "));
  return error.substr(path.string().size() + 2);
}

}  // namespace

TEST_CASE("a captioner comes back from its file bit for bit: weights, statistics, words and options") {
  const TemporaryFolder folder;
  auto saved = tiny_captioner(2);
  Rng rng(3);
  for_each_buffer(saved, [&](const Name&, auto& buffer) {
    for (auto& value : buffer) value = static_cast<std::remove_cvref_t<decltype(value)>>(1 + rng.below(100));
  });
  save_captioner(folder / "model.safetensors", saved);
  auto loaded = load_captioner<float>(folder / "model.safetensors");

  CHECK(all_values<float>(loaded) == all_values<float>(saved));
  std::vector<double> saved_buffers;
  std::vector<double> loaded_buffers;
  for_each_buffer(saved, [&](const Name&, auto& buffer) {
    for (const auto value : buffer) saved_buffers.push_back(static_cast<double>(value));
  });
  for_each_buffer(loaded, [&](const Name&, auto& buffer) {
    for (const auto value : buffer) loaded_buffers.push_back(static_cast<double>(value));
  });
  CHECK(loaded_buffers == saved_buffers);
  CHECK(loaded.vocabulary() == saved.vocabulary());
  const auto images = tiny_images<float>(16, rng);
  CHECK(loaded.caption(images, {.width = 2}) == saved.caption(images, {.width = 2}));
}

TEST_CASE("at bf16 the weights are rounded and take half the bytes; statistics stay, and features are near") {
  const TemporaryFolder folder;
  Rng rng(9);
  CaptionerOptions options = tiny_captioner_options();
  options.hidden_size = 64;  // more bytes than the file's header has
  options.embedding_size = 32;
  Captioner<float> saved(options, tiny_vocabulary(), rng);
  for_each_buffer(saved, [&](const Name&, auto& buffer) {
    for (auto& value : buffer) value = static_cast<std::remove_cvref_t<decltype(value)>>(1 + rng.below(1000));
  });
  save_captioner(folder / "fp32.safetensors", saved);
  save_captioner(folder / "bf16.safetensors", saved, ParameterPrecision::bf16);
  const auto bytes = [&](const char* name) { return static_cast<double>(std::filesystem::file_size(folder / name)); };
  CHECK(bytes("bf16.safetensors") < 0.6 * bytes("fp32.safetensors"));
  const SafetensorsFile file(folder / "bf16.safetensors");
  CHECK(file.info("decoder.lstm.weight_hh_l0").dtype == Dtype::BF16);
  CHECK(file.info("decoder.image.norm.running_var").dtype == Dtype::F32);

  auto loaded = load_captioner<float>(folder / "bf16.safetensors");
  const auto exact = all_values<float>(saved);
  const auto rounded = all_values<float>(loaded);
  bool all_near = true;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    all_near = all_near && std::abs(rounded[i] - exact[i]) <= 0x1p-8F * std::abs(exact[i]);
  }
  CHECK(all_near);
  const auto images = tiny_images<float>(16, rng);
  CHECK(relative_difference(loaded.encoder().pooled(images), saved.encoder().pooled(images)) < 0.02);
}

TEST_CASE("every option comes back, to the last bit") {
  const TemporaryFolder folder;
  Rng rng(4);
  const CaptionerOptions options{.encoder = "resnet18",
                                 .encoder_width = 3,
                                 .same_padding = true,
                                 .image_size = 33,
                                 .resize_to = 41,
                                 .normalization = {.mean = {0.1F, 0.2F, 1.0F / 3}, .standard_deviation = {1, 2, 0.7F}},
                                 .decoder = "attention",
                                 .embedding_size = 7,
                                 .hidden_size = 9,
                                 .attention_size = 5,
                                 .gated = false,
                                 .projected = true,
                                 .tied = true,
                                 .dropout = 1.0 / 7,
                                 .max_caption_length = 11};
  Captioner<float> saved(options, tiny_vocabulary(), rng);
  save_captioner(folder / "model.safetensors", saved);
  const auto loaded = load_captioner<float>(folder / "model.safetensors");
  const CaptionerOptions& read = loaded.options();
  CHECK(read.encoder == options.encoder);
  CHECK(read.encoder_width == options.encoder_width);
  CHECK(read.same_padding == options.same_padding);
  CHECK(read.image_size == options.image_size);
  CHECK(read.resize_to == options.resize_to);
  CHECK(read.normalization.mean == options.normalization.mean);
  CHECK(read.normalization.standard_deviation == options.normalization.standard_deviation);
  CHECK(read.embedding_size == options.embedding_size);
  CHECK(read.decoder == options.decoder);
  CHECK(read.hidden_size == options.hidden_size);
  CHECK(read.attention_size == options.attention_size);
  CHECK(read.gated == options.gated);
  CHECK(read.projected == options.projected);
  CHECK(read.tied == options.tied);
  CHECK(read.dropout == options.dropout);
  CHECK(read.max_caption_length == options.max_caption_length);
}

TEST_CASE("a file from before there was a choice of padding is read") {
  const TemporaryFolder folder;
  auto captioner = tiny_captioner(9);
  save_captioner(folder / "new", captioner);
  const SafetensorsFile whole(folder / "new");
  SafetensorsWriter old;
  for (const std::string& name : whole.names()) {
    old.add(name, whole.info(name).dtype, whole.info(name).shape, whole.raw(name).data());
  }
  for (const auto& [key, text] : whole.metadata()) {
    if (key != "same_padding") old.set_metadata(key, text);
  }
  old.write(folder / "old");
  CHECK_FALSE(load_captioner<float>(folder / "old").options().same_padding);
}

TEST_CASE("a file of the first format, in which the image's projection is the encoder's, is read") {
  const TemporaryFolder folder;
  for (const std::string encoder : {"small", "resnet18"}) {
    CAPTURE(encoder);
    const std::string projection = encoder == "small" ? "encoder.13" : "encoder.fc";
    Rng rng(10);
    Captioner<float> captioner(tiny_captioner_options(encoder, 32), tiny_vocabulary(), rng);
    save_captioner(folder / "new", captioner);
    const SafetensorsFile whole(folder / "new");
    SafetensorsWriter old;
    for (const std::string& name : whole.names()) {
      std::string then = name;
      if (name.starts_with("decoder.image.fc")) then.replace(0, 16, projection);
      if (name.starts_with("decoder.image.norm")) then.replace(0, 18, "encoder.norm");
      old.add(then, whole.info(name).dtype, whole.info(name).shape, whole.raw(name).data());
    }
    for (const auto& [key, text] : whole.metadata()) {
      if (key != "decoder") old.set_metadata(key, key == "format" ? "pupil captioner 1" : text);
    }
    old.write(folder / "old");
    auto loaded = load_captioner<float>(folder / "old");
    CHECK(loaded.options().decoder == "show_and_tell");
    CHECK(all_values<float>(loaded) == all_values<float>(captioner));
  }
}

TEST_CASE("the same captioner gives the same bytes") {
  const TemporaryFolder folder;
  for (const char* const name : {"a", "b"}) {
    auto captioner = tiny_captioner(5);
    save_captioner(folder / name, captioner);
  }
  CHECK(file_text(folder / "a") == file_text(folder / "b"));
}

TEST_CASE("a missing, misshapen or foreign tensor is named") {
  CHECK(error_with({.without = "decoder.embed.weight"}) == "tensor \"decoder.embed.weight\" is not in this file");
  CHECK(error_with({.transposed = "decoder.lstm.weight_hh_l0"}) ==
        "tensor \"decoder.lstm.weight_hh_l0\" has the shape [6, 24], expected [24, 6]");
  CHECK(error_with({.additional = "encoder.extra"}) == "tensor \"encoder.extra\" has no place in this model");
}

TEST_CASE("a file of another architecture than its options say is refused, naming the tensor") {
  CHECK(contains(error_with({.metadata = {{"encoder", "resnet18"}, {"image_size", "32"}, {"resize_to", "32"}}}),
                 "tensor \"encoder.conv1.weight\" is not in this file"));
  CHECK(contains(error_with({.metadata = {{"hidden_size", "8"}}}), "has the shape [24, 5], expected [32, 5]"));
  CHECK(contains(error_with({.metadata = {{"encoder", "vgg"}}}), "no network is called \"vgg\""));
}

TEST_CASE("options and words that make no sense are refused, naming them") {
  CHECK(error_with({.metadata = {{"image_size", "12x"}}}) == "image_size is \"12x\" in the metadata");
  CHECK(error_with({.metadata = {{"image_size", "-4"}}}) == "image_size is \"-4\" in the metadata");
  CHECK(contains(error_with({.metadata = {{"image_size", "0"}}}), "image_size is 0"));
  CHECK(contains(error_with({.metadata = {{"vocabulary", "a\nb\n"}}}), "vocabulary: the words do not begin with"));
  CHECK(error_with({.metadata = {{"hidden_size", "4000000000000000000"}}}) ==
        "hidden_size is \"4000000000000000000\" in the metadata");
}

TEST_CASE("a file that is another program's is refused") {
  CHECK(error_with({.metadata = {{"format", "pt"}}}) == "not a captioner's model");
  const TemporaryFolder folder;
  SafetensorsWriter empty;
  empty.write(folder / "model.safetensors");
  CHECK(contains(error_of<FileError>([&] { load_captioner<float>(folder / "model.safetensors"); }),
                 "not a captioner's model"));
}

TEST_CASE("a truncated file is refused, wherever it is cut") {
  const TemporaryFolder folder;
  auto captioner = tiny_captioner(6);
  const auto path = folder / "model.safetensors";
  save_captioner(path, captioner);
  const std::string whole = file_text(path);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
    CAPTURE(size);
    put_file(path, whole.substr(0, size));
    CHECK(error_of<FileError>([&] { load_captioner<float>(path); }).starts_with(path.string() + ": "));
  }
}

TEST_CASE("a disk that is full leaves the model that was there") {
  const TemporaryFolder folder;
  auto first = tiny_captioner(7);
  auto second = tiny_captioner(8);
  const auto path = folder / "model.safetensors";
  save_captioner(path, first);
  {
    const FileSizeLimit limit(1000);
    CHECK(contains(error_of<FileError>([&] { save_captioner(path, second); }), path.string()));
  }
  auto loaded = load_captioner<float>(path);
  CHECK(all_values<float>(loaded) == all_values<float>(first));
  CHECK(folder.file_count() == 1);
}
