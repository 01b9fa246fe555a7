// One training by several processes.

#include "ranks.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <pupil/io/safetensors.hpp>

#include "history.hpp"
#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Ten images a batch, so that the last batch of an epoch is small, and shares of a batch are not of one size.
Arguments training(const fs::path& data, const fs::path& run) {
  return with(tiny_training(data, run), "--batch-size", "10");
}

void complete_ranks(int count, const Arguments& arguments) {
  const Finished finished = run_ranks_of(as_ranks(count, arguments));
  INFO(finished.err);
  REQUIRE(finished.status == 0);
}

/// What the histories of two trainings of the same numbers agree in; how fast they were is another matter.
void check_same_history(const fs::path& run, const fs::path& other, double tolerance) {
  const auto rows = history_of(run), of_other = history_of(other);
  REQUIRE(rows.size() == of_other.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string name : {"train_loss", "reward", "learning_rate"}) {
      CAPTURE(name);
      const std::string &found = rows[i].at(name), &expected = of_other[i].at(name);
      REQUIRE(found.empty() == expected.empty());
      if (!found.empty()) CHECK(std::stod(found) == doctest::Approx(std::stod(expected)).epsilon(tolerance));
    }
  }
}

/// The weights of the run's model, and its scores.
std::string result_of(const fs::path& run) {
  std::string text = file_text(run / "model.safetensors");
  for (const HistoryRow& row : history_of(run)) text += row.at("train_loss") + row.at("reward") + row.at("cider_d");
  return text;
}

void wait_for_file(const fs::path& file, Running& running) {
  while (!fs::exists(file) && !running.ended()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  REQUIRE_FALSE(running.ended());
}

/// A training of two ranks that goes on until it is stopped, and has written a checkpoint.
struct EndlessTraining {
  TemporaryFolder folder;
  fs::path run = folder / "run";
  Running program{mpiexec(), as_ranks(2, arguments())};
  std::vector<pid_t> ranks;

  EndlessTraining() {
    wait_for_file(run / "checkpoint.safetensors", program);
    ranks = processes_with(run.string());
    REQUIRE(ranks.size() == 2);
  }

  Arguments arguments() const {
    make_scenes(folder / "data");
    return with(training(folder / "data", run), "--epochs", "100000") +
           Arguments{"--patience", "0", "--checkpoint-every", "1"};
  }
};

}  // namespace

TEST_CASE("two ranks learn what one does, but for what chance and batch norms make of another share") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Arguments plain{"--dropout", "0"};
  REQUIRE(run_program(training(folder / "data", folder / "one") + plain).status == 0);
  complete_ranks(2, training(folder / "data", folder / "two") + plain);
  check_same_history(folder / "two", folder / "one", 0.05);
}

TEST_CASE("where batch norms see the whole batch, and without dropout, two ranks make the steps of one") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Arguments plain{"--dropout", "0", "--sync-batch-norm"};
  REQUIRE(run_program(training(folder / "data", folder / "one") + plain).status == 0);
  complete_ranks(2, training(folder / "data", folder / "two") + plain);
  check_same_history(folder / "two", folder / "one", 2e-5);
}

TEST_CASE("without batch norms and dropout, two ranks make the steps of one, to rounding") {
  if (!has_ranks()) return;
  const PretrainedData pretrained({"--kind", "grid"});
  const Arguments plain{"--decoder", "attention", "--attention-size", "8", "--dropout", "0", "--accumulate", "2"};
  const auto one = pretrained.folder / "one", two = pretrained.folder / "two";
  REQUIRE(run_program(pretrained.frozen_training(one) + plain).status == 0);
  complete_ranks(2, pretrained.frozen_training(two) + plain);
  check_same_history(two, one, 1e-4);
}

TEST_CASE("two ranks draw the captions that one would, and are rewarded for them") {
  if (!has_ranks()) return;
  const FrozenRun& frozen = frozen_run();
  const TemporaryFolder folder;
  const Arguments plain{"--dropout", "0"};
  REQUIRE(run_program(frozen.metric_training(folder / "one") + plain).status == 0);
  complete_ranks(2, frozen.metric_training(folder / "two") + plain);
  check_same_history(folder / "two", folder / "one", 0.02);
}

TEST_CASE("of shards, one rank, two and four make the same bits, and so do those that take turns at one run") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Arguments exact{"--shards", "4", "--word-dropout", "0.2", "--accumulate", "2"};
  REQUIRE(run_program(training(folder / "data", folder / "one") + exact).status == 0);
  complete_ranks(2, training(folder / "data", folder / "two") + exact);
  complete_ranks(4, training(folder / "data", folder / "four") + exact);
  CHECK((result_of(folder / "two") == result_of(folder / "one")));
  CHECK((result_of(folder / "four") == result_of(folder / "one")));

  const Arguments begin = training(folder / "data", folder / "turns") + exact;
  complete_ranks(2, with(begin, "--epochs", "1"));
  complete_ranks(4, {"train", "--out", (folder / "turns").string(), "--resume", "--epochs", "2"});
  CHECK((result_of(folder / "turns") == result_of(folder / "one")));
}

