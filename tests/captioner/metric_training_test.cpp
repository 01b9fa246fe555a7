// Training on the metric, `--objective cider-d`, and what it begins with: a captioner that is trained further.

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <pupil/io/safetensors.hpp>

#include "history.hpp"
#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

void complete(const Arguments& training) {
  const Finished finished = run_program(training);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
}

/// Steps that are large enough for a few of them to tell.
const Arguments large_steps{"--learning-rate", "0.003"};

}  // namespace

TEST_CASE("training on the metric raises the rewards of the captions that are sampled") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "rewarded";
  complete(with(frozen_run().metric_training(run), "--epochs", "6") + large_steps);
  const auto history = history_of(run);
  REQUIRE(history.size() == 6);
  CHECK(std::stod(history.back().at("reward")) > 1.2 * std::stod(history.front().at("reward")));
}

TEST_CASE("its history has the reward in place of a loss, and how long and how varied the dev captions are") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "told";
  const Finished finished = run_program(frozen_run().metric_training(run));
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  CHECK(contains(finished.err, "epoch 1: reward "));
  CHECK(contains(finished.err, "before the first step: dev CIDEr-D "));
  for (const HistoryRow& row : history_of(run)) {
    CHECK(row.at("train_loss").empty());
    CHECK(std::stod(row.at("reward")) > 0);
    CHECK(std::stod(row.at("length")) > 0);
    CHECK(std::stod(row.at("distinct_captions")) > 0);
  }
}

TEST_CASE("training on the metric leaves the encoder as it is on features, and trains the blocks that are named") {
  if (!has_program()) return;
  const SafetensorsFile before(frozen_run().run / "model.safetensors");
  const auto is_trained = [&](const fs::path& run, const std::string& name) {
    return before.read<float, 1>(name) !=
           SafetensorsFile(run / "checkpoint.safetensors").read<float, 1>("model." + name);
  };
  const auto on_features = frozen_run().folder / "on_features";
  complete(frozen_run().metric_training(on_features));
  CHECK(is_trained(on_features, "decoder.out.bias"));
  CHECK_FALSE(is_trained(on_features, "encoder.features.18.1.bias"));

  const auto from_pixels = frozen_run().folder / "from_pixels";
  complete(frozen_run().fine_tuning(from_pixels) + Arguments{"--objective", "cider-d"});
  CHECK(is_trained(from_pixels, "decoder.out.bias"));
  CHECK(is_trained(from_pixels, "encoder.features.18.1.bias"));
  CHECK_FALSE(is_trained(from_pixels, "encoder.features.0.1.bias"));
}

TEST_CASE("the same seed gives the same bytes on any number of threads, by either baseline, which are not the same") {
  if (!has_program()) return;
  const auto model = [&](const std::string& baseline, const std::string& threads) {
    const auto run = frozen_run().folder / (baseline + threads);
    complete(with(frozen_run().metric_training(run), "--threads", threads) + large_steps +
             Arguments{"--baseline", baseline, "--moving-average", "0.5"});
    const SafetensorsFile checkpoint(run / "checkpoint.safetensors");
    return std::pair(checkpoint.read<float, 2>("model.decoder.out.weight"), file_text(run / "model.safetensors"));
  };
  const auto by_samples = model("samples", "1"), by_greedy = model("greedy", "1");
  CHECK((by_samples == model("samples", "3")));
  CHECK((by_greedy == model("greedy", "3")));
  CHECK((by_samples != by_greedy));
}

TEST_CASE("a captioner goes on with people's captions too, on the features that it was trained on") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "continued";
  const Finished finished = run_program(frozen_run().continued_training(run));
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  const std::string before = "before the first step: dev CIDEr-D ";
  REQUIRE(contains(finished.err, before));
  const double start = std::stod(finished.err.substr(finished.err.find(before) + before.size()));
  CHECK(start == doctest::Approx(best_cider_d(frozen_run().run)).epsilon(1e-5));
  CHECK(std::stod(history_of(run).front().at("train_loss")) <
        std::stod(history_of(frozen_run().run).front().at("train_loss")));
}

