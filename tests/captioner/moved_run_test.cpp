#include <algorithm>

#include <pupil/data/flickr8k.hpp>

#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Makes another folder the current one, for programs that are started then.
class CurrentFolder {
 public:
  explicit CurrentFolder(const fs::path& folder) : before_(fs::current_path()) { fs::current_path(folder); }
  CurrentFolder(const CurrentFolder&) = delete;
  CurrentFolder& operator=(const CurrentFolder&) = delete;
  ~CurrentFolder() { fs::current_path(before_); }

 private:
  fs::path before_;
};

/// A run of two epochs whose data was named from the folder it was started in.
struct RelativeRun {
  TemporaryFolder folder;

  RelativeRun() {
    make_scenes(folder / "project/data");
    fs::create_directory(folder / "project/here");
    const CurrentFolder current(folder / "project/here");
    const Finished finished = run_program(tiny_training("../data/", "run/"));
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  static Finished resume(const fs::path& run, const Arguments& more = {}) {
    return run_program(Arguments{"train", "--out", run.string(), "--resume", "--epochs", "3"} + more);
  }
};

void check_went_on(const Finished& finished) {
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "epoch 3: loss"));
}

}  // namespace

TEST_CASE("a run is resumed from any folder") {
  if (!has_program()) return;
  const RelativeRun run;
  const CurrentFolder current(run.folder.path());
  check_went_on(RelativeRun::resume("project/here/run"));
}

TEST_CASE("a run that was moved, alone or with its data, finds them") {
  if (!has_program()) return;
  const RelativeRun run;
  SUBCASE("alone") {
    fs::rename(run.folder / "project/here/run", run.folder / "run");
    check_went_on(RelativeRun::resume(run.folder / "run"));
  }
  SUBCASE("with its data") {
    fs::rename(run.folder / "project", run.folder / "moved");
    check_went_on(RelativeRun::resume(run.folder / "moved/here/run"));
  }
}

TEST_CASE("data that were moved, or copied to another time, are the same where --data names them") {
  if (!has_program()) return;
  const RelativeRun run;
  const auto runs = run.folder / "project/here/run";
  fs::create_directory(run.folder / "data");
  fs::copy(run.folder / "project/data", run.folder / "data", fs::copy_options::recursive);
  fs::remove_all(run.folder / "project/data");
  check_refused(RelativeRun::resume(runs), {(run.folder / "project/data").string(), "--data"});
  {
    const CurrentFolder current(run.folder.path());
    check_went_on(RelativeRun::resume(runs, {"--data", "./data"}));
  }
  const Finished again = run_program({"train", "--out", runs.string(), "--resume"});  // and they are remembered
  CAPTURE(again.err);
  CHECK(again.status == 0);
}

TEST_CASE("data that changed are refused, saying what changed, and the run stays as it is") {
  if (!has_program()) return;
  const RelativeRun run;
  const auto runs = run.folder / "project/here/run";
  const auto data = run.folder / "project/data";
  const CaptionedImages samples = read_flickr8k(data);
  const std::string train = samples[Split::train][3].image, dev = samples[Split::dev][0].image;
  const std::string before = file_text(runs / "checkpoint.safetensors");
  const std::string captions = file_text(data / "captions.txt");
  std::string change;
  SUBCASE("a train image") {
    put_file(data / "Images" / train, file_text(data / "Images" / dev));
    change = "1 train image has changed (" + train + ")";
  }
  SUBCASE("an image less") {
    fs::remove(data / "Images" / train);
    change = "1 train image is gone";
  }
  SUBCASE("an image more") {
    std::string added = "new_0.jpg";
    while (hashed_split(added, 0) != Split::train) added.insert(4, "0");
    fs::copy(data / "Images" / dev, data / "Images" / added);
    put_file(data / "captions.txt", captions + added + ",A red circle .\n");
    change = "1 train image is new (" + added + ")";
  }
  SUBCASE("a caption of the same words") {
    put_file(data / "captions.txt", captions + train + "," + samples[Split::train][3].captions[0] + "\n");
    change = "the train images' captions";
  }
  SUBCASE("a dev image") {
    put_file(data / "Images" / dev, file_text(data / "Images" / train));
    change = "the dev images are others";
  }
  const Finished refused = RelativeRun::resume(runs);
  CAPTURE(refused.err);
  CHECK(refused.status == 2);
  CHECK(contains(lines_of(refused.err).back(), data.string() + ": not the data that the run in " + runs.string()));
  CHECK(contains(lines_of(refused.err).back(), change));
  CHECK((file_text(runs / "checkpoint.safetensors") == before));
}

TEST_CASE("features that were moved are named by --features, and others are refused") {
  if (!has_program()) return;
  const PretrainedData pretrained;
  const auto run = pretrained.folder / "run";
  Arguments arguments = pretrained.frozen_training(run) + Arguments{"--schedule", "plateau"};
  REQUIRE(run_program(arguments).status == 0);
  const auto moved = pretrained.folder / "moved.safetensors", other = pretrained.folder / "other.safetensors";
  pretrained.extract(pretrained.weights, other, {"--save-precision", "bf16"});
  fs::rename(pretrained.features, moved);
  check_refused(RelativeRun::resume(run), {pretrained.features.string()});
  check_refused(RelativeRun::resume(run, {"--features", other.string()}), {run.string(), "the features are others"});
  check_went_on(RelativeRun::resume(run, {"--features", moved.string(), "--weights", pretrained.weights.string()}));
}
