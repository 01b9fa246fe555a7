#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include <pupil/io/safetensors.hpp>

#include "history.hpp"
#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// Three epochs of many small steps, with a checkpoint after each.
Arguments lengthened(Arguments arguments) {
  *(std::find(arguments.begin(), arguments.end(), "--epochs") + 1) = "3";
  *(std::find(arguments.begin(), arguments.end(), "--batch-size") + 1) = "2";
  return arguments + Arguments{"--checkpoint-every", "1"};
}

Arguments long_training(const std::filesystem::path& data, const std::filesystem::path& run) {
  return lengthened(tiny_training(data, run));
}

/// How many optimizer steps the run's checkpoint has seen; 0 where there is none.
std::int64_t steps_done(const std::filesystem::path& run) {
  const auto checkpoint = run / "checkpoint.safetensors";
  if (!std::filesystem::exists(checkpoint)) return 0;
  return SafetensorsFile(checkpoint).read<std::int64_t, 1>("adam.step")[0];
}

/// Lets the program train until it has made `steps` more steps, then sends the signal. False where the training was
/// over before.
bool stop_after(const Arguments& arguments, const std::filesystem::path& run, std::int64_t steps, int signal) {
  const std::int64_t goal = steps_done(run) + steps;
  Running program(arguments);
  while (steps_done(run) < goal) {
    if (program.ended()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  program.send(signal);
  const Finished finished = program.finish();
  CAPTURE(finished.err);
  CHECK(finished.status == (signal == SIGKILL ? -1 : 130));
  return finished.status != 0;
}

/// What the end of two equal trainings must agree in: the model, and the scores in the history.
std::string outcome(const std::filesystem::path& run) {
  std::string text = file_text(run / "model.safetensors");
  for (const HistoryRow& row : history_of(run)) {
    for (const auto& [name, value] : row) {
      if (name != "images_per_second" && name != "seconds") text += name + ' ' + value + '\n';
    }
  }
  return text;
}

/// Checks that a training that is killed again and again ends as one that is not. `before_last` is done before it goes
/// on for the last time.
void check_kills(
    const Arguments& whole_training, const std::filesystem::path& whole, const Arguments& killed_training,
    const std::filesystem::path& killed, const std::function<void()>& before_last = [] {}) {
  const Finished uninterrupted = run_program(whole_training);
  INFO(uninterrupted.err);
  REQUIRE(uninterrupted.status == 0);
  int kills = 0;
  for (const std::int64_t steps : {3, 7, 13, 5}) {
    if (stop_after(killed_training + Arguments{"--resume"}, killed, steps, SIGKILL)) ++kills;
  }
  REQUIRE(kills > 0);
  REQUIRE(steps_done(killed) < steps_done(whole));
  before_last();
  const Finished resumed = run_program({"train", "--out", killed.string(), "--resume", "--threads", "2"});
  INFO(resumed.err);
  REQUIRE(resumed.status == 0);
  CHECK((outcome(killed) == outcome(whole)));
}

/// The learning rate in the last row of the history.
double last_learning_rate(const std::filesystem::path& run) {
  return std::stod(history_of(run).back().at("learning_rate"));
}

}  // namespace

TEST_CASE("a run that is killed in the middle of an epoch, again and again, ends with the same bytes") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto whole = folder / "whole";
  const auto killed = folder / "killed";
  check_kills(long_training(folder / "data", whole), whole, long_training(folder / "data", killed), killed);
}

TEST_CASE("so does one with a frozen encoder, whose weights need not be there any more") {
  if (!has_program()) return;
  const PretrainedData pretrained({"--flips"});
  const auto whole = pretrained.folder / "whole";
  const auto killed = pretrained.folder / "killed";
  check_kills(lengthened(pretrained.frozen_training(whole)), whole, lengthened(pretrained.frozen_training(killed)),
              killed, [&] { std::filesystem::remove(pretrained.weights); });
}

TEST_CASE("so does one that is fine-tuned, with batch statistics in its state") {
  if (!has_program()) return;
  const FrozenRun frozen;
  const auto whole = frozen.folder / "whole";
  const auto killed = frozen.folder / "killed";
  const Arguments moving{"--no-freeze-statistics"};
  check_kills(lengthened(frozen.fine_tuning(whole)) + moving, whole, lengthened(frozen.fine_tuning(killed)) + moving,
              killed, [&] { std::filesystem::remove_all(frozen.run); });
}

TEST_CASE("so does one with averages of its weights, several batches a step, and inputs that are changed by chance") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto whole = folder / "whole";
  const auto killed = folder / "killed";
  const Arguments regularized{"--moving-average",     "0.99", "--accumulate",   "2",   "--word-dropout",   "0.2",
                              "--scheduled-sampling", "0.5",  "--weight-decay", "0.1", "--random-erasing", "0.5"};
  // Twice the captions, so that as many steps are left.
  const Arguments more{"--captions-per-image", "2"};
  check_kills(long_training(folder / "data", whole) + regularized + more, whole,
              long_training(folder / "data", killed) + regularized + more, killed);
}

TEST_CASE("so does one on the metric, whose captions are drawn by chance") {
  if (!has_program()) return;
  const FrozenRun frozen;
  const auto whole = frozen.folder / "whole";
  const auto killed = frozen.folder / "killed";
  check_kills(lengthened(frozen.metric_training(whole)), whole, lengthened(frozen.metric_training(killed)), killed,
              [&] { std::filesystem::remove_all(frozen.run); });
}

