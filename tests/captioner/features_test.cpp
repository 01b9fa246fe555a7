#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <pupil/data/feature_cache.hpp>

#include "pretrained.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// A folder for a cache, and the commands that make it.
struct Caches {
  TemporaryFolder folder;
  fs::path out = folder / "features.safetensors";
  fs::path partial = folder / "features.safetensors.partial";

  Arguments command(const Arguments& more = {}, const std::string& size = "32",
                    const std::string& threads = "1") const {
    const Arguments arguments{"features", "--weights", pretrained().weights.string(), "--data",
                              pretrained().data.string()};
    return arguments + Arguments{"--out", out.string(), "--threads", threads, "--image-size", size} + more;
  }

  /// Runs the command, which must go well.
  FeatureCache made(const Arguments& more = {}, const std::string& size = "32",
                    const std::string& threads = "1") const {
    const Finished finished = run_program(command(more, size, threads));
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    REQUIRE_FALSE(fs::exists(partial));
    return FeatureCache(out);
  }

  /// Checks that the command is refused, and neither makes nor changes anything.
  void check_refused_untouched(const Arguments& arguments, const std::vector<std::string>& parts) const {
    const std::string before = fs::exists(out) ? file_text(out) : "";
    check_refused(run_program(arguments), parts);
    CHECK(((fs::exists(out) ? file_text(out) : "") == before));
    CHECK_FALSE(fs::exists(partial));
  }
};

/// How many images of a partial cache are finished; 0 where there is none yet.
std::int64_t finished_rows(const fs::path& partial) {
  try {
    const auto checks = SafetensorsFile(partial).read<std::uint64_t, 1>("checks");
    return checks.size() - std::count(checks.begin(), checks.end(), 0U);
  } catch (const FileError&) {
    return 0;
  }
}

}  // namespace

TEST_CASE("features keeps a row of every image, and what it was made by") {
  if (!has_program()) return;
  const Caches caches;
  const Finished finished = run_program(caches.command());
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  CHECK(finished.out == "pooled features [1280] of 20 images are in " + caches.out.string() + "\n");
  const FeatureCache cache(caches.out);
  CHECK(cache.description().encoder == "mobilenet_v2");
  CHECK(cache.description().image_size == 32);
  CHECK(cache.description().precision == "highest");
  CHECK(cache.size() == 20);
  const std::vector<FeatureView> views{{*cache.find("scene_00003.jpg")}, {*cache.find("scene_00004.jpg")}};
  const auto features = cache.read<2>(views);
  CHECK(*std::max_element(features.begin(), features.end()) > 0);
  CHECK_FALSE(std::equal(features.row(0), features.row(1), features.row(1)));
}

TEST_CASE("grids, flips and bf16 are kept when they are asked for") {
  if (!has_program()) return;
  const Caches pooled, grids;
  const FeatureCache whole = pooled.made({"--flips"});
  const FeatureCache grid =
      grids.made({"--kind", "grid", "--flips", "--save-precision", "bf16", "--batch-size", "7"}, "64");
  CHECK(grid.description().shape == std::vector<Index>{2, 2, 1280});
  CHECK(fs::file_size(grids.out) > 20 * 2 * 4 * 1280 * 2);
  CHECK(fs::file_size(grids.out) < 20 * 2 * 4 * 1280 * 2.1);
  const std::vector<FeatureView> views{{0, false}, {0, true}};
  CHECK(grid.read<4>(views).shape() == Shape{2, 2, 2, 1280});
  const auto two = whole.read<2>(views);
  CHECK_FALSE(std::equal(two.row(0), two.row(1), two.row(1)));
}

