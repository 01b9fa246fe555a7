#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include <unistd.h>

#include <pupil/io/file_lock.hpp>

#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

void wait_until(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// A training that does not come to an end by itself.
Arguments endless_training(const fs::path& data, const fs::path& run) {
  Arguments arguments = tiny_training(data, run);
  *(std::find(arguments.begin(), arguments.end(), "--epochs") + 1) = "100000";
  return arguments + Arguments{"--patience", "0"};
}

}  // namespace

TEST_CASE("a run folder in which a training runs is refused in every way, and the training goes on undisturbed") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto run = folder / "run";
  Running training(endless_training(folder / "data", run));
  wait_until([&] { return fs::exists(run / "checkpoint.safetensors") || training.ended(); });
  REQUIRE_FALSE(training.ended());
  const std::string settings = file_text(run / "settings.json");
  const Arguments again = tiny_training(folder / "data", run);
  const std::string who = "a training is running there (process ";
  check_refused(run_program(again), {run.string(), who});
  check_refused(run_program(again + Arguments{"--overwrite"}), {run.string(), who});
  check_refused(run_program({"train", "--out", run.string(), "--resume"}), {run.string(), who});
  fs::create_symlink("run", folder / "link");
  check_refused(run_program(tiny_training(folder / "data", folder / "link") + Arguments{"--overwrite"}), {who});
  CHECK(file_text(run / "settings.json") == settings);
  CHECK(run_program({"evaluate", "--run", run.string(), "--data", (folder / "data").string()}).status == 0);
  CHECK_FALSE(training.ended());

  training.send(SIGKILL);
  training.finish();
  const Finished resumed = run_program(again + Arguments{"--overwrite"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
  CHECK_FALSE(fs::exists(run / ".lock"));
}

TEST_CASE("of two trainings that begin in the same new folder at once, one is refused and the other is whole") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto run = folder / "run";
  Running first(endless_training(folder / "data", run)), second(endless_training(folder / "data", run));
  wait_until([&] { return first.ended() || second.ended(); });
  Running& refused = first.ended() ? first : second;
  Running& at_work = first.ended() ? second : first;
  check_refused(refused.finish(), {run.string(), "a training is running there"});
  wait_until([&] { return fs::exists(run / "checkpoint.safetensors") || at_work.ended(); });
  at_work.send(SIGTERM);
  CHECK(at_work.finish().status == 143);
}

TEST_CASE("features that another process is making are refused, and those that are finished are not") {
  if (!has_program()) return;
  const PretrainedData pretrained;
  const auto out = pretrained.folder / "more.safetensors";
  const Arguments command = pretrained.slow_extraction(out);
  {
    // Another process that is at work for as long as this needs: the test itself.
    const std::string activity = "another process is making these features";
    const FileLock lock = lock_output(out, activity);
    const std::string who = activity + " (process " + std::to_string(::getpid());
    check_refused(run_program(command), {out.string(), who});
    check_refused(run_program(command + Arguments{"--overwrite"}), {out.string(), who});
  }
  REQUIRE(run_program(command).status == 0);
  CHECK(run_program(command).status == 0);
  CHECK_FALSE(fs::exists(out.string() + ".lock"));
}

TEST_CASE("a run in a folder that may only be read can be evaluated and captions pictures") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  fs::permissions(run, fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(run_program({"evaluate", "--run", run.string(), "--data", trained().data.string()}).status == 0);
  CHECK(run_program({"caption", "--run", run.string(), trained().image(0)}).status == 0);
  fs::permissions(run, fs::perms::owner_all);
}
