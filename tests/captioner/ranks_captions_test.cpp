// What several processes caption, score and encode together: the result is that of one.

#include <regex>
#include <string>
#include <utility>

#include "pretrained_program.hpp"
#include "ranks.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

TEST_CASE("of a split that several ranks caption, scores and files are those of one, drawn captions too") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data", 90);  // so that the train split has more batches than one rank captions in a round
  put_file(folder / "data" / "Images" / "scene_00001.jpg", "no image");
  const Arguments evaluation{"evaluate", "--run", trained().run.string(), "--data", (folder / "data").string(),
                             "--split",  "train", "--allow-trained"};
  const auto json = (folder / "scores.json").string();
  for (const Arguments& search : {Arguments{"--beam", "2"}, Arguments{"--sample", "--captions", "2"}}) {
    CAPTURE(search.front());
    const Arguments arguments = evaluation + search + Arguments{"--json", json};
    const Finished one = run_program(arguments);
    REQUIRE(one.status == 0);
    const std::string file_of_one = file_text(json);
    fs::remove(json);
    const Finished several = run_ranks_of(as_ranks(3, arguments));
    CAPTURE(several.err);
    CHECK(several.status == 0);
    CHECK(several.out == one.out);
    CHECK((file_text(json) == file_of_one));
    const auto said = several.err.find("skipped: ");
    CHECK(said != std::string::npos);
    CHECK(several.err.find("skipped: ", said + 1) == std::string::npos);
  }
}

TEST_CASE("ranks that evaluate other captioners, or other images, are named") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  make_scenes(folder / "fewer", 40);
  const auto other = copy_of(trained().run, folder / "other");
  std::string model = file_text(other / "model.safetensors");
  model.back() = static_cast<char>(model.back() ^ 1);  // of a weight
  put_file(other / "model.safetensors", model);
  const auto evaluate = [](const fs::path& run, const fs::path& data) {
    return Arguments{"evaluate", "--run", run.string(), "--data", data.string(), "--split", "train", "--allow-trained"};
  };
  const auto data = folder / "data";
  const Finished captioners = run_ranks_of(each_rank({evaluate(trained().run, data), evaluate(other, data)}));
  CAPTURE(captioners.err);
  CHECK(captioners.status == 2);
  CHECK(contains(captioners.err, "captioner: rank 0: rank 1 has captioner "));
  const Finished images = run_ranks_of(each_rank({evaluate(other, data), evaluate(other, folder / "fewer")}));
  CAPTURE(images.err);
  CHECK(images.status == 2);
  CHECK(contains(images.err, "captioner: rank 0: rank 1 has images of the split "));
}

TEST_CASE("several ranks caption what one would, in its order, with its drawn captions and its faults") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data", 150);  // more than two ranks caption in a round
  const fs::path images = folder / "data" / "Images";
  put_file(images / "scene_00003.jpg", "no image");
  const Arguments plain{"caption", "--run", trained().run.string(), images.string()};
  for (const Arguments& search : {Arguments{"--beam", "2"}, Arguments{"--sample", "--seed", "3", "--captions", "2"}}) {
    CAPTURE(search.front());
    const Finished one = run_program(plain + search);
    CHECK(one.status == 1);
    const Finished several = run_ranks_of(as_ranks(2, plain + search));
    CHECK(several.status == 1);
    CHECK((several.out == one.out));
    CHECK(contains(several.err, "scene_00003.jpg: "));
  }
}

TEST_CASE("several ranks go on with the output of one, and one with theirs") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data", 90);
  const fs::path images = folder / "data" / "Images";
  const auto captions_into = [&](const std::string& out, const std::string& of) {
    return Arguments{"caption", "--run", trained().run.string(), "--out", (folder / out).string(), of};
  };
  REQUIRE(run_program(captions_into("one.csv", images.string())).status == 0);

  const Arguments first = captions_into("turns.csv", (images / "scene_00070.jpg").string());
  REQUIRE(run_program(first).status == 0);
  const Finished two = run_ranks_of(as_ranks(2, captions_into("turns.csv", images.string())));
  CAPTURE(two.err);
  CHECK(two.status == 0);
  CHECK(contains(two.out, "captioned 89 images; 1 was done"));
  const Finished again = run_program(captions_into("turns.csv", images.string()));
  CHECK(contains(again.out, "captioned 0 images; 90 were done"));
  CHECK((file_text(folder / "turns.csv") == file_text(folder / "one.csv")));
}