TEST_CASE("the same features come from any number of threads, and nearly so from any size of batch") {
  if (!has_program()) return;
  const Caches one, two, small;
  const FeatureCache cache = one.made();
  two.made({}, "32", "2");
  CHECK((file_text(one.out) == file_text(two.out)));
  const FeatureCache of_small = small.made({"--batch-size", "3"});
  const std::vector<FeatureView> views{{0}, {19}};
  const auto a = cache.read<2>(views), b = of_small.read<2>(views);
  for (Index i = 0; i < a.size(); ++i) REQUIRE(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
}

TEST_CASE("a finished cache is found as it is") {
  if (!has_program()) return;
  const Caches caches;
  caches.made();
  const auto time = fs::last_write_time(caches.out);
  caches.made();
  CHECK(fs::last_write_time(caches.out) == time);
}

TEST_CASE("features that were killed, again and again, go on and end with the same bytes") {
  if (!has_program()) return;
  const Caches whole, killed;
  const Arguments one_by_one{"--batch-size", "1"};
  whole.made(one_by_one);
  int kills = 0;
  for (const std::int64_t goal : {2, 5, 11}) {
    Running program(killed.command(one_by_one));
    while (finished_rows(killed.partial) < goal && !program.ended()) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    program.send(SIGKILL);
    if (program.finish().status == -1) ++kills;
  }
  REQUIRE(kills > 0);
  killed.made(one_by_one);
  CHECK((file_text(killed.out) == file_text(whole.out)));
}

TEST_CASE("a cache of other weights, another kind, size or list of images is refused, naming both, and stays") {
  if (!has_program()) return;
  const Caches caches;
  caches.made();
  const std::string file = caches.out.string();
  caches.check_refused_untouched(with(caches.command(), "--weights", pretrained().other_weights.string()),
                                 {file, "weights", "not"});
  caches.check_refused_untouched(caches.command({"--kind", "grid"}), {file, "\"pooled\", not \"grid\""});
  caches.check_refused_untouched(caches.command({"--flips"}), {file, "flips \"no\", not \"yes\""});
  caches.check_refused_untouched(caches.command({"--save-precision", "bf16"}), {file, "\"F32\", not \"BF16\""});
  caches.check_refused_untouched(with(caches.command(), "--image-size", "64"), {file, "image_size \"32\", not \"64\""});
  const auto data = copy_of(pretrained().data, caches.folder / "data");
  fs::remove(data / "Images" / "scene_00007.jpg");
  const Finished fewer = run_program(with(caches.command(), "--data", data.string()));
  CHECK(fewer.status == 2);
  CHECK(contains(lines_of(fewer.err).back(), file + ": holds features of images \"20 images, "));
  CHECK(contains(lines_of(fewer.err).back(), "not \"19 images, "));
  put_file(caches.out, "a text of mine");
  caches.check_refused_untouched(caches.command(), {file});
  caches.made({"--overwrite"});
}

TEST_CASE("weights that are absent, cut short, of another network or of none are refused, and nothing is left") {
  if (!has_program()) return;
  const Caches caches;
  const auto bad = caches.folder / "bad.safetensors";
  const Arguments command = with(caches.command(), "--weights", bad.string());
  caches.check_refused_untouched(command, {bad.string()});
  const std::string whole = file_text(pretrained().weights);
  for (const std::size_t size : {std::size_t{0}, std::size_t{300}, whole.size() / 2, whole.size() - 1}) {
    put_file(bad, std::string_view(whole).substr(0, size));
    caches.check_refused_untouched(command, {bad.string()});
  }
  const Tensor<float, 1> values({2});
  SafetensorsWriter writer;
  writer.add("values", values);
  writer.write(bad);
  caches.check_refused_untouched(command, {bad.string()});
  caches.check_refused_untouched(caches.command({"--encoder", "resnet50"}),
                                 {pretrained().weights.string(), "mobilenet_v2", "resnet50"});
}

TEST_CASE("data that are absent, a folder that is not there and a full disk are refused, and nothing is left") {
  if (!has_program()) return;
  const Caches caches;
  const auto absent = (caches.folder / "absent").string();
  caches.check_refused_untouched(with(caches.command(), "--data", absent), {absent});
  caches.check_refused_untouched(with(caches.command(), "--out", absent + "/features"), {absent});
  check_refused(run_program(caches.command(), 50'000), {caches.out.string(), "File too large"});
  CHECK(caches.folder.file_count() == 0);
}

TEST_CASE("images that cannot be read are named and left out; where none can, nothing is left") {
  if (!has_program()) return;
  const Caches caches;
  const auto data = copy_of(pretrained().data, caches.folder / "data");
  put_file(data / "Images" / "scene_00004.jpg", "x");
  const Arguments command = with(caches.command(), "--data", data.string());
  const Finished finished = run_program(command);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "skipped 1 image that cannot be read"));
  CHECK(contains(finished.err, "scene_00004.jpg: not a JPEG"));
  CHECK(contains(finished.out, "of 19 images"));
  CHECK(FeatureCache(caches.out).find("scene_00004.jpg") == std::nullopt);
  fs::remove(caches.out);
  for (const auto& entry : fs::directory_iterator(data / "Images")) put_file(entry.path(), "x");
  caches.check_refused_untouched(command, {"none of the 20 images can be read"});
}

TEST_CASE("options out of range are refused by name") {
  if (!has_program()) return;
  const Caches caches;
  check_refused(run_program(caches.command({"--kind", "logits"})), {"--kind", "logits"});
  check_refused(run_program(caches.command({"--batch-size", "0"})), {"--batch-size", "0"});
  check_refused(run_program(caches.command({"--save-precision", "fp8"})), {"--save-precision", "fp8"});
  check_refused(run_program(caches.command({"--encoder", "vgg"})), {"--encoder", "vgg"});
  check_refused(run_program({"features", "--data", "d", "--out", "f"}), {"--weights"});
}

TEST_CASE("features do not take the place of the weights that make them") {
  if (!has_program()) return;
  const Caches caches;
  std::filesystem::create_symlink(pretrained().weights, caches.out);
  caches.check_refused_untouched(caches.command({"--overwrite"}), {"--out", caches.out.string(), "is read"});
}
