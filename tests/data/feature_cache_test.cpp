#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/core/parallel.hpp>
#include <pupil/data/feature_extraction.hpp>
#include <pupil/io/image_write.hpp>

#include "support/files.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// Nine files: images of one value but for their first pixel, one that is cut short, one that is empty.
struct Photographs {
  TemporaryFolder folder;
  std::vector<std::string> names;
  FeatureExtractionOptions options{.description = {.encoder = "mean", .weights = "12", .image_size = 4, .shape = {3}},
                                   .normalization = {{0, 0, 0}, {1, 1, 1}},
                                   .batch_size = 2};
  std::vector<Index> batches;  ///< images that the extractor was given, call by call

  Photographs() {
    for (int i = 0; i < 9; ++i) {
      names.push_back("image " + std::to_string(i) + ".png");
      Image image = Image::full({4, 4, 3}, static_cast<std::uint8_t>(20 * i));
      image[0] = 255;
      write_png(folder / names.back(), image);
    }
    folder.write(names[3], file_text(folder / names[0]).substr(0, 45));
    folder.write(names[6], "");
  }

  std::filesystem::path path() const { return folder / "features.safetensors"; }
  std::filesystem::path partial() const { return folder / "features.safetensors.partial"; }

  /// Features of an image: the last pixel's blue, the first pixel's red, the last of the first row's red.
  FeatureCache extract(const Progress& progress = {}) {
    const auto extractor = [&](const Tensor<float, 4>& images) {
      batches.push_back(images.dim(0));
      const Index places = options.description.kind == "grid" ? 2 : 1;
      Tensor<float, 2> features({images.dim(0), 3 * places});
      for (Index n = 0; n < images.dim(0); ++n) {
        for (Index p = 0; p < places; ++p) {
          features(n, 3 * p) = images(n, 3, 3, 2);
          features(n, 3 * p + 1) = images(n, 0, 0, 0) + static_cast<float>(p);
          features(n, 3 * p + 2) = images(n, 0, 3, 0);
        }
      }
      return features;
    };
    return extract_features(path(), folder.path(), names, options, extractor, progress);
  }

  /// Extracts until this many images are done.
  void break_off_after(Index images) {
    const auto progress = [&](Index done, Index) {
      if (done >= images) throw std::runtime_error("broken off");
    };
    CHECK_THROWS_AS(extract(progress), std::runtime_error);
    CHECK_FALSE(std::filesystem::exists(path()));
  }

  std::string error() {
    return error_of<FileError>([&] { extract(); });
  }
};

float of_byte(int byte) { return static_cast<float>(byte) / 255.0F; }

/// What opening the cache says when one of its tensors or texts is changed.
template <class Change>
std::string changed_error(const Photographs& photographs, Change&& change) {
  const SafetensorsFile file(photographs.path());
  SafetensorsWriter writer;
  for (const auto& [key, text] : file.metadata()) writer.set_metadata(key, text);
  std::map<std::string, TensorInfo> tensors;
  for (const std::string& name : file.names()) tensors[name] = file.info(name);
  change(writer, tensors);
  const std::vector<std::byte> zeros(10'000);
  for (const auto& [name, info] : tensors) {
    const bool same = file.contains(name) && file.info(name).bytes == *tensor_bytes(info.dtype, info.shape);
    writer.add(name, info.dtype, info.shape, same ? file.raw(name).data() : zeros.data());
  }
  const auto changed = photographs.folder / "changed";
  writer.write(changed);
  const std::string error = error_of<FileError>([&] { FeatureCache cache(changed); });
  CHECK(error.starts_with(changed.string() + ": "));
  return error;
}

}  // namespace

TEST_CASE("the features of every image are found by name and read in any order") {
  Photographs photographs;
  const FeatureCache cache = photographs.extract();
  CHECK(photographs.batches == std::vector<Index>{2, 2, 2, 2, 1});
  CHECK(cache.size() == 9);
  CHECK(cache.names() == photographs.names);
  CHECK(cache.feature_size() == 3);
  CHECK(cache.find("image 8.png") == 8);
  CHECK(cache.find("image 9.png") == std::nullopt);
  const std::vector<FeatureView> views{{8}, {0}, {8}};
  CHECK(cache.read<2>(views) ==
        Tensor<float, 2>({3, 3}, {of_byte(160), 1, of_byte(160), 0, 1, 0, of_byte(160), 1, of_byte(160)}));
  CHECK(cache.read<2>({}).shape() == Shape{0, 3});
  CHECK_FALSE(std::filesystem::exists(photographs.partial()));
}

