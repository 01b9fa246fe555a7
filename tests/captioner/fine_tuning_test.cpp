#include <algorithm>
#include <string>

#include <pupil/io/safetensors.hpp>

#include "history.hpp"
#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

std::string bytes_of(const SafetensorsFile& file, const std::string& name) {
  const auto bytes = file.raw(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A fine-tuning run, with more options than the usual ones.
fs::path fine_tuned(const std::string& name, const Arguments& more = {}) {
  const auto run = frozen_run().folder / name;
  const Finished finished = run_program(frozen_run().fine_tuning(run) + more);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  CHECK(contains(finished.err, "before the first step: dev CIDEr-D "));
  return run;
}

}  // namespace

TEST_CASE("fine-tuning trains the encoder from the block on that is named, and the decoder") {
  if (!has_program()) return;
  const auto run = fine_tuned("tuned", {"--encoder-learning-rate", "1e-3"});
  const SafetensorsFile before(frozen_run().run / "model.safetensors");
  const SafetensorsFile after(run / "checkpoint.safetensors");
  const auto stays = [&](const std::string& name) {
    return bytes_of(before, name) == bytes_of(after, "model." + name);
  };
  for (const std::string name :
       {"encoder.features.0.0.weight", "encoder.features.16.conv.2.weight", "encoder.features.16.conv.3.running_mean",
        "encoder.features.17.conv.3.running_mean", "encoder.features.18.1.running_var"}) {
    CAPTURE(name);
    CHECK(stays(name));
    CHECK_FALSE(after.contains("adam.exp_avg." + name));
  }
  for (const std::string name : {"encoder.features.17.conv.2.weight", "encoder.features.18.1.bias",
                                 "decoder.image.fc.weight", "decoder.image.norm.weight", "decoder.lstm.weight_hh_l0"}) {
    CAPTURE(name);
    CHECK_FALSE(stays(name));
    CHECK(after.contains("adam.exp_avg." + name));
  }
}

TEST_CASE("with --no-freeze-statistics the running statistics move from that block on") {
  if (!has_program()) return;
  const auto run = fine_tuned("moving", {"--no-freeze-statistics"});
  const SafetensorsFile before(frozen_run().run / "model.safetensors");
  const SafetensorsFile after(run / "checkpoint.safetensors");
  const auto stays = [&](const std::string& name) {
    return bytes_of(before, name) == bytes_of(after, "model." + name);
  };
  CHECK(stays("encoder.features.16.conv.3.running_mean"));
  CHECK_FALSE(stays("encoder.features.17.conv.3.running_mean"));
}

TEST_CASE("a fine-tuned run keeps what it started from unless an epoch is better") {
  if (!has_program()) return;
  // Steps so large that they destroy what was learned, though on so few scenes a constant caption may yet score.
  const auto out = frozen_run().folder / "worse";
  const Finished finished =
      run_program(frozen_run().fine_tuning(out) + Arguments{"--learning-rate", "1", "--max-gradient-norm", "1e6"});
  REQUIRE(finished.status == 0);
  const std::string before_tuning = "before the first step: dev CIDEr-D ";
  const double start = std::stod(finished.err.substr(finished.err.find(before_tuning) + before_tuning.size()));
  const SafetensorsFile before(frozen_run().run / "model.safetensors");
  const SafetensorsFile after(out / "model.safetensors");
  const bool is_kept = bytes_of(after, "decoder.out.weight") == bytes_of(before, "decoder.out.weight");
  CHECK(is_kept == !(best_cider_d(out) > start));
}

TEST_CASE("a model file alone is enough to start from, at bf16 too") {
  if (!has_program()) return;
  const auto frozen = frozen_run().folder / "bf16";
  REQUIRE(run_program(frozen_run().frozen_training(frozen) + Arguments{"--save-precision", "bf16"}).status == 0);
  const auto run = frozen_run().folder / "from_file";
  Arguments arguments = frozen_run().fine_tuning(run);
  *(std::find(arguments.begin(), arguments.end(), "--start-from") + 1) = (frozen / "model.safetensors").string();
  const Finished finished = run_program(arguments);
  INFO(finished.err);
  CHECK(finished.status == 0);
}

TEST_CASE("a block that there is not, or no run to start from, is refused, and nothing is left behind") {
  if (!has_program()) return;
  const auto run = frozen_run().folder / "refused";
  const Arguments arguments = frozen_run().fine_tuning(run);
  const auto check = [&](const Arguments& refused, const std::vector<std::string>& parts) {
    check_refused(run_program(refused), parts);
    CHECK_FALSE(fs::exists(run));
  };
  const auto with = [&](const std::string& option, const std::string& value) {
    Arguments changed = arguments;
    *(std::find(changed.begin(), changed.end(), option) + 1) = value;
    return changed;
  };
  check(with("--finetune-from", "layer4"), {"layer4", "features.18"});
  check(with("--start-from", "absent"), {"absent"});
  check(with("--start-from", frozen_run().weights.string()), {frozen_run().weights.string(), "not a captioner"});
  check(arguments + Arguments{"--hidden-size", "32"}, {"--hidden-size", "32", "16", frozen_run().run.string()});
  check(arguments + Arguments{"--encoder", "small"}, {"--encoder", "small", "mobilenet_v2"});
  Arguments without = arguments;
  without.erase(std::find(without.begin(), without.end(), "--finetune-from"),
                std::find(without.begin(), without.end(), "--min-count"));
  check(without, {"--start-from", "--finetune-from"});
}
