#include <pupil/data/flickr8k.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

Arguments scenes(const std::filesystem::path& out, const Arguments& more = {}) {
  return Arguments{"scenes", "--out", out.string(), "--count", "6", "--seed", "2", "--image-size", "32"} + more;
}

/// The bytes of every file below a folder.
std::vector<std::string> all_bytes(const std::filesystem::path& folder) {
  std::vector<std::string> bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      bytes.push_back(std::filesystem::relative(entry.path(), folder).string() + "\n" + file_text(entry.path()));
    }
  }
  std::sort(bytes.begin(), bytes.end());
  return bytes;
}

}  // namespace

TEST_CASE("scenes writes a data set in Kaggle's form, five captions a picture") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const Finished finished = run_program(scenes(folder / "data"));
  CHECK(finished.status == 0);
  CHECK(finished.err.empty());
  CHECK(contains(finished.out, "6 pictures"));
  const CaptionedImages data = read_flickr8k(folder / "data");
  std::size_t pictures = 0;
  for (const auto& split : data.samples) {
    pictures += split.size();
    for (const Sample& sample : split) CHECK(sample.captions.size() == 5);
  }
  CHECK(pictures == 6);
}

TEST_CASE("the same seed writes the same bytes, another seed others") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  REQUIRE(run_program(scenes(folder / "a")).status == 0);
  REQUIRE(run_program(scenes(folder / "b")).status == 0);
  REQUIRE(run_program({"scenes", "--out", (folder / "c").string(), "--count", "6", "--seed", "9", "--image-size", "32"})
              .status == 0);
  CHECK(all_bytes(folder / "a") == all_bytes(folder / "b"));
  CHECK(all_bytes(folder / "a") != all_bytes(folder / "c"));
}

TEST_CASE("scenes are not written over what is there, unless --overwrite says so") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto data = folder / "data";
  REQUIRE(run_program(scenes(data)).status == 0);
  const auto before = all_bytes(data);
  check_refused(run_program(scenes(data)), {data.string(), "not empty"});
  CHECK(all_bytes(data) == before);
  CHECK(run_program(scenes(data, {"--overwrite"})).status == 0);
  CHECK(all_bytes(data) == before);
}

TEST_CASE("a count or size that cannot be drawn, or a place that cannot be written, is refused") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  check_refused(run_program({"scenes", "--out", (folder / "a").string(), "--count", "0"}), {"count", "0"});
  check_refused(run_program({"scenes", "--out", (folder / "a").string(), "--image-size", "-3"}), {"-3"});
  CHECK_FALSE(std::filesystem::exists(folder / "a"));
  put_file(folder / "file", "text");
  check_refused(run_program(scenes(folder / "file")), {(folder / "file").string()});
  check_refused(run_program(scenes(folder / "file" / "below")), {(folder / "file").string()});
}
