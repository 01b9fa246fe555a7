#include <filesystem>

#include "program.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace fs = std::filesystem;

TEST_CASE("without --run, the captioner that CAPTIONER_MODEL names says what its run says") {
  if (!has_program()) return;
  const Finished by_run = run_program({"caption", "--run", trained().run.string(), trained().image(0)});
  REQUIRE(by_run.status == 0);
  for (const fs::path& named : {trained().run, trained().run / "model.safetensors"}) {
    CAPTURE(named);
    const VariableOfPrograms variable("CAPTIONER_MODEL", named.string());
    const Finished finished = run_program({"caption", trained().image(0)});
    CHECK(finished.status == 0);
    CHECK(finished.out == by_run.out);
  }
}

TEST_CASE("without --run, a captioner that CAPTIONER_MODEL names in vain is an error that names it") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto absent = (folder / "absent").string();
  const VariableOfPrograms variable("CAPTIONER_MODEL", absent);
  check_refused(run_program({"caption", trained().image(0)}), {absent});
}

TEST_CASE("the captioner that is used without --run is kept where --json names its file") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path model = folder / "model.safetensors";
  fs::copy_file(trained().run / "model.safetensors", model);
  const VariableOfPrograms variable("CAPTIONER_MODEL", model.string());
  check_refused(run_program({"evaluate", "--data", trained().data.string(), "--json", model.string()}),
                {"--json", model.string()});
  CHECK((file_text(model) == file_text(trained().run / "model.safetensors")));
}

TEST_CASE("without --run, a program that has no captioner beside it says where it looked, and what else can be done") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const fs::path alone = folder / "bin" / "captioner";
  fs::create_directories(alone.parent_path());
  fs::copy_file(std::getenv("PUPIL_CAPTIONER"), alone);
  const VariableOfPrograms none("CAPTIONER_MODEL", "");
  const VariableOfPrograms program("PUPIL_CAPTIONER", alone.string());
  check_refused(
      run_program({"caption", "a.jpg"}),
      {(folder / "bin" / "models" / "photographs.safetensors").string(),
       (folder / "share" / "pupil" / "models" / "photographs.safetensors").string(), "--run", "CAPTIONER_MODEL"});
}

TEST_CASE("without --run, the captioner beside the program is found, and that of the prefix it is installed in") {
  if (!has_program()) return;
  for (const char* const place : {"bin/models", "share/pupil/models"}) {
    CAPTURE(place);
    const TemporaryFolder folder;
    const fs::path installed = folder / "bin" / "captioner";
    fs::create_directories(installed.parent_path());
    fs::create_directories(folder / place);
    fs::copy_file(std::getenv("PUPIL_CAPTIONER"), installed);
    fs::copy_file(trained().run / "model.safetensors", folder / place / "photographs.safetensors");
    const Finished by_run = run_program({"caption", "--run", trained().run.string(), trained().image(0)});
    const VariableOfPrograms none("CAPTIONER_MODEL", "");
    const VariableOfPrograms program("PUPIL_CAPTIONER", installed.string());
    const Finished finished = run_program({"caption", trained().image(0)});
    CAPTURE(finished.err);
    CHECK(finished.status == 0);
    CHECK(finished.out == by_run.out);
  }
}
