#pragma once
// Runs that begin with a pretrained network, on small images.

#include "pretrained.hpp"

namespace pupil::testing {

/// Scenes, weights, and the features that the weights make of the scenes.
struct PretrainedData {
  TemporaryFolder folder;
  std::filesystem::path data = folder / "scenes";
  std::filesystem::path weights = folder / "weights.safetensors";
  std::filesystem::path features = folder / "features.safetensors";

  explicit PretrainedData(const Arguments& more = {}) {
    make_scenes(data);
    MobileNetV2Weights(0, 1).write(weights);
    extract(weights, features, more);
  }

  void extract(const std::filesystem::path& from, const std::filesystem::path& to, const Arguments& more = {}) const {
    const Finished finished =
        run_program(Arguments{"features", "--encoder", "mobilenet_v2", "--weights", from.string(), "--data",
                              data.string(), "--out", to.string(), "--image-size", "32", "--threads", "1"} +
                    more);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  /// The arguments of an extraction that can be met at its work: image by image.
  Arguments slow_extraction(const std::filesystem::path& to) const {
    return {"features",  "--weights", weights.string(), "--data", data.string(),  "--out", to.string(),
            "--threads", "1",         "--batch-size",   "1",      "--image-size", "32"};
  }

  /// The arguments of any training that takes a moment.
  Arguments short_training(const std::filesystem::path& run) const {
    return {"train",        "--data", data.string(), "--out", run.string(), "--epochs", "2",
            "--batch-size", "8",      "--seed",      "5",     "--threads",  "1"};
  }

  /// Those of one on the features.
  Arguments frozen_training(const std::filesystem::path& run) const {
    return short_training(run) + on_features() +
           Arguments{"--hidden-size", "16", "--embedding-size", "16", "--min-count", "1"};
  }

  Arguments on_features() const { return {"--features", features.string(), "--weights", weights.string()}; }
};

/// Data and a run that was trained on features, for all tests that only look at them.
struct FrozenRun : PretrainedData {
  std::filesystem::path run = folder / "frozen";

  FrozenRun() : PretrainedData({"--flips"}) {
    const Finished finished = run_program(frozen_training(run));
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  /// The arguments of a short fine-tuning of that run.
  Arguments fine_tuning(const std::filesystem::path& out) const {
    return short_training(out) +
           Arguments{"--start-from", run.string(), "--finetune-from", "features.17", "--min-count", "1"};
  }

  /// The arguments of a training that goes on from that run, on the features that it was trained on.
  Arguments continued_training(const std::filesystem::path& out) const {
    return short_training(out) + on_features() + Arguments{"--start-from", run.string()};
  }

  /// The same, on the metric.
  Arguments metric_training(const std::filesystem::path& out) const {
    return continued_training(out) + Arguments{"--objective", "cider-d", "--samples", "3"};
  }
};

inline const FrozenRun& frozen_run() {
  static const FrozenRun run;
  return run;
}

}  // namespace pupil::testing