TEST_CASE("shards that keep to their own images are decoded by their ranks alone, and train to the same bits") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto train = [&](const std::string& name) {
    return training(folder / "data", folder / name) +
           Arguments{"--shards", "4", "--shard-data", "--cache", (folder / ("cache of " + name)).string()};
  };
  REQUIRE(run_program(train("one")).status == 0);
  complete_ranks(2, train("two"));
  CHECK((result_of(folder / "two") == result_of(folder / "one")));
  const auto images_in = [&](const std::string& file) {
    return SafetensorsFile(folder / file).values<std::uint8_t>("images").size();
  };
  const auto all = images_in("cache of one/images-32-shards-0-to-3-of-4.safetensors");
  const auto first = images_in("cache of two/images-32-shards-0-to-1-of-4.safetensors");
  const auto second = images_in("cache of two/images-32-shards-2-to-3-of-4.safetensors");
  CHECK(first < all);
  CHECK(second < all);
  CHECK(first + second > all);  // both have the dev images

  // What one rank began, two finish, from the middle of an epoch's plan that does not depend on them.
  const Arguments begin = train("turns");
  REQUIRE(run_program(with(begin, "--epochs", "1")).status == 0);
  complete_ranks(2, {"train", "--out", (folder / "turns").string(), "--resume", "--epochs", "2", "--cache",
                     (folder / "cache of two").string()});
  CHECK((result_of(folder / "turns") == result_of(folder / "one")));
}

TEST_CASE("one process may have one shard, and needs no MPI for it") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Finished finished =
      run_program(training(folder / "data", folder / "run") + Arguments{"--shards", "1", "--sync-batch-norm"});
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
}

TEST_CASE("an image that one rank cannot read is named once, and left out by all") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const std::string damaged = "scene_00000.jpg";  // not of the test split, which a training does not read
  put_file(folder / "data/Images" / damaged, "no image");
  const Finished finished =
      run_ranks_of(as_ranks(2, training(folder / "data", folder / "run") +
                                   Arguments{"--shards", "2", "--shard-data", "--cache", (folder / "cache").string()}));
  CHECK(finished.status == 0);
  const std::size_t first = finished.err.find(damaged);
  CHECK(first != std::string::npos);
  CHECK(finished.err.find(damaged, first + 1) == std::string::npos);
}

TEST_CASE("a run that several ranks began goes on with one, and one's with several") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Arguments once = with(training(folder / "data", folder / "run"), "--epochs", "1");
  complete_ranks(2, once);
  REQUIRE(run_program({"train", "--out", (folder / "run").string(), "--resume", "--epochs", "2"}).status == 0);
  complete_ranks(3, {"train", "--out", (folder / "run").string(), "--resume", "--epochs", "3"});
  CHECK(history_of(folder / "run").size() == 3);
}

TEST_CASE("a rank that is killed ends the others, and the run goes on from its checkpoint") {
  if (!has_ranks()) return;
  EndlessTraining two;
  ::kill(two.ranks.back(), SIGKILL);
  CHECK(two.program.finish().status != 0);
  CHECK(processes_with(two.run.string()).empty());
  complete_ranks(2, {"train", "--out", two.run.string(), "--resume", "--epochs", "2"});
}

TEST_CASE("a rank that is interrupted stops them all at the same step, with a checkpoint and the signal's status") {
  if (!has_ranks()) return;
  EndlessTraining two;
  ::kill(two.ranks.back(), SIGINT);
  const Finished finished = two.program.finish();
  CAPTURE(finished.err);
  CHECK(finished.status == 130);
  CHECK(contains(finished.err, "interrupted; --resume goes on from"));
  CHECK_FALSE(fs::exists(two.run / ".lock"));
  complete_ranks(2, {"train", "--out", two.run.string(), "--resume", "--epochs", "1"});
}

TEST_CASE("ranks that were started with other options are named, and nothing is left of the run") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Arguments first = training(folder / "data", folder / "run");
  const Finished finished = run_ranks_of(each_rank({first, with(first, "--seed", "6")}));
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "captioner: rank 0: rank 1 has --seed 6, rank 0 has --seed 5\n"));
  CHECK_FALSE(fs::exists(folder / "run"));
}

TEST_CASE("what rank 0 refuses is said once, with its number") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  const Finished finished = run_ranks_of(as_ranks(2, training(trained().data, run)));
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "captioner: rank 0: " + run.string()));
  CHECK_FALSE(contains(finished.err, "captioner: rank 1: "));
}

TEST_CASE("shards that the ranks cannot share out equally are refused") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Arguments shards{"--shards", "3"};
  const Finished finished = run_ranks_of(as_ranks(2, training(folder / "data", folder / "run") + shards));
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "2 ranks cannot share out 3 shards equally"));
}

TEST_CASE("what cannot be shared out is refused before anything is written") {
  if (!has_ranks()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto refused = [&](const Arguments& more, const std::string& error) {
    const Finished finished = run_ranks_of(as_ranks(2, training(folder / "data", folder / "run") + more));
    CAPTURE(finished.err);
    CHECK(finished.status == 2);
    CHECK(contains(finished.err, error));
    CHECK_FALSE(fs::exists(folder / "run/checkpoint.safetensors"));
  };
  refused({"--shard-data"}, "--shard-data needs --shards");
  refused({"--shard-data", "--shards", "2"}, "--shard-data needs --cache");
  refused({"--sync-batch-norm", "--shards", "4"},
          "--sync-batch-norm wants one of --shards 4 on each rank, and here are 2");
  refused({"--shard-data", "--shards", "6", "--cache", (folder / "cache").string()},
          "--shard-data wants two images of a batch in each of 6 shards, and --batch-size 10 has less");
  CHECK_FALSE(fs::exists(folder / "cache"));
}
