#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <pupil/io/file_lock.hpp>
#include <pupil/models/decoding_settings.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

/// Scores a run by evaluate.
nlohmann::json scores_of(const std::filesystem::path& run, const Arguments& more = {}) {
  const TemporaryFolder folder;
  const std::string json = (folder / "scores.json").string();
  const Finished finished = run_program(
      Arguments{"evaluate", "--run", run.string(), "--data", trained().data.string(), "--json", json} + more);
  INFO(finished.err);
  REQUIRE(finished.status == 0);
  return nlohmann::json::parse(file_text(json));
}

std::vector<double> numbers_in(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<double>(stream), {}};
}

/// Makes a model's file say that its data were split by another seed: some of the dev images are then images that it
/// was trained on.
void say_split_seed(const std::filesystem::path& model, std::uint64_t seed) {
  const SafetensorsFile file(model);
  SafetensorsWriter writer;
  for (const std::string& name : file.names()) {
    writer.add(name, file.info(name).dtype, file.info(name).shape, file.raw(name).data());
  }
  for (const auto& [key, text] : file.metadata()) writer.set_metadata(key, text);
  writer.set_metadata("split_seed", std::to_string(seed));
  writer.write(model);
}

}  // namespace

TEST_CASE("tune prints what evaluate says at every setting, and keeps the best for caption and evaluate") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  const Finished tuned = run_program({"tune", "--run", run.string(), "--data", trained().data.string()});
  INFO(tuned.err);
  REQUIRE(tuned.status == 0);
  const auto lines = lines_of(tuned.out);
  REQUIRE(lines.size() == 2 + 10 + 1);
  const auto penalties = numbers_in(lines[1].substr(4));
  double highest = -1;
  DecodingSettings best;
  for (Index beam = 1; beam <= 10; ++beam) {
    const auto row = numbers_in(lines[static_cast<std::size_t>(beam) + 1]);
    REQUIRE(row.size() == penalties.size() + 1);
    CHECK(row.front() == static_cast<double>(beam));
    for (std::size_t i = 0; i < penalties.size(); ++i) {
      if (row[i + 1] > highest) best = {beam, penalties[i]};
      highest = std::max(highest, row[i + 1]);
    }
    for (const std::size_t i : {std::size_t{0}, penalties.size() - 1}) {
      const auto scored = scores_of(trained().run, {"--beam", std::to_string(beam), "--length-penalty",
                                                    message(penalties[i]), "--no-repetition"});
      CHECK(scored.at("scores").at("cider_d").get<double>() == doctest::Approx(row[i + 1]).epsilon(1e-3));
    }
  }
  const auto kept = read_decoding_settings(SafetensorsFile(run / "model.safetensors"));
  REQUIRE(kept.has_value());
  const auto by_default = scores_of(run);
  CHECK(by_default.at("beam") == kept->beam);
  CHECK(by_default.at("length_penalty") == kept->length_penalty);
  CHECK(by_default.at("no_repetition") == true);
  CHECK(by_default.at("scores").at("cider_d").get<double>() == doctest::Approx(highest).epsilon(1e-3));
  CHECK(scores_of(run, {"--beam", "1", "--length-penalty", "0", "--repetition"}).at("scores") ==
        scores_of(trained().run).at("scores"));
  CHECK(contains(lines.back(), message("--beam ", kept->beam, " --length-penalty ", kept->length_penalty)));
  CHECK_FALSE(std::filesystem::exists(run / ".lock"));

  const std::string image = trained().image(0);
  const auto captions = [&](const Arguments& more) {
    return run_program(Arguments{"caption", "--run", run.string(), image} + more).out;
  };
  CHECK(captions({}) == captions({"--beam", message(kept->beam), "--length-penalty", message(kept->length_penalty),
                                  "--no-repetition"}));
  CHECK(captions({"--sample", "--top-k", "1"}) == captions({"--beam", "1", "--length-penalty", "0", "--repetition"}));
  CHECK(kept->no_repetition);
}

TEST_CASE("tune tries no beam below --least-beam") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  const Finished tuned =
      run_program({"tune", "--run", run.string(), "--data", trained().data.string(), "--least-beam", "9"});
  INFO(tuned.err);
  REQUIRE(tuned.status == 0);
  const auto lines = lines_of(tuned.out);
  CHECK(numbers_in(lines.at(2)).front() == 9);
  CHECK(numbers_in(lines.at(3)).front() == 10);
  CHECK(read_decoding_settings(SafetensorsFile(run / "model.safetensors")).value().beam >= 9);
  check_refused(run_program({"tune", "--run", run.string(), "--data", trained().data.string(), "--least-beam", "11"}),
                {"--least-beam", "11"});
}

TEST_CASE("images that a captioner was trained on choose nothing, and the model stays as it is") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  const auto model = run / "model.safetensors";
  say_split_seed(model, 99);
  const std::string before = file_text(model);
  check_refused(run_program({"tune", "--run", run.string(), "--data", trained().data.string()}),
                {"dev images are images that", model.string(), "was trained on"});
  CHECK((file_text(model) == before));
}

TEST_CASE("a run that is being trained, or is none, is not tuned") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = copy_of(trained().run, folder / "run");
  const FileLock lock = lock_folder(run, "a training is running there");
  check_refused(run_program({"tune", "--run", run.string(), "--data", trained().data.string()}),
                {run.string(), "a training is running there"});
  check_refused(run_program({"tune", "--run", (folder / "absent").string(), "--data", trained().data.string()}),
                {(folder / "absent").string()});
  check_refused(run_program({"tune", "--run", run.string(), "--beam", "3", "--data", trained().data.string()}),
                {"--beam: tune has no such option"});
}
