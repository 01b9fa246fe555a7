// What a training measures on the dev split is what evaluate says of the file that it leaves.

#include <string>

#include <nlohmann/json.hpp>

#include "history.hpp"
#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

/// What evaluate says, with greedy search as in training.
nlohmann::json evaluated(const std::filesystem::path& run, const std::filesystem::path& data) {
  const TemporaryFolder folder;
  const std::string json = (folder / "scores.json").string();
  const Finished finished =
      run_program({"evaluate", "--run", run.string(), "--data", data.string(), "--beam", "1", "--json", json});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  return nlohmann::json::parse(file_text(json));
}

/// Trains and compares. The history is written with fewer digits.
void check_same(const Arguments& training, const std::filesystem::path& run, const std::filesystem::path& data) {
  const Finished finished = run_program(training);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  const auto said = evaluated(run, data);
  const auto number = [&](const char* part, const char* name) { return said.at(part).at(name).get<double>(); };
  const HistoryRow best = best_epoch(run);
  CHECK(number("scores", "cider_d") == doctest::Approx(std::stod(best.at("cider_d"))).epsilon(1e-5));
  CHECK(number("statistics", "mean_length") == doctest::Approx(std::stod(best.at("length"))).epsilon(1e-5));
  CHECK(number("statistics", "distinct_captions") == std::stod(best.at("distinct_captions")));
}

}  // namespace

TEST_CASE("the dev score of a training from pixels is that of its file, at either precision of the file") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  for (const std::string precision : {"fp32", "bf16"}) {
    CAPTURE(precision);
    const auto run = folder / precision;
    check_same(tiny_training(trained().data, run) + Arguments{"--resize-to", "36", "--epochs", "4", "--learning-rate",
                                                              "0.01", "--save-precision", precision},
               run, trained().data);
  }
}

TEST_CASE("the dev score of a training on features is that of its file, which goes through the encoder") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  for (const std::string precision : {"fp32", "bf16"}) {
    CAPTURE(precision);
    const auto run = frozen.folder / ("scored" + precision);
    check_same(frozen.frozen_training(run) +
                   Arguments{"--epochs", "4", "--learning-rate", "0.01", "--save-precision", precision},
               run, frozen.data);
  }
}

TEST_CASE("the dev score of a fine-tuning is that of its file") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const auto run = frozen.folder / "fine_tuned";
  check_same(frozen.fine_tuning(run), run, frozen.data);
}
