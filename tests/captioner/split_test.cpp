#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include <pupil/data/flickr8k.hpp>
#include <pupil/models/captioner_file.hpp>

#include "pretrained_program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// Scenes, and a run that was trained on them with a seed of its own.
struct SplitRun {
  TemporaryFolder folder;
  fs::path data = folder / "data";
  fs::path run = folder / "run";

  explicit SplitRun(const Arguments& more = {}) {
    make_scenes(data);
    const Finished finished = run_program(tiny_training(data, run) + more);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
  }

  Finished evaluate(const fs::path& model, const fs::path& on, const Arguments& more = {}) const {
    return run_program(Arguments{"evaluate", "--run", model.string(), "--data", on.string(), "--threads", "1", "--json",
                                 (folder / "scores.json").string()} +
                       more);
  }

  /// The images that evaluate scored.
  std::set<std::string> scored(const fs::path& model, const Arguments& more = {}) const {
    const Finished finished = evaluate(model, data, more);
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK(finished.err.empty());
    std::set<std::string> images;
    const auto json = nlohmann::json::parse(file_text(folder / "scores.json"));
    for (const auto& caption : json.at("captions")) images.insert(caption.at("image"));
    return images;
  }
};

std::set<std::string> names_of(const fs::path& data, Split split, std::uint64_t seed) {
  std::set<std::string> names;
  const CaptionedImages images = read_flickr8k(data, seed);
  for (const Sample& sample : images[split]) names.insert(sample.image);
  return names;
}

/// Takes out of a model's file, and the settings beside it, what earlier versions did not write.
void make_old(const fs::path& run) {
  const fs::path model = run / "model.safetensors";
  auto captioner = load_captioner<float>(model);
  save_captioner(model, captioner);
  if (!fs::exists(run / "settings.json")) return;
  auto settings = nlohmann::json::parse(file_text(run / "settings.json"));
  settings.erase("split_seed");
  put_file(run / "settings.json", settings.dump());
}

/// Official lists that put these images into the train and the dev split.
void write_lists(const fs::path& data, const std::vector<std::string>& train, const std::vector<std::string>& dev) {
  const auto lines = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += name + "\n";
    return text;
  };
  put_file(data / "Flickr_8k.trainImages.txt", lines(train));
  put_file(data / "Flickr_8k.devImages.txt", lines(dev));
}

}  // namespace

TEST_CASE("the split is apart from training's seed, and evaluate takes the run's, from its folder or its model alone") {
  if (!has_program()) return;
  const SplitRun trained({"--split-seed", "3"});
  fs::copy(trained.run / "model.safetensors", trained.folder / "elsewhere.safetensors");
  for (const fs::path& model : {trained.run, trained.folder / "elsewhere.safetensors"}) {
    for (const Split split : all_splits) {
      CHECK(trained.scored(model, {"--split", std::string(split_name(split))}) == names_of(trained.data, split, 3));
    }
  }
  CHECK(trained.scored(trained.run, {"--seed", "7", "--split-seed", "3"}) == names_of(trained.data, Split::dev, 3));
  REQUIRE(names_of(trained.data, Split::dev, 3) != names_of(trained.data, Split::dev, 0));
}

TEST_CASE("another split than the run's is refused, naming both, wherever it is asked for") {
  if (!has_program()) return;
  const SplitRun trained;
  const std::string run = trained.run.string();
  check_refused(trained.evaluate(trained.run, trained.data, {"--split-seed", "4"}), {"--split-seed", "4", "0", run});
  check_refused(run_program({"train", "--out", run, "--resume", "--split-seed", "4"}), {"--split-seed", "4", "0", run});
  check_refused(run_program({"train", "--data", trained.data.string(), "--out", (trained.folder / "next").string(),
                             "--start-from", run, "--finetune-from", "layer4", "--split-seed", "4"}),
                {"--split-seed", "4", "0", run});
}

TEST_CASE("dev images that were trained on, by lists that came later, are refused with their number unless allowed") {
  if (!has_program()) return;
  const SplitRun trained;
  const auto data = copy_of(trained.data, trained.folder / "listed");
  const auto train = names_of(data, Split::train, 0), dev = names_of(data, Split::dev, 0);
  const std::vector<std::string> known(train.begin(), std::next(train.begin(), 3));
  std::vector<std::string> listed = known;
  listed.insert(listed.end(), dev.begin(), dev.end());
  const auto test = names_of(data, Split::test, 0);
  std::vector<std::string> others(std::next(train.begin(), 3), train.end());
  others.insert(others.end(), test.begin(), test.end());
  write_lists(data, others, listed);
  const std::string counts = "3 of " + std::to_string(listed.size()) + " dev images";
  check_refused(trained.evaluate(trained.run, data), {data.string(), counts, known[0], "--allow-trained"});
  const Finished allowed = trained.evaluate(trained.run, data, {"--allow-trained"});
  CHECK(allowed.status == 0);
  CHECK(contains(allowed.err, counts));
  CHECK(trained.evaluate(trained.run, data, {"--split", "train"}).err.empty());
}

