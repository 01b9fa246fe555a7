#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/preprocessing.hpp>

#include "../support/files.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

using Metadata = std::vector<std::pair<std::string, std::string>>;

Preprocessing preprocessing_of(const Metadata& metadata) {
  const TemporaryFolder folder;
  SafetensorsWriter writer;
  for (const auto& [key, text] : metadata) writer.set_metadata(key, text);
  writer.write(folder / "weights.safetensors");
  return read_preprocessing(SafetensorsFile(folder / "weights.safetensors"));
}

}  // namespace

TEST_CASE("without metadata images are prepared as torchvision's networks want them") {
  const Preprocessing plain = preprocessing_of({});
  CHECK(plain.normalization.mean == imagenet_normalization.mean);
  CHECK(plain.normalization.standard_deviation == imagenet_normalization.standard_deviation);
  CHECK(plain.image_size == 224);
  CHECK_FALSE(plain.same_padding);
}

TEST_CASE("how images must be prepared is read from this library's keys") {
  const Preprocessing keys = preprocessing_of(
      {{"same_padding", "1"}, {"image_size", "96"}, {"mean_green", "0.25"}, {"deviation_blue", "2"}, {"format", "pt"}});
  CHECK(keys.same_padding);
  CHECK(keys.image_size == 96);
  CHECK(keys.normalization.mean[1] == 0.25F);
  CHECK(keys.normalization.standard_deviation[2] == 2);
}

TEST_CASE("how images must be prepared is read from texts for people") {
  const Preprocessing texts =
      preprocessing_of({{"padding", "TensorFlow SAME: a stride-2 convolution pads one row below"},
                        {"input", "RGB in [-1, 1]: (v - 127.5) / 127.5"}});
  CHECK(texts.same_padding);
  CHECK(texts.normalization.standard_deviation == symmetric_normalization.standard_deviation);
}

TEST_CASE("metadata about images that make no sense are refused, naming key and text") {
  for (const auto& entry : Metadata{{"image_size", "0"},
                                    {"image_size", "-3"},
                                    {"deviation_red", "0"},
                                    {"mean_red", "nan"},
                                    {"same_padding", "perhaps"},
                                    {"input", "BGR bytes"}}) {
    const std::string error = error_of<FileError>([&] { preprocessing_of({entry}); });
    CAPTURE(error);
    CHECK(contains(error, entry.first));
    CHECK(contains(error, entry.second));
  }
}