TEST_CASE("images that cannot be read are skipped with their names and reasons") {
  Photographs photographs;
  const FeatureCache cache = photographs.extract();
  REQUIRE(cache.skipped().size() == 2);
  CHECK(cache.skipped()[0] == SkippedImage{"image 3.png", "truncated PNG image"});
  CHECK(cache.skipped()[1] == SkippedImage{"image 6.png", "empty file"});
  CHECK(cache.find("image 3.png") == std::nullopt);
  const std::vector<FeatureView> skipped{{3}};
  CHECK(cache.read<2>(skipped) == Tensor<float, 2>({1, 3}));
}

TEST_CASE("flips, grids and bf16 are read as they were stored") {
  Photographs photographs;
  photographs.options.description.flips = true;
  photographs.options.description.dtype = Dtype::BF16;
  photographs.options.description.kind = "grid";
  photographs.options.description.shape = {1, 2, 3};
  const FeatureCache cache = photographs.extract();
  CHECK(photographs.batches == std::vector<Index>{2, 2, 2, 2, 2, 2, 2, 2, 1, 1});
  const std::vector<FeatureView> views{{5, true}, {5, false}};
  const auto rounded = bfloat16_to_float(float_to_bfloat16(of_byte(100)));
  CHECK(rounded == doctest::Approx(of_byte(100)).epsilon(1.0 / 256));
  const float up = bfloat16_to_float(float_to_bfloat16(of_byte(100) + 1));
  CHECK(cache.read<4>(views) == Tensor<float, 4>({2, 1, 2, 3}, {rounded, rounded, 1, rounded, up, 1,  //
                                                                rounded, 1, rounded, rounded, 2, rounded}));
  CHECK_THROWS_AS(cache.read<2>(views), ShapeError);
  const FeatureDescription description = FeatureCache(photographs.path()).description();
  CHECK(description.shape == std::vector<Index>{1, 2, 3});
  CHECK(description.flips);
}

TEST_CASE("rows and mirror images that a cache does not have are errors") {
  Photographs photographs;
  const FeatureCache cache = photographs.extract();
  for (const FeatureView view : {FeatureView{9}, FeatureView{-1}}) {
    CHECK_THROWS_AS(cache.read<2>(std::span(&view, 1)), IndexError);
  }
  const FeatureView mirrored{1, true};
  CHECK_THROWS_AS(cache.read<2>(std::span(&mirrored, 1)), OptionError);
}

TEST_CASE("a finished cache is opened, and the extractor not asked") {
  Photographs photographs;
  const auto skipped = photographs.extract().skipped();
  photographs.batches.clear();
  CHECK(photographs.extract().skipped() == skipped);
  CHECK(photographs.batches.empty());
}

TEST_CASE("a build that was broken off goes on with what is left, and ends with the same bytes") {
  Photographs photographs;
  photographs.extract();
  const std::string whole = file_text(photographs.path());
  std::filesystem::remove(photographs.path());
  photographs.break_off_after(4);
  photographs.batches.clear();
  Index first_done = 0;
  photographs.extract([&](Index done, Index total) {
    CHECK(total == 9);
    if (first_done == 0) first_done = done;
  });
  CHECK(first_done == 6);
  CHECK(photographs.batches == std::vector<Index>{2, 2, 1});
  CHECK((file_text(photographs.path()) == whole));
}

TEST_CASE("rows of a broken-off build that are damaged are made again") {
  Photographs photographs;
  photographs.extract();
  const std::string whole = file_text(photographs.path());
  std::filesystem::remove(photographs.path());
  photographs.break_off_after(8);
  std::string partial = file_text(photographs.partial());
  const std::size_t names = partial.find("image 0.png");
  REQUIRE(names != std::string::npos);
  partial[names - 9 * 12 + 1] = 'x';  // the first row's features lie before the names
  put_file(photographs.partial(), partial);
  photographs.batches.clear();
  photographs.extract();
  CHECK(photographs.batches == std::vector<Index>{2});
  CHECK((file_text(photographs.path()) == whole));
}