TEST_CASE("ranks that would caption otherwise are named") {
  if (!has_ranks()) return;
  const Arguments two_beams{"caption", "--run", trained().run.string(), "--beam", "2", trained().image(0)};
  const Finished finished = run_ranks_of(each_rank({two_beams, with(two_beams, "--beam", "3")}));
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "captioner: rank 0: rank 1 has captioner and search "));
  CHECK(finished.out.empty());
}

TEST_CASE("a dry run by several ranks says once what is to do") {
  if (!has_ranks()) return;
  const Arguments dry{"caption", "--run", trained().run.string(), "--dry-run", trained().image(0)};
  const Finished finished = run_ranks_of(as_ranks(2, dry));
  CHECK(finished.status == 0);
  CHECK(finished.out == "caption\t" + trained().image(0) + "\n");
}

TEST_CASE("the features that several ranks make are the file of one, mirrored and unreadable images too") {
  if (!has_ranks()) return;
  const PretrainedData pretrained;
  put_file(pretrained.data / "Images" / "scene_00005.jpg", "no image");
  const auto features_into = [&](const std::string& out) {
    return Arguments{"features",
                     "--weights",
                     pretrained.weights.string(),
                     "--data",
                     pretrained.data.string(),
                     "--image-size",
                     "32",
                     "--kind",
                     "grid",
                     "--flips",
                     "--batch-size",
                     "4",
                     "--out",
                     (pretrained.folder / out).string()};
  };
  const Finished one = run_program(features_into("one"));
  REQUIRE(one.status == 0);
  const Finished several = run_ranks_of(as_ranks(3, features_into("three")));
  CAPTURE(several.err);
  CHECK(several.status == 0);
  CHECK((file_text(pretrained.folder / "three") == file_text(pretrained.folder / "one")));
  CHECK(contains(several.err, "skipped 1 image that cannot be read"));
  // What is there is opened, by several too.
  CHECK(run_ranks_of(as_ranks(2, features_into("one"))).out == one.out);
}

TEST_CASE("ranks that make other features are named, and nothing is written") {
  if (!has_ranks()) return;
  const PretrainedData pretrained;
  const fs::path out = pretrained.folder / "two";
  const Arguments plain = pretrained.slow_extraction(out);
  const Finished finished = run_ranks_of(each_rank({plain, with(plain, "--image-size", "64")}));
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "captioner: rank 0: rank 1 has --image-size 64, rank 0 has --image-size 32\n"));
  CHECK_FALSE(fs::exists(out));
  CHECK_FALSE(fs::exists(out.string() + ".partial"));
}

TEST_CASE("a benchmark by several ranks is of one step that they share, and says what gradients cost") {
  if (!has_ranks()) return;
  const Arguments plain{"bench", "--image-size", "32", "--batch-size", "4", "--repeats", "1"};
  const Finished finished = run_ranks_of(as_ranks(2, plain + Arguments{"--only", "train-end-to-end"}));
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(
      std::regex_match(finished.out, std::regex("train-end-to-end +float32 +threads=.* image/s  ranks=2: [0-9.]+ % for "
                                                "gradients, [0-9.]+ % where they are sent after backward\n")));
  const Finished all = run_ranks_of(as_ranks(2, plain));
  CHECK(all.status == 2);
  CHECK(contains(all.err, "several ranks time --only train-end-to-end"));
  const Finished odd =
      run_ranks_of(as_ranks(2, with(plain, "--batch-size", "5") + Arguments{"--only", "train-end-to-end"}));
  CHECK(odd.status == 2);
  CHECK(contains(odd.err, "2 ranks cannot share out --batch-size 5 equally"));
}

TEST_CASE("a command that is not shared out is refused, once, and does nothing") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  const Finished finished = run_ranks_of(as_ranks(2, {"scenes", "--out", (folder / "data").string()}));
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "captioner: rank 0: scenes works as one process, and here are 2"));
  CHECK_FALSE(contains(finished.err, "captioner: rank 1: "));
  CHECK_FALSE(fs::exists(folder / "data"));
}