TEST_CASE("an interrupted run says how to go on, and ends with the same bytes when it does") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto whole = folder / "whole";
  const auto interrupted = folder / "interrupted";
  const Arguments cosine{"--schedule", "cosine"};
  REQUIRE(run_program(long_training(folder / "data", whole) + cosine).status == 0);
  REQUIRE(stop_after(long_training(folder / "data", interrupted) + cosine, interrupted, 5, SIGINT));
  REQUIRE(run_program({"train", "--out", interrupted.string(), "--resume"}).status == 0);
  CHECK((outcome(interrupted) == outcome(whole)));
}

TEST_CASE("a run goes on for more epochs as if it had been started with them") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto longer = trained.folder / "longer";
  Arguments arguments = tiny_training(trained.data, longer);
  *(std::find(arguments.begin(), arguments.end(), "--epochs") + 1) = "4";
  REQUIRE(run_program(arguments).status == 0);
  REQUIRE(run_program({"train", "--out", trained.run.string(), "--resume", "--epochs", "4"}).status == 0);
  CHECK((outcome(trained.run) == outcome(longer)));
}

TEST_CASE("a run whose learning rate falls to its last epoch cannot be made longer") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto run = folder / "run";
  for (const std::string schedule : {"cosine", "warmup-stable-decay"}) {
    CAPTURE(schedule);
    const Arguments arguments{"--schedule", schedule, "--overwrite"};
    REQUIRE(run_program(tiny_training(folder / "data", run) + arguments).status == 0);
    CHECK(last_learning_rate(run) < 0.35 * 4e-4);
    check_refused(run_program({"train", "--out", run.string(), "--resume", "--epochs", "9"}), {"--epochs", "9"});
  }
}

TEST_CASE(
    "a learning rate of smaller steps rises in five epochs to what is right for larger ones, and that of larger "
    "falls") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto run = folder / "run";
  const auto train = [&](const Arguments& options) {
    const Finished finished = run_program(with(tiny_training(folder / "data", run), "--epochs", "6") + options +
                                          Arguments{"--plateau-patience", "100", "--overwrite"});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return history_of(run);
  };
  const double rate = 4e-4;  // of steps of 8 images, but for the last line
  const auto larger = train({"--scale-learning-rate", "2"});
  for (std::size_t epoch = 0; epoch < 5; ++epoch) {
    CAPTURE(epoch);
    const double reached = std::stod(larger[epoch].at("learning_rate")) / rate;
    const double at_start = 1 + 3 * static_cast<double>(epoch) / 5;
    CHECK(reached >= at_start);
    CHECK(reached < at_start + 3.0 / 5);
  }
  CHECK(last_learning_rate(run) == doctest::Approx(4 * rate));
  CHECK(std::stod(train({"--scale-learning-rate", "16"}).front().at("learning_rate")) == doctest::Approx(rate / 2));
  train({"--scale-learning-rate", "4", "--accumulate", "2"});
  CHECK(last_learning_rate(run) == doctest::Approx(4 * rate));
}

TEST_CASE("a learning rate that is scaled to steps of its own size is what it was") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto run = trained.folder / "scaled";
  REQUIRE(run_program(tiny_training(trained.data, run) + Arguments{"--scale-learning-rate", "8"}).status == 0);
  CHECK(file_text(run / "model.safetensors") == file_text(trained.run / "model.safetensors"));
}

TEST_CASE("a finished run that is resumed stays as it is") {
  if (!has_program()) return;
  const TrainedRun trained;
  const std::string before = outcome(trained.run);
  CHECK(run_program({"train", "--out", trained.run.string(), "--resume"}).status == 0);
  CHECK((outcome(trained.run) == before));
}

TEST_CASE("a run that is resumed with another setting is refused, naming both values") {
  if (!has_program()) return;
  const TrainedRun trained;
  const std::string before = outcome(trained.run);
  const Arguments resume{"train", "--out", trained.run.string(), "--resume"};
  check_refused(run_program(resume + Arguments{"--batch-size", "4"}), {"--batch-size", "4", "8", trained.run.string()});
  check_refused(run_program(resume + Arguments{"--seed", "9"}), {"--seed", "9", "5"});
  check_refused(run_program(resume + Arguments{"--encoder", "resnet18"}), {"--encoder", "resnet18", "small"});
  CHECK((outcome(trained.run) == before));
}

TEST_CASE("a checkpoint or settings that are damaged are named") {
  if (!has_program()) return;
  const TrainedRun trained;
  const Arguments resume{"train", "--out", trained.run.string(), "--resume"};
  const auto checkpoint = trained.run / "checkpoint.safetensors";
  const std::string whole = file_text(checkpoint);
  put_file(checkpoint, std::string_view(whole).substr(0, whole.size() / 2));
  check_refused(run_program(resume), {checkpoint.string()});
  put_file(checkpoint, whole);
  const auto settings = trained.run / "settings.json";
  put_file(settings, "{\"batch_size\": ");
  check_refused(run_program(resume), {settings.string()});
}

TEST_CASE("settings that name what there is not are refused by that name") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto path = trained.run / "settings.json";
  const nlohmann::json sound = nlohmann::json::parse(file_text(path));
  for (const std::string setting : {"objective", "baseline", "schedule", "save_precision"}) {
    CAPTURE(setting);
    nlohmann::json settings = sound;
    settings[setting] = "whatever";
    put_file(path, settings.dump());
    check_refused(run_program({"train", "--out", trained.run.string(), "--resume", "--epochs", "3"}),
                  {path.string(), setting, "whatever"});
  }
}

TEST_CASE("a run is not resumed on captions with other words") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto captions = trained.data / "captions.txt";
  put_file(captions, file_text(captions) + "scene_00000.jpg,an unheard word\n");
  check_refused(run_program({"train", "--out", trained.run.string(), "--resume", "--epochs", "3"}),
                {trained.data.string(), "words"});
}
