#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include <pupil/data/image_cache.hpp>

#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Lets the program work until something is so, then sends the signal. Returns how it ended.
Finished stop_when(const Arguments& arguments, int signal, const std::function<bool()>& is_so) {
  Running program(arguments);
  while (!is_so() && !program.ended()) std::this_thread::sleep_for(std::chrono::microseconds(200));
  program.send(signal);
  return program.finish();
}

/// Data whose decoding takes long enough to be interrupted.
struct LargeScenes {
  TemporaryFolder folder;
  fs::path data = folder / "data";
  fs::path run = folder / "run";

  LargeScenes() {
    const Finished finished =
        run_program({"scenes", "--out", data.string(), "--count", "100", "--seed", "2", "--image-size", "256"});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  Arguments training() const { return tiny_training(data, run); }
};

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

const std::set<std::string> finished_run{"checkpoint.safetensors", "history.csv", "images.safetensors",
                                         "model.safetensors", "settings.json"};

}  // namespace

TEST_CASE("decoding that is interrupted leaves nothing, says so by its status, and the same command works again") {
  if (!has_program()) return;
  const LargeScenes scenes;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    const Finished finished = stop_when(scenes.training(), signal, [&] { return fs::exists(scenes.run / ".lock"); });
    CAPTURE(finished.err);
    CHECK(finished.status == 128 + signal);
    CHECK(finished.err == "captioner: interrupted\n");
    CHECK_FALSE(fs::exists(scenes.run));
  }
  CHECK(run_program(scenes.training()).status == 0);
  CHECK(names_in(scenes.run) == finished_run);
}

TEST_CASE("decoding that is killed is in nobody's way, and nothing is left of it by the next start") {
  if (!has_program()) return;
  const LargeScenes scenes;
  CHECK(stop_when(scenes.training(), SIGKILL, [&] { return fs::exists(scenes.run / ".lock"); }).status == -1);
  REQUIRE(fs::exists(scenes.run));
  put_file(scenes.run / "images.safetensors.12345-0.tmp", "as a system without nameless files leaves it");
  put_file(scenes.run / "settings.json.12345-1.tmp", "and this");
  const Finished again = run_program(scenes.training());
  INFO(again.err);
  CHECK(again.status == 0);
  CHECK(names_in(scenes.run) == finished_run);
}

TEST_CASE("--resume, --overwrite and a cache folder are rid of what was left, too") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto cache = trained.folder / "cache";
  fs::create_directory(cache);
  const Arguments command = tiny_training(trained.data, trained.run);
  for (const Arguments& more : {Arguments{"--resume"}, Arguments{"--overwrite", "--cache", cache.string()}}) {
    put_file(trained.run / "model.safetensors.12345-0.tmp", "x");
    put_file(cache / "images-32.safetensors.12345-0.tmp", "x");
    CHECK(run_program(command + more).status == 0);
    CHECK(names_in(trained.run) == finished_run);
  }
  CHECK(names_in(cache) == std::set<std::string>{"images-32.safetensors"});
}

TEST_CASE("a decoding that another process has begun in the same cache is waited for, and used") {
  if (!has_program()) return;
  const LargeScenes scenes;
  const Arguments with_cache{"--cache", (scenes.folder / "cache").string()};
  Running first(scenes.training() + with_cache);
  const auto is_decoding = [&] {
    return fs::exists(scenes.folder / "cache") &&
           std::ranges::any_of(names_in(scenes.folder / "cache"),
                               [](const std::string& name) { return name.ends_with(".lock"); });
  };
  while (!is_decoding() && !first.ended()) std::this_thread::sleep_for(std::chrono::microseconds(200));
  Arguments other = scenes.training() + with_cache;
  *(std::find(other.begin(), other.end(), "--out") + 1) = (scenes.folder / "other").string();
  const Finished second = run_program(other);
  CAPTURE(second.err);
  CHECK(second.status == 0);
  CHECK(first.finish().status == 0);
  CHECK((file_text(scenes.run / "model.safetensors") == file_text(scenes.folder / "other/model.safetensors")));
  CHECK(names_in(scenes.folder / "cache").size() == 1);
}

TEST_CASE("features that are interrupted go on with the same command, and leave nothing where none were finished") {
  if (!has_program()) return;
  const PretrainedData pretrained;
  const auto out = pretrained.folder / "more.safetensors";
  const Arguments command = pretrained.slow_extraction(out);
  const Finished early = stop_when(command, SIGINT, [&] { return fs::exists(out.string() + ".lock"); });
  CAPTURE(early.err);
  CHECK(early.status == 130);
  CHECK_FALSE(fs::exists(out.string() + ".lock"));
  CHECK_FALSE(fs::exists(out));
  const Finished again = run_program(command);
  INFO(again.err);
  CHECK(again.status == 0);
  CHECK_FALSE(fs::exists(out.string() + ".partial"));
}

TEST_CASE("scenes that are interrupted leave nothing, and those that were killed are begun again") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto out = folder / "scenes";
  const Arguments command{"scenes", "--out", out.string(), "--count", "200", "--seed", "1", "--image-size", "96"};
  const auto has_begun = [&] { return fs::exists(out / "Images/scene_00002.jpg"); };
  CHECK(stop_when(command, SIGINT, has_begun).status == 130);
  CHECK_FALSE(fs::exists(out));
  CHECK(stop_when(command, SIGKILL, has_begun).status == -1);
  CHECK(run_program(command).status == 0);
  CHECK(names_in(out) == std::set<std::string>{"Images", "captions.txt"});
}

TEST_CASE("an evaluation that is interrupted leaves nothing of its scores") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto scores = folder / "scores.json";
  const Arguments command{"evaluate",
                          "--run",
                          trained().run.string(),
                          "--data",
                          trained().data.string(),
                          "--split",
                          "train",
                          "--beam",
                          "20",
                          "--max-length",
                          "500",
                          "--threads",
                          "1",
                          "--json",
                          scores.string()};
  const Finished finished = stop_when(command, SIGINT, [&] { return fs::exists(scores.string() + ".lock"); });
  CHECK(finished.status == 130);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a training that is stopped while it scores goes on with the same command and ends with the same bytes") {
  if (!has_program()) return;
  const TrainedRun whole;
  const auto run = whole.folder / "stopped";
  // The history is written when an epoch was scored: stopped soon after it, the next epoch or its scoring is at work.
  const auto command = tiny_training(whole.data, run);
  const Finished stopped = stop_when(command, SIGTERM, [&] { return fs::exists(run / "history.csv"); });
  CAPTURE(stopped.err);
  if (stopped.status != 0) CHECK(stopped.status == 143);
  CHECK(run_program(command + Arguments{"--resume"}).status == 0);
  CHECK((file_text(run / "model.safetensors") == file_text(whole.run / "model.safetensors")));
  CHECK(names_in(run) == finished_run);
}