TEST_CASE("a build that fails before a row is finished leaves nothing") {
  Photographs photographs;
  const auto broken = [](const Tensor<float, 4>& images) {
    return Tensor<float, 2>::full({images.dim(0), 3}, std::numeric_limits<float>::quiet_NaN());
  };
  CHECK(error_of<NumericError>([&] {
          extract_features(photographs.path(), photographs.folder.path(), photographs.names, photographs.options,
                           broken);
        }) == "features: those of image 0.png are not finite numbers");
  CHECK(photographs.folder.file_count() == 9);
}

TEST_CASE("features of another description are refused, naming both, and stay") {
  for (const bool finished : {true, false}) {
    CAPTURE(finished);
    Photographs photographs;
    if (finished) photographs.extract();
    if (!finished) photographs.break_off_after(2);
    const auto path = finished ? photographs.path() : photographs.partial();
    const std::string before = file_text(path);
    const auto check_refused = [&](auto FeatureDescription::*member, auto value, const std::string& difference) {
      auto& of_description = photographs.options.description.*member;
      const auto original = of_description;
      of_description = value;
      CHECK(photographs.error() == path.string() + ": holds features of " + difference);
      of_description = original;
      CHECK((file_text(path) == before));
    };
    check_refused(&FeatureDescription::weights, "34", R"(weights "12", not "34")");
    check_refused(&FeatureDescription::encoder, "median", R"(encoder "mean", not "median")");
    check_refused(&FeatureDescription::image_size, 5, R"(image_size "4", not "5")");
    check_refused(&FeatureDescription::precision, "medium", R"(precision "highest", not "medium")");
    check_refused(&FeatureDescription::flips, true, R"(flips "no", not "yes")");
    check_refused(&FeatureDescription::dtype, Dtype::BF16, R"(dtype "F32", not "BF16")");
    check_refused(&FeatureDescription::shape, std::vector<Index>{4}, R"(shape "[3]", not "[4]")");
    photographs.names.pop_back();
    CHECK(contains(photographs.error(), path.string() + ": holds features of images \"9 images, "));
    CHECK(contains(photographs.error(), "not \"8 images, "));
    photographs.names.push_back("image 8.png");
    photographs.extract();
  }
}

TEST_CASE("with overwrite, other features and other files are replaced") {
  Photographs photographs;
  photographs.options.overwrite = true;
  SUBCASE("other features") { photographs.extract(); }
  SUBCASE("other features to go on with") { photographs.break_off_after(2); }
  SUBCASE("no cache") { put_file(photographs.path(), "a text"); }
  photographs.options.description.weights = "34";
  photographs.batches.clear();
  CHECK(photographs.extract().description().weights == "34");
  CHECK(photographs.batches.size() == 5);
  CHECK(photographs.folder.file_count() == 10);
}

TEST_CASE("a file that is no cache, or a damaged one, is refused and stays") {
  Photographs photographs;
  photographs.extract();
  const std::string whole = file_text(photographs.path());
  for (const std::string& text : {std::string(), std::string("a text"), whole.substr(0, whole.size() / 2),
                                  whole.substr(0, whole.size() - 1), whole + "x"}) {
    put_file(photographs.path(), text);
    CHECK(photographs.error().starts_with(photographs.path().string() + ": "));
    CHECK((file_text(photographs.path()) == text));
  }
}

TEST_CASE("a partial file that is no beginning of a cache is begun anew") {
  Photographs photographs;
  put_file(photographs.partial(), std::string(100, '\0'));
  CHECK(photographs.extract().size() == 9);
  CHECK(photographs.folder.file_count() == 10);
}

