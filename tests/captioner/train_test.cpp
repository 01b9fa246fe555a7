#include <nlohmann/json.hpp>

#include "history.hpp"

using namespace pupil::testing;

TEST_CASE("training leaves the model, a checkpoint, a history with a row an epoch, and the settings") {
  if (!has_program()) return;
  const TrainedRun trained;
  for (const std::string file : {"model.safetensors", "checkpoint.safetensors", "settings.json"}) {
    CAPTURE(file);
    CHECK(std::filesystem::file_size(trained.run / file) > 0);
  }
  CHECK(lines_of(file_text(trained.run / "history.csv")).at(0) ==
        "epoch,train_loss,bleu_1,bleu_2,bleu_3,bleu_4,rouge_l,cider_d,learning_rate,images_per_second,seconds,"
        "reward,length,distinct_captions");
  const auto history = history_of(trained.run);
  REQUIRE(history.size() == 2);
  for (std::size_t i = 0; i < history.size(); ++i) {
    CHECK(history[i].at("epoch") == std::to_string(i + 1));
    for (const auto& field : history[i]) {
      CAPTURE(field.first);
      CHECK(field.second.empty() == (field.first == "reward"));
    }
  }
  CHECK(nlohmann::json::parse(file_text(trained.run / "settings.json")).at("batch_size") == 8);
}

TEST_CASE("away from a terminal, progress is plain lines, one an epoch") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Finished finished = run_program(tiny_training(folder / "data", folder / "run"));
  CHECK(finished.status == 0);
  CHECK_FALSE(contains(finished.err, "\r"));
  CHECK_FALSE(contains(finished.err, "\x1b"));
  CHECK(contains(finished.err, "epoch 1: loss "));
  CHECK(contains(finished.err, "epoch 2: loss "));
}

TEST_CASE("the same seed gives the same model, byte for byte, on one thread and on two") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  for (const std::string encoder : {"small", "resnet18"}) {
    CAPTURE(encoder);
    std::vector<std::string> models;
    for (const std::string threads : {"1", "2"}) {
      const auto run = folder / (encoder + threads);
      Arguments arguments = tiny_training(folder / "data", run);
      *(std::find(arguments.begin(), arguments.end(), "--encoder") + 1) = encoder;
      *(std::find(arguments.begin(), arguments.end(), "--threads") + 1) = threads;
      const Finished finished = run_program(arguments);
      INFO(finished.err);
      REQUIRE(finished.status == 0);
      models.push_back(file_text(run / "model.safetensors"));
    }
    CHECK((models[0] == models[1]));
  }
}

TEST_CASE("another seed gives another model") {
  if (!has_program()) return;
  const TrainedRun trained;
  Arguments arguments = tiny_training(trained.data, trained.folder / "other");
  *(std::find(arguments.begin(), arguments.end(), "--seed") + 1) = "6";
  REQUIRE(run_program(arguments).status == 0);
  CHECK((file_text(trained.folder / "other" / "model.safetensors") != file_text(trained.run / "model.safetensors")));
}

TEST_CASE("--limit takes the first train images alone") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const auto size_with = [&](const std::string& limit) {
    const auto run = folder / ("run" + limit);
    const Finished finished = run_program(tiny_training(folder / "data", run) + Arguments{"--limit", limit});
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return std::filesystem::file_size(run / "images.safetensors");
  };
  CHECK(size_with("4") < size_with("20"));  // so many pictures were decoded
}

TEST_CASE("a run folder that exists is refused, and stays as it is, unless --resume or --overwrite says more") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto model = trained.run / "model.safetensors";
  const std::string before = file_text(model);
  const Arguments again = tiny_training(trained.data, trained.run);
  check_refused(run_program(again), {trained.run.string(), "--resume", "--overwrite"});
  CHECK((file_text(model) == before));

  std::filesystem::remove(model);
  Finished finished = run_program(again + Arguments{"--overwrite"});
  INFO(finished.err);
  CHECK(finished.status == 0);
  CHECK((file_text(model) == before));
  CHECK(line_count(file_text(trained.run / "history.csv")) == 3);
}

TEST_CASE("decoded images are kept in the folder that --cache names, and shared between runs") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto cache = trained.folder / "cache";
  const Arguments with_cache{"--cache", cache.string()};
  for (const std::string name : {"first", "second"}) {
    const auto run = trained.folder / name;
    REQUIRE(run_program(tiny_training(trained.data, run) + with_cache).status == 0);
    CHECK_FALSE(std::filesystem::exists(run / "images.safetensors"));
    CHECK((file_text(run / "model.safetensors") == file_text(trained.run / "model.safetensors")));
  }
  CHECK(std::distance(std::filesystem::directory_iterator(cache), {}) == 1);
}