TEST_CASE("a captioner at bf16 goes on with the features of its weights, one with another encoder does not") {
  if (!has_program()) return;
  const auto rounded = frozen_run().folder / "rounded";
  complete(frozen_run().frozen_training(rounded) + Arguments{"--save-precision", "bf16"});
  const auto run = frozen_run().folder / "of_rounded";
  complete(with(frozen_run().metric_training(run), "--start-from", rounded.string()));

  // One number of the encoder is another.
  const auto changed = frozen_run().folder / "changed.safetensors";
  std::string bytes = file_text(frozen_run().run / "model.safetensors");
  const SafetensorsFile file(frozen_run().run / "model.safetensors");
  const auto bias = file.raw("encoder.features.18.1.bias");
  const std::size_t place = bytes.find(std::string(reinterpret_cast<const char*>(bias.data()), bias.size()));
  REQUIRE(place != std::string::npos);
  bytes[place + 2] = static_cast<char>(bytes[place + 2] ^ 0x40);
  put_file(changed, bytes);
  const auto refused = frozen_run().folder / "refused";
  check_refused(run_program(with(frozen_run().metric_training(refused), "--start-from", changed.string())),
                {changed.string(), "encoder", frozen_run().weights.string()});
  CHECK_FALSE(fs::exists(refused));
}

TEST_CASE("features of another image size than the captioner's are refused, both files named, before data are read") {
  if (!has_program()) return;
  const auto larger = frozen_run().folder / "larger.safetensors";
  frozen_run().extract(frozen_run().weights, larger, {"--image-size", "48"});
  const auto run = frozen_run().folder / "refused_size";
  check_refused(run_program(with(frozen_run().metric_training(run), "--features", larger.string())),
                {larger.string(), "48", (frozen_run().run / "model.safetensors").string(), "32"});
  CHECK_FALSE(fs::exists(run));
}

TEST_CASE("a training that fails at its first step leaves nothing, not even the captioner that it started from") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "failed";
  const Finished finished = run_program(with(frozen_run().continued_training(run), "--batch-size", "2") +
                                        Arguments{"--learning-rate", "1e300"});
  CAPTURE(finished.err);
  CHECK(finished.status == 2);
  CHECK(contains(finished.err, "there is no checkpoint yet"));
  CHECK_FALSE(fs::exists(run / "model.safetensors"));
  CHECK(run_program(frozen_run().continued_training(run)).status == 0);  // the folder is free
}

TEST_CASE("a run is not overwritten by one that starts from it") {
  if (!has_program()) return;
  const auto run = copy_of(frozen_run().run, frozen_run().folder / "own_start");
  const std::string model = file_text(run / "model.safetensors");
  check_refused(
      run_program(with(frozen_run().metric_training(run), "--start-from", run.string()) + Arguments{"--overwrite"}),
      {"--start-from", run.string(), "--out"});
  CHECK((file_text(run / "model.safetensors") == model));
}

TEST_CASE("another seed draws other captions, and one sample an image is enough beside what greedy search says") {
  if (!has_program()) return;
  const auto reward = [&](const std::string& seed) {
    const auto run = frozen_run().folder / ("seed" + seed);
    complete(with(with(frozen_run().metric_training(run), "--samples", "1"), "--seed", seed) +
             Arguments{"--baseline", "greedy"});
    return history_of(run).front().at("reward");
  };
  CHECK(reward("5") != reward("6"));
}

TEST_CASE("the metric without a trained start, or with options of another objective, is refused by one line") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "refused_objective";
  const auto check = [&](const Arguments& arguments, const std::vector<std::string>& parts) {
    check_refused(run_program(arguments), parts);
    CHECK_FALSE(fs::exists(run));
  };
  const Arguments metric{"--objective", "cider-d"};
  check(frozen_run().frozen_training(run) + metric, {"--objective cider-d", "--start-from"});
  check(tiny_training(trained().data, run) + metric, {"--objective cider-d", "--start-from"});
  for (const auto& [option, value] : std::vector<std::pair<std::string, std::string>>{{"--label-smoothing", "0.1"},
                                                                                      {"--word-dropout", "0.1"},
                                                                                      {"--scheduled-sampling", "0.1"},
                                                                                      {"--captions-per-image", "2"},
                                                                                      {"--accumulate", "2"},
                                                                                      {"--doubly-stochastic", "1"},
                                                                                      {"--word-loss", "1"}}) {
    check(frozen_run().metric_training(run) + Arguments{option, value}, {option, "cross-entropy"});
  }
  check(frozen_run().continued_training(run) + Arguments{"--samples", "3"}, {"--samples", "--objective cider-d"});
  check(frozen_run().continued_training(run) + Arguments{"--baseline", "greedy"},
        {"--baseline", "--objective cider-d"});
  check(with(frozen_run().metric_training(run), "--samples", "1"), {"--samples", "1", "--baseline"});
  check(with(frozen_run().metric_training(run), "--objective", "bleu"), {"bleu", "cider-d"});
  check(with(frozen_run().metric_training(run), "--start-from", "absent"), {"absent"});
  check(frozen_run().metric_training(run) + Arguments{"--finetune-from", "features.17"},
        {"--features", "--finetune-from"});
}
