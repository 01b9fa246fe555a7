#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/models/image_captioner.hpp>

#include "../support/files.hpp"
#include "tiny_captioner.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// The file of a tiny captioner that resizes to 20 and looks at the 16 pixels in the middle.
std::filesystem::path write_cropping_captioner(const TemporaryFolder& folder) {
  Rng rng(4);
  CaptionerOptions options = tiny_captioner_options();
  options.resize_to = 20;
  Captioner<float> captioner(options, tiny_vocabulary(), rng);
  const auto path = folder / "model.safetensors";
  save_captioner(path, captioner);
  return path;
}

/// A picture of any colours, whose sides are unequal.
Image colourful_image(std::uint64_t seed) {
  Rng rng(seed);
  auto image = Image::uninitialized({30, 22, 3});
  for (auto& byte : image) byte = static_cast<std::uint8_t>(rng.below(256));
  return image;
}

}  // namespace

TEST_CASE("an image captioner prepares an image and searches for words as its file says") {
  const TemporaryFolder folder;
  const auto path = write_cropping_captioner(folder);
  keep_decoding_settings(path, {.beam = 3, .length_penalty = 0.5, .no_repetition = true});
  const ImageCaptioner captioner(path);
  CHECK(captioner.search().width == 3);
  CHECK(captioner.search().length_penalty == 0.5);
  CHECK(captioner.search().constraints.no_repetition);

  const auto whole = load_captioner<float>(path);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    CAPTURE(seed);
    const Image image = colourful_image(seed);
    const auto prepared = single_image(image, 20, 16, imagenet_normalization);
    CHECK(captioner.prepared(image) == prepared);
    const auto expected =
        whole.caption(prepared, {.width = 3, .length_penalty = 0.5, .constraints = {.no_repetition = true}});
    CHECK(captioner.caption(image) == expected.front());
  }
}

TEST_CASE("an image captioner searches greedily where its file says nothing, and otherwise where it is asked to") {
  const TemporaryFolder folder;
  const ImageCaptioner<double> captioner(write_cropping_captioner(folder));
  CHECK(captioner.search().width == 1);
  const Image image = colourful_image(9);
  const auto prepared = captioner.prepared(image);
  CHECK(prepared.shape() == Shape<4>{1, 16, 16, 3});
  CHECK(captioner.caption(image) == captioner.captioner().caption(prepared).front());
  CHECK(captioner.caption(image, {.max_length = 2}).size() <= 2);
}

TEST_CASE("nothing but an English captioner knows \"and\" and \"or\" as conjunctions") {
  CHECK(conjunctions(tiny_vocabulary()).empty());
  CHECK(conjunctions(Vocabulary::from_words({"<pad>", "<start>", "<end>", "<unknown>", "or", "a", "and"})) ==
        std::vector<std::int32_t>{6, 4});
}

TEST_CASE("a file that holds no captioner is refused by its name") {
  const TemporaryFolder folder;
  const auto path = folder / "other.safetensors";
  SafetensorsWriter writer;
  writer.write(path);
  const std::string error = error_of<FileError>([&] { const ImageCaptioner captioner(path); });
  CHECK(error == path.string() + ": not a captioner's model");
}
