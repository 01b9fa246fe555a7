#include <cstdlib>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include <pupil/kernels/instruction_set.hpp>

#include "history.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

Arguments training_at(const std::string& precision, const TemporaryFolder& folder, const std::string& run) {
  return tiny_training(folder / "data", folder / run) + Arguments{"--precision", precision};
}

/// The first epoch's loss, as the history has it.
double first_loss(const std::filesystem::path& run) { return std::stod(history_of(run).at(0).at("train_loss")); }

}  // namespace

TEST_CASE("a precision that the processor does not have is said in one line, and trains as the highest") {
  if (!has_program()) return;
  const VariableOfPrograms without_tiles("PUPIL_ISA", "portable");
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  const Finished highest = run_program(training_at("highest", folder, "highest"));
  const Finished medium = run_program(training_at("medium", folder, "medium"));
  CHECK(highest.status == 0);
  CHECK(medium.status == 0);
  CHECK_FALSE(contains(highest.err, "precision"));
  CHECK(contains(medium.err, "precision medium: this processor has no bf16 products for it, they are fp32\n"));
  CHECK((file_text(folder / "medium" / "model.safetensors") == file_text(folder / "highest" / "model.safetensors")));
}

#if PUPIL_X86_KERNELS
TEST_CASE("with tiles, training at each precision gives other bits, in fp32, and nearly the same loss") {
  if (!has_program()) return;
  const VariableOfPrograms emulated("PUPIL_ISA", "amx_emulated");
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  std::vector<std::string> models;
  for (const std::string precision : {"highest", "high", "medium"}) {
    CAPTURE(precision);
    const Finished finished = run_program(training_at(precision, folder, precision));
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    CHECK_FALSE(contains(finished.err, "precision"));
    models.push_back(file_text(folder / precision / "model.safetensors"));
    CHECK(first_loss(folder / precision) == doctest::Approx(first_loss(folder / "highest")).epsilon(0.02));
  }
  CHECK((models[0] != models[1]));
  CHECK((models[1] != models[2]));
  CHECK(models[2].size() == models[0].size());
}

TEST_CASE("a run at medium precision goes on at it, on any number of threads, and refuses another") {
  if (!has_program()) return;
  const VariableOfPrograms emulated("PUPIL_ISA", "amx_emulated");
  const TemporaryFolder folder;
  make_scenes(folder / "data");
  Arguments whole = training_at("medium", folder, "whole");
  *(std::find(whole.begin(), whole.end(), "--epochs") + 1) = "3";
  REQUIRE(run_program(whole).status == 0);
  REQUIRE(run_program(training_at("medium", folder, "parts")).status == 0);
  const auto parts = folder / "parts";
  CHECK(nlohmann::json::parse(file_text(parts / "settings.json")).at("precision") == "medium");

  const Arguments resume{"train", "--out", parts.string(), "--resume"};
  check_refused(run_program(resume + Arguments{"--precision", "highest"}), {"--precision", "highest", "medium"});
  REQUIRE(run_program(resume + Arguments{"--epochs", "3", "--threads", "2"}).status == 0);
  CHECK((file_text(parts / "model.safetensors") == file_text(folder / "whole" / "model.safetensors")));
}
#endif

TEST_CASE("a run whose settings do not name a precision has the highest") {
  if (!has_program()) return;
  const TrainedRun trained;
  const auto path = trained.run / "settings.json";
  nlohmann::json settings = nlohmann::json::parse(file_text(path));
  settings.erase("precision");
  put_file(path, settings.dump());
  const Arguments resume{"train", "--out", trained.run.string(), "--resume"};
  CHECK(run_program(resume).status == 0);
  check_refused(run_program(resume + Arguments{"--precision", "high"}), {"--precision", "highest"});
}

TEST_CASE("an unknown precision is refused by its name") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  check_refused(run_program(training_at("low", folder, "run")), {"--precision", "low"});
}

TEST_CASE("caption, evaluate and classify take a precision, and refuse another word") {
  if (!has_program()) return;
  const std::string run = trained().run.string();
  const Arguments captioning{"caption", "--run", run, trained().image(0), "--precision"};
  CHECK(lines_of(run_program(captioning + Arguments{"medium"}).out).size() == 1);
  const Arguments evaluation{"evaluate", "--run", run, "--data", trained().data.string(), "--precision"};
  CHECK(contains(run_program(evaluation + Arguments{"medium"}).out, "CIDEr-D"));
  for (const Arguments& command : {captioning, evaluation, Arguments{"classify", "x.png", "--precision"}}) {
    check_refused(run_program(command + Arguments{"exact"}), {"--precision", "exact"});
  }
}