TEST_CASE("a hostile cache is refused, naming the tensor or the text") {
  Photographs photographs;
  photographs.extract();
  using Tensors = std::map<std::string, TensorInfo>;
  const auto with_tensor = [&](const std::string& name, const TensorInfo& info) {
    return changed_error(photographs, [&](SafetensorsWriter&, Tensors& tensors) { tensors[name] = info; });
  };
  const auto with_text = [&](const std::string& key, const std::string& text) {
    return changed_error(photographs, [&](SafetensorsWriter& writer, Tensors&) { writer.set_metadata(key, text); });
  };
  CHECK(contains(with_text("format", "pupil captioner 1"), "not a cache of features"));
  CHECK(contains(with_text("image_size", "-4"), "image_size is \"-4\""));
  CHECK(contains(with_text("image_size", "99999999999999999999"), "image_size"));
  CHECK(contains(with_text("kind", "grid"), "tensor \"features\" has the shape [9, 3]"));
  CHECK(contains(with_text("flips", "yes"), "tensor \"features\" has the shape [9, 3]"));
  CHECK(contains(with_tensor("features", {.dtype = Dtype::F32, .shape = {}}), "tensor \"features\""));
  CHECK(contains(with_tensor("features", {.dtype = Dtype::F32, .shape = {0, 3}}), "tensor \"features\""));
  CHECK(contains(with_tensor("features", {.dtype = Dtype::F32, .shape = {9, 0}}), "tensor \"features\""));
  CHECK(contains(with_tensor("features", {.dtype = Dtype::F64, .shape = {9, 3}}), "tensor \"features\" is F64"));
  CHECK(contains(with_tensor("features", {.dtype = Dtype::F32, .shape = {8, 3}}), "features of 8 images"));
  CHECK(contains(with_tensor("names", {.dtype = Dtype::U8, .shape = {8}}), "names"));
  CHECK(contains(with_tensor("names", {.dtype = Dtype::I8, .shape = {9}}), "tensor \"names\" is I8"));
  CHECK(contains(with_tensor("reasons", {.dtype = Dtype::U8, .shape = {9, 100}}), "tensor \"reasons\""));
  CHECK(contains(with_tensor("checks", {.dtype = Dtype::U64, .shape = {8}}), "tensor \"checks\""));
  CHECK(contains(with_tensor("checks", {.dtype = Dtype::U64, .shape = {3, 3}}), "tensor \"checks\""));
  const auto without = [&](const std::string& name) {
    return changed_error(photographs, [&](SafetensorsWriter&, Tensors& tensors) { tensors.erase(name); });
  };
  for (const std::string name : {"features", "names", "reasons", "checks"}) {
    CHECK(contains(without(name), "tensor \"" + name + "\" is not in this file"));
  }
}

TEST_CASE("a build that was broken off is no cache under another name either") {
  Photographs photographs;
  photographs.break_off_after(2);
  CHECK(error_of<FileError>([&] { FeatureCache cache(photographs.partial()); }) ==
        photographs.partial().string() + ": not finished, the features of 7 of 9 images are still to come");
}

TEST_CASE("no readable image at all is an error that says why the first is not, and nothing is left") {
  Photographs photographs;
  photographs.names = {"image 6.png", "gone.png"};
  CHECK(photographs.error() ==
        photographs.folder.path().string() + ": none of the 2 images can be read (image 6.png: empty file)");
  photographs.names.clear();
  CHECK(photographs.error() == photographs.folder.path().string() + ": none of the 0 images can be read");
  CHECK(photographs.batches.empty());
  CHECK(photographs.folder.file_count() == 9);
}

TEST_CASE("a disk too full for a cache is an error that names it, and nothing is left") {
  Photographs photographs;
  std::string error;
  {
    const FileSizeLimit limit(1000);
    error = photographs.error();
  }
  CHECK(error == photographs.path().string() + ": cannot write: File too large");
  CHECK(photographs.folder.file_count() == 9);
}

TEST_CASE("options out of range, and a shape that is not that of its kind, are errors") {
  Photographs photographs;
  SUBCASE("batch size") { photographs.options.batch_size = 0; }
  SUBCASE("image size") { photographs.options.description.image_size = 0; }
  SUBCASE("type") { photographs.options.description.dtype = Dtype::F64; }
  SUBCASE("kind") { photographs.options.description.kind = "logits"; }
  SUBCASE("shape") { photographs.options.description.shape = {1, 1, 3}; }
  CHECK_THROWS_AS(photographs.extract(), OptionError);
  CHECK(photographs.folder.file_count() == 9);
}

TEST_CASE("the cache does not depend on the number of threads") {
  Photographs photographs;
  const int threads = num_threads();
  set_num_threads(1);
  photographs.extract();
  const std::string with_one = file_text(photographs.path());
  std::filesystem::remove(photographs.path());
  set_num_threads(3);
  photographs.extract();
  set_num_threads(threads);
  CHECK((file_text(photographs.path()) == with_one));
}
