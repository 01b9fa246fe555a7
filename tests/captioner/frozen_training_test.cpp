#include <pupil/data/feature_cache.hpp>
#include <pupil/io/safetensors.hpp>

#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

TEST_CASE("training on features leaves a model that captions pictures, with the pretrained weights in it") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const SafetensorsFile model(frozen.run / "model.safetensors");
  const SafetensorsFile weights(frozen.weights);
  CHECK(model.metadata("encoder") == "mobilenet_v2");
  CHECK(model.metadata("image_size") == "32");
  CHECK(model.metadata("resize_to") == "32");
  const auto bias = weights.read<float, 1>("features.18.1.bias");
  CHECK(model.read<float, 1>("encoder.features.18.1.bias") == bias);
  const Finished captioned = run_program({"caption", "--run", frozen.run.string(), trained().image(0)});
  INFO(captioned.err);
  CHECK(captioned.status == 0);
  CHECK_FALSE(fs::exists(frozen.run / "images.safetensors"));
}

TEST_CASE("what is not trained has no optimizer state") {
  if (!has_program()) return;
  const SafetensorsFile checkpoint(frozen_run().run / "checkpoint.safetensors");
  CHECK(checkpoint.contains("adam.exp_avg.decoder.image.fc.weight"));
  CHECK(checkpoint.contains("adam.exp_avg.decoder.image.norm.weight"));
  CHECK(checkpoint.contains("adam.exp_avg.decoder.out.weight"));
  CHECK_FALSE(checkpoint.contains("adam.exp_avg.encoder.features.18.1.bias"));
}

TEST_CASE("flips change what is learned, and --no-mirror leaves them out") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const auto plain = frozen.folder / "plain.safetensors";
  frozen.extract(frozen.weights, plain);
  const auto model_with = [&](const std::string& name, const fs::path& features, const Arguments& more) {
    Arguments arguments = frozen.frozen_training(frozen.folder / name);
    *(std::find(arguments.begin(), arguments.end(), "--features") + 1) = features.string();
    const Finished finished = run_program(arguments + more);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    return file_text(frozen.folder / name / "model.safetensors");
  };
  const std::string without = model_with("without", plain, {});
  CHECK((model_with("unused", frozen.features, {"--no-mirror"}) == without));
  CHECK((file_text(frozen.run / "model.safetensors") != without));
}

TEST_CASE("--save-precision bf16 halves the model's file and not the checkpoint") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const auto run = frozen.folder / "halved";
  const Finished finished = run_program(frozen.frozen_training(run) + Arguments{"--save-precision", "bf16"});
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  const auto bytes = [](const fs::path& file) { return static_cast<double>(fs::file_size(file)); };
  CHECK(bytes(run / "model.safetensors") < 0.52 * bytes(frozen.run / "model.safetensors"));
  CHECK(bytes(run / "checkpoint.safetensors") ==
        doctest::Approx(bytes(frozen.run / "checkpoint.safetensors")).epsilon(0.01));
  const Finished captioned = run_program({"caption", "--run", run.string(), trained().image(0)});
  CHECK(captioned.status == 0);
  CHECK(captioned.out == run_program({"caption", "--run", frozen.run.string(), trained().image(0)}).out);
}

TEST_CASE("features of other weights, another kind or other images are refused, and nothing is left behind") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const auto run = frozen.folder / "refused";
  const auto check_refused_with = [&](const std::string& option, const fs::path& value,
                                      const std::vector<std::string>& parts) {
    Arguments arguments = frozen.frozen_training(run);
    *(std::find(arguments.begin(), arguments.end(), option) + 1) = value.string();
    check_refused(run_program(arguments), parts);
    CHECK_FALSE(fs::exists(run));
  };
  const auto other = frozen.folder / "other.safetensors";
  MobileNetV2Weights(0, 2).write(other);
  check_refused_with("--weights", other, {frozen.features.string(), other.string(), "other weights"});
  check_refused_with("--weights", frozen.features, {frozen.features.string()});
  check_refused_with("--features", frozen.weights, {frozen.weights.string(), "not a cache of features"});
  check_refused_with("--features", frozen.folder / "absent", {(frozen.folder / "absent").string()});

  const auto grid = frozen.folder / "grid.safetensors";
  frozen.extract(frozen.weights, grid, {"--kind", "grid"});
  check_refused_with("--features", grid, {grid.string(), "grid", "pooled"});

  const auto more = frozen.folder / "more";
  make_scenes(more, 70);
  check_refused_with("--data", more, {frozen.features.string(), "no features of scene_0006", more.string()});

  const std::string whole = file_text(frozen.features);
  const auto damaged = frozen.folder / "damaged.safetensors";
  put_file(damaged, std::string_view(whole).substr(0, whole.size() - 1));
  check_refused_with("--features", damaged, {damaged.string()});
}

TEST_CASE("options that a way to train does not have are refused") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const auto run = frozen.folder / "refused";
  const auto check = [&](const Arguments& arguments, const std::vector<std::string>& parts) {
    check_refused(run_program(arguments), parts);
    CHECK_FALSE(fs::exists(run));
  };
  const Arguments features = frozen.frozen_training(run);
  check(features + Arguments{"--image-size", "64"}, {"--image-size", "64", "32", frozen.features.string()});
  check(features + Arguments{"--encoder", "resnet18"}, {"--encoder", "resnet18", "mobilenet_v2"});
  check(features + Arguments{"--start-from", frozen.run.string(), "--finetune-from", "features.17"},
        {"--features", "--finetune-from"});
  check(features + Arguments{"--encoder-learning-rate", "1e-5"}, {"--encoder-learning-rate", "--finetune-from"});
  check(features + Arguments{"--save-precision", "fp8"}, {"--save-precision", "fp8"});
  check(tiny_training(frozen.data, run) + Arguments{"--features", frozen.features.string()},
        {"--features", "--weights"});
  check(tiny_training(frozen.data, run) + Arguments{"--weights", frozen.weights.string()}, {"--weights", "--features"});
}