TEST_CASE("images that only have the names or the bytes of those that were trained on are warned of") {
  if (!has_program()) return;
  const SplitRun trained;
  const auto data = copy_of(trained.data, trained.folder / "listed");
  const auto train = names_of(data, Split::train, 0);
  const std::string changed = *train.begin(), renamed = *train.rbegin();
  fs::rename(data / "Images" / renamed, data / "Images" / "other.jpg");
  put_file(data / "captions.txt", file_text(data / "captions.txt") + "other.jpg,A red circle .\n");
  fs::copy_file(data / "Images" / *std::next(train.begin()), data / "Images" / changed,
                fs::copy_options::overwrite_existing);
  write_lists(data, {*std::next(train.begin())}, {"other.jpg"});
  Finished finished = trained.evaluate(trained.run, data);
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "1 of 1 dev images have, under other names, the bytes of images"));
  put_file(data / "Images" / changed, file_text(data / "Images" / changed) + "changed");
  write_lists(data, {*std::next(train.begin())}, {changed});
  finished = trained.evaluate(trained.run, data);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "1 of 1 dev images have, with other bytes, the names of images"));
}

TEST_CASE(
    "a run of an earlier version is split by the seed in its settings; a model alone says that it does not know") {
  if (!has_program()) return;
  const SplitRun trained({"--split-seed", "5"});  // what --seed 5 once meant
  make_old(trained.run);
  const Finished finished = trained.evaluate(trained.run, trained.data);
  CHECK(finished.status == 0);
  CHECK(line_count(finished.err) == 1);
  CHECK(contains(finished.err, "does not say what it was trained on"));
  const auto json = nlohmann::json::parse(file_text(trained.folder / "scores.json"));
  CHECK(json.at("captions").size() == names_of(trained.data, Split::dev, 5).size());
  fs::create_directory(trained.folder / "alone");
  fs::copy(trained.run / "model.safetensors", trained.folder / "alone/model.safetensors");
  const Finished alone = trained.evaluate(trained.folder / "alone", trained.data, {"--split-seed", "9"});
  CHECK(alone.status == 0);
  CHECK(contains(alone.err, "does not say what it was trained on"));
  const Finished resumed = run_program({"train", "--out", trained.run.string(), "--resume", "--epochs", "3"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
}

TEST_CASE("a run that starts from another has its split, and knows what that one was trained on") {
  if (!has_program()) return;
  const FrozenRun& frozen = frozen_run();
  const TemporaryFolder folder;
  const auto data = copy_of(frozen.data, folder / "data");
  const auto first = read_captioner_description(SafetensorsFile(frozen.run / "model.safetensors")).training;
  REQUIRE(first.has_value());

  const auto same = folder / "same";
  REQUIRE(run_program(frozen.fine_tuning(same)).status == 0);
  CHECK(read_captioner_description(SafetensorsFile(same / "model.safetensors")).training == first);

  const auto train = names_of(data, Split::train, 0), dev = names_of(data, Split::dev, 0);
  auto other_train = dev;
  other_train.insert(*train.rbegin());
  write_lists(data, {other_train.begin(), other_train.end()}, {*train.begin(), *std::next(train.begin())});
  const auto other = folder / "other";
  Arguments arguments = frozen.fine_tuning(other);
  *(std::find(arguments.begin(), arguments.end(), "--data") + 1) = data.string();
  const Finished finished = run_program(arguments);
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(
      contains(finished.err, "2 of 2 dev images are left out: the captioner that the run starts from was trained on"));
  const auto both = read_captioner_description(SafetensorsFile(other / "model.safetensors")).training;
  REQUIRE(both.has_value());
  CHECK(both->images.size() == first->images.size() + dev.size());
  fs::remove(data / "Flickr_8k.trainImages.txt");
  fs::remove(data / "Flickr_8k.devImages.txt");
  check_refused(run_program({"evaluate", "--run", other.string(), "--data", data.string()}),
                {std::to_string(dev.size()) + " of " + std::to_string(dev.size()) + " dev images"});
}
